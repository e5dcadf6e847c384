"""The tables of a comparison: the same scenario, one line for each setting."""

from collections.abc import Sequence

from bench.sizing.answer.cells import cell_name, cells_text, fields_text
from bench.sizing.answer.document import Column, Grid, Line
from bench.sizing.answer.quantities import NONE, STACKED_NOTE, shown
from bench.sizing.answer.resources import binding_text
from bench.sizing.answer.sources import SourceNote, source_notes
from bench.sizing.answer.values import Answer, Compared, Comparison, Figure
from bench.sizing.answer.wording import plaintext_text, role_named, targets_text

IMPOSSIBLE = "impossible"


def compared_grid(comparison: Comparison, *, whole: bool) -> Grid:
    """Return one line per cell: its main figures, or why there are none."""
    lines: list[Line] = []
    for cell in comparison.cells:
        name = cell_name(cell, comparison)
        if cell.answer is None:
            lines.append(Line(cells=(name,), instead=why_impossible(cell, comparison)))
            continue
        figures = main_figures(cell.answer)
        lines.append(
            Line(cells=(name, *(_cell(head, each, whole=whole) for head, each in figures)))
        )
    return Grid(
        key="compared",
        title=f"{comparison.title}, by {' and '.join(comparison.fields)}",
        columns=(
            Column(head=fields_text(comparison), numeric=False),
            *(Column(head=head) for head in HEADS),
        ),
        lines=tuple(lines),
        notes=(NEEDS_NOTE,) if whole else (NEEDS_NOTE, f"{STACKED_NOTE} {_LEFT_OUT}"),
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
    """Return what is compared, who sees plaintext, which settings cost least and most."""
    answered = [(cell_name(cell, comparison), cell.answer) for cell in comparison.cells]
    there = [(name, answer) for name, answer in answered if answer is not None]
    count = f"{len(answered)} settings of {' and '.join(comparison.fields)}"
    sentences = [
        f"{count} compared; everything else stays as the scenario has it.",
        f"Who sees plaintext: {_plaintext(comparison)}." if there else "",
        *(_range(words, column, there) for words, column in _RANGES),
    ]
    if len(there) < len(answered):
        of = f"{len(there)} of {len(answered)} settings have an answer"
        sentences.append(f"{of}; the others say why not.")
    return tuple(filter(None, sentences))


def why_impossible(cell: Compared, comparison: Comparison) -> str:
    """Return why there is no answer for `cell`, without the name that stands over it anyway."""
    return f"{IMPOSSIBLE}: {(cell.error or 'no answer').removeprefix(f'{comparison.name}: ')}"


def _plaintext(comparison: Comparison) -> str:
    cells: dict[str, list[Compared]] = {}
    for cell in comparison.cells:
        if cell.answer is not None:
            cells.setdefault(plaintext_text(cell.answer), []).append(cell)
    if len(cells) == 1:
        return f"{next(iter(cells))}, in every case"
    return "; ".join(f"{who} with {cells_text(of, comparison)}" for who, of in cells.items())


def _range(words: str, column: int, there: Sequence[tuple[str, Answer]]) -> str:
    figures = [
        (name, figure)
        for name, answer in there
        if (figure := main_figures(answer)[column][1]) is not None
    ]
    if not figures:
        return ""
    least = min(figures, key=lambda each: each[1].value)
    most = max(figures, key=lambda each: each[1].value)
    low, high = shown(least[1]).value, shown(most[1]).value
    if low == high:
        return f"{words}: {low} in every case."
    overlap = "; their intervals overlap" if least[1].high >= most[1].low else ""
    return f"{words}: from {low} with {least[0]} to {high} with {most[0]}{overlap}."


def limits_grid(comparison: Comparison) -> Grid:
    """Return who sees plaintext in each cell, what limits it, and which targets it misses."""
    return Grid(
        key="limits",
        title="Who sees plaintext, and what limits it",
        columns=tuple(
            Column(head=head, numeric=False)
            for head in (fields_text(comparison), "sees plaintext", "binding constraint", "targets")
        ),
        lines=tuple(
            Line(
                cells=(
                    cell_name(cell, comparison),
                    plaintext_text(cell.answer),
                    binding_text(cell.answer),
                    targets_text(cell.answer),
                )
            )
            for cell in comparison.cells
            if cell.answer is not None
        ),
        notes=(_TARGETS_NOTE,),
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

HEADS = ("servers", "cores", "p99 delay\nms", "publisher\ncores", "receiver\ncores", "EUR a year")
"""What stands in the columns, in the order of `main_figures`."""

_RANGES = (
    ("Servers", 0),
    ("Cores of all servers", 1),
    ("Delay of 99 % of packets at most, ms", 2),
    ("Cores of a participant's machine to send", 3),
    ("Cores of a participant's machine to receive", 4),
    ("EUR a year", 5),
)
"""What is told in sentences, by its place in `HEADS`."""

NEEDS_NOTE = (
    "Cores: busy at the peak, of all servers; publisher's and receiver's: of one participant's"
    " machine. p99: the delay that a server adds to 99 % of packets at most."
)
_TARGETS_NOTE = (
    "Targets: the delay budget, budgets of money if any, and that a room fits one server."
)
_LEFT_OUT = "Those of a participant's cores: see --out or --json."


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
