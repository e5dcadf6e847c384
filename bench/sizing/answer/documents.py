"""The document of an answer, and that of a comparison."""

from collections.abc import Callable, Sequence

from bench.sizing.answer.compared import compared_grid, compared_sentences, limits_grid
from bench.sizing.answer.document import Document, Grid, Part, Points, without_empty_columns
from bench.sizing.answer.table_curves import delay_grid, growth_grid, headroom_grid
from bench.sizing.answer.table_figures import figures_grid
from bench.sizing.answer.table_limits import constraints_grid, sensitivities_grid
from bench.sizing.answer.table_money import money_grid
from bench.sizing.answer.table_roles import roles_grid, stages_grid
from bench.sizing.answer.values import Answer, Comparison
from bench.sizing.answer.wording import answer_sentences, cell_name, footer_lines, plaintext_text


def answer_document(answer: Answer, *, whole: bool) -> Document:
    """Return what is told of `answer`; `whole` is for pages: all stages, sources in full."""
    parts: list[Part] = [
        figures_grid(answer),
        Points(key="plaintext", title="Who sees plaintext", lines=(plaintext_text(answer),)),
        roles_grid(answer, whole=whole),
        stages_grid(answer, whole=whole),
        constraints_grid(answer, whole=whole),
        money_grid(answer),
        delay_grid(answer.delay_curve),
        growth_grid(answer.growth, whole=whole),
        headroom_grid(answer.headroom),
        sensitivities_grid(answer, whole=whole),
        *_basis(answer.assumed, answer.defaults, answer.unchecked),
    ]
    return Document(
        title=f"{answer.name}: {answer.title}",
        summary=answer.summary,
        notes=answer.notes,
        answer=answer_sentences(answer),
        parts=_told(parts),
        footer=footer_lines(answer),
    )


def comparison_document(comparison: Comparison, *, whole: bool) -> Document:
    """Return what is told of `comparison`; what does not hold for all cells says for which."""
    answers = [cell.answer for cell in comparison.cells if cell.answer is not None]
    parts: list[Part] = [compared_grid(comparison, whole=whole), limits_grid(comparison)]
    parts += _basis(
        _of_cells(comparison, lambda answer: answer.assumed),
        _of_cells(comparison, lambda answer: answer.defaults),
        _of_cells(comparison, lambda answer: answer.unchecked),
    )
    return Document(
        title=f"{comparison.name}: {comparison.title}",
        summary=answers[0].summary if answers else "",
        notes=_of_cells(comparison, lambda answer: answer.notes),
        answer=compared_sentences(comparison),
        parts=_told(parts),
        footer=footer_lines(answers[0]) if answers else (),
    )


def _of_cells(
    comparison: Comparison, lines_of: Callable[[Answer], Sequence[str]]
) -> tuple[str, ...]:
    """Return the lines of all answers, each once, with the cells it is said of unless of all."""
    cells: dict[str, list[str]] = {}
    answered = [(cell_name(cell, comparison), cell.answer) for cell in comparison.cells]
    there = [(name, answer) for name, answer in answered if answer is not None]
    for name, answer in there:
        for line in lines_of(answer):
            cells.setdefault(line, []).append(name)
    return tuple(
        line if len(names) == len(there) else f"{' / '.join(names)}: {line}"
        for line, names in cells.items()
    )


def _basis(assumed: Sequence[str], defaults: Sequence[str], unchecked: Sequence[str]) -> list[Part]:
    """Return what is taken for granted, and what nobody has checked."""
    return [
        Points(key="assumed", title="Assumed", lines=tuple(assumed)),
        Points(
            key="defaults",
            title="Left to the defaults by the scenario",
            lines=tuple(defaults),
            terse=True,
        ),
        Points(key="unchecked", title="Not checked yet", lines=tuple(unchecked)),
    ]


def _told(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Return `parts` without what says nothing."""
    return tuple(
        without_empty_columns(part) if isinstance(part, Grid) else part
        for part in parts
        if part.lines
    )
