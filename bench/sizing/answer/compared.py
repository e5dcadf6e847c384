"""The tables of a comparison: the same scenario, one line for each setting."""

from collections.abc import Sequence

from bench.sizing.answer.document import Column, Grid, Line
from bench.sizing.answer.quantities import NONE, shown
from bench.sizing.answer.sources import SourceNote, source_notes
from bench.sizing.answer.values import Answer, Comparison, Figure
from bench.sizing.answer.wording import cell_name, fields_text, plaintext_text, role_named

IMPOSSIBLE = "impossible"


def compared_grid(comparison: Comparison, *, whole: bool) -> Grid:
    """Return one line per cell: its main figures, or why there are none."""
    lines: list[Line] = []
    for cell in comparison.cells:
        name = cell_name(cell, comparison)
        if cell.answer is None:
            lines.append(Line(cells=(name,), instead=f"{IMPOSSIBLE}: {cell.error or 'no answer'}"))
            continue
        figures = main_figures(cell.answer)
        lines.append(
            Line(cells=(name, *(_cell(head, each, whole=whole) for head, each in figures)))
        )
    return Grid(
        key="compared",
        title=f"{comparison.title}, by {', '.join(comparison.fields)}",
        columns=(
            Column(head=fields_text(comparison), numeric=False),
            *(Column(head=head) for head in HEADS),
        ),
        lines=tuple(lines),
        notes=() if whole else ("Intervals of a participant's cores: see --out or --json.",),
        sources=compared_sources(comparison),
    )


def compared_sources(comparison: Comparison) -> tuple[SourceNote, ...]:
    """Return where the main figures of each cell come from."""
    return tuple(
        note
        for cell in comparison.cells
        if cell.answer is not None
        for note in source_notes(
            [(head, each) for head, each in main_figures(cell.answer) if each is not None],
            cell_name(cell, comparison),
        )
    )


def compared_sentences(comparison: Comparison) -> tuple[str, ...]:
    """Return which cells need least and most, and how many have no answer."""
    answered = [(cell_name(cell, comparison), cell.answer) for cell in comparison.cells]
    there = [(name, answer) for name, answer in answered if answer is not None]
    sentences = [
        _range("Servers", [(name, answer.servers) for name, answer in there]),
        _range("EUR a year", [(name, answer.money.yearly_eur) for name, answer in there]),
    ]
    if len(there) < len(answered):
        of = f"{len(there)} of {len(answered)} settings have an answer"
        sentences.append(f"{of}; the others say why not.")
    return tuple(filter(None, sentences))


def _range(what: str, figures: Sequence[tuple[str, Figure]]) -> str:
    if not figures:
        return ""
    least = min(figures, key=lambda each: each[1].value)
    most = max(figures, key=lambda each: each[1].value)
    if least[1].value == most[1].value:
        return f"{what}: {shown(least[1]).value} in every case."
    return (
        f"{what}: from {shown(least[1]).value} with {least[0]}"
        f" to {shown(most[1]).value} with {most[0]}."
    )


def limits_grid(comparison: Comparison) -> Grid:
    """Return what limits each cell, and who sees plaintext in it."""
    return Grid(
        key="limits",
        title="What limits it, and who sees plaintext",
        columns=tuple(
            Column(head=head, numeric=False)
            for head in (fields_text(comparison), "binding", "sees plaintext")
        ),
        lines=tuple(
            Line(
                cells=(
                    cell_name(cell, comparison),
                    cell.answer.binding if cell.answer.servers.value else "no servers",
                    plaintext_text(cell.answer),
                )
            )
            for cell in comparison.cells
            if cell.answer is not None
        ),
    )


def _cell(head: str, figure: Figure | None, *, whole: bool) -> str:
    if figure is None:
        return NONE
    text = shown(figure)
    # Six intervals are too wide for a terminal: there they stand under their values, or are left.
    if whole:
        return text.without_unit
    return text.value if head in _NARROW else text.stacked


_NARROW = frozenset({"publisher\ncores", "receiver\ncores"})

HEADS = ("servers", "cores", "p99 ms", "publisher\ncores", "receiver\ncores", "EUR a year")
"""What stands in the columns, in the order of `main_figures`."""


def main_figures(answer: Answer) -> Sequence[tuple[str, Figure | None]]:
    """Return the figures of a cell by the head of their column."""
    publisher, receiver = role_named(answer, "publisher"), role_named(answer, "receiver")
    figures = (
        answer.servers,
        answer.cores,
        answer.delay_p99_ms,
        None if publisher is None else publisher.cores,
        None if receiver is None else receiver.cores,
        answer.money.yearly_eur,
    )
    return tuple(zip(HEADS, figures, strict=True))
