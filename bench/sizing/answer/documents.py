"""The document of an answer, and that of a comparison."""

from collections.abc import Callable, Mapping, Sequence

from bench.sizing.answer.cells import cells_text
from bench.sizing.answer.compared import compared_grid, compared_sentences, limits_grid
from bench.sizing.answer.document import Document, Grid, Part, Points, without_empty_columns
from bench.sizing.answer.table_curves import delay_grid, growth_grid, headroom_grid
from bench.sizing.answer.table_figures import figures_grid
from bench.sizing.answer.table_limits import constraints_grid, sensitivities_grid
from bench.sizing.answer.table_money import money_grid
from bench.sizing.answer.table_roles import roles_grid, stages_grid
from bench.sizing.answer.values import Answer, Compared, Comparison
from bench.sizing.answer.wording import answer_sentences, footer_lines


def answer_document(answer: Answer, *, whole: bool) -> Document:
    """Return what is told of `answer`; `whole` is for pages: all stages, sources in full."""
    parts: list[Part] = [
        figures_grid(answer),
        roles_grid(answer, whole=whole),
        stages_grid(answer, whole=whole),
        constraints_grid(answer, whole=whole),
        money_grid(answer),
        delay_grid(answer.delay_curve),
        growth_grid(answer.growth, whole=whole),
        headroom_grid(answer.headroom if answer.servers.value else ()),
        sensitivities_grid(answer, whole=whole),
        *_basis(answer.assumed, answer.defaults, answer.unchecked, whole=whole),
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
    """Return what is told of `comparison`; what does not hold for all cells says for which.

    Without `whole` assumptions and defaults that hold for all of them are counted only.
    """
    answers = [cell.answer for cell in comparison.cells if cell.answer is not None]
    parts: list[Part] = [compared_grid(comparison, whole=whole), limits_grid(comparison)]
    parts += _basis(
        _lines(comparison, lambda answer: answer.assumed, whole=whole),
        _lines(comparison, lambda answer: answer.defaults, whole=whole),
        _lines(comparison, lambda answer: answer.unchecked, whole=True),
        whole=whole,
    )
    return Document(
        title=f"{comparison.name}: {comparison.title}",
        summary=answers[0].summary if answers else "",
        notes=_lines(comparison, lambda answer: answer.notes, whole=True),
        answer=compared_sentences(comparison),
        parts=_told(parts),
        footer=footer_lines(answers[0]) if answers else (),
    )


def _lines(
    comparison: Comparison, lines_of: Callable[[Answer], Sequence[str]], *, whole: bool
) -> tuple[str, ...]:
    """Return the lines of all answers, each once, with the cells it is said of unless of all.

    Without `whole` those that are said of all are counted only.
    """
    cells = _cells_by_line(comparison, lines_of)
    answered = sum(cell.answer is not None for cell in comparison.cells)
    told = [
        line if len(of) == answered else f"{line} (Only with {cells_text(of, comparison)}.)"
        for line, of in cells.items()
        if whole or len(of) < answered
    ]
    if len(told) < len(cells):
        told.append(f"{len(cells) - len(told)} more for every setting: see --out or --json.")
    return tuple(told)


def _cells_by_line(
    comparison: Comparison, lines_of: Callable[[Answer], Sequence[str]]
) -> Mapping[str, list[Compared]]:
    """Return the cells that each line is said of."""
    cells: dict[str, list[Compared]] = {}
    for cell in comparison.cells:
        for line in () if cell.answer is None else lines_of(cell.answer):
            cells.setdefault(line, []).append(cell)
    return cells


def _basis(
    assumed: Sequence[str], defaults: Sequence[str], unchecked: Sequence[str], *, whole: bool
) -> list[Part]:
    """Return what nobody has checked, and what is taken for granted."""
    return [
        Points(
            key="unchecked",
            title="Not checked yet, for no load test exists so far",
            lines=tuple(unchecked),
        ),
        Points(key="assumed", title="Assumed", lines=tuple(assumed), terse=not whole),
        Points(
            key="defaults",
            title="Left to the defaults by the scenario",
            lines=tuple(defaults),
            terse=True,
        ),
    ]


def _told(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Return `parts` without what says nothing."""
    return tuple(
        without_empty_columns(part) if isinstance(part, Grid) else part
        for part in parts
        if part.lines
    )
