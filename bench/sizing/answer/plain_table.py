"""A grid as lines of text: words are wrapped in their column, numbers never."""

import textwrap
from collections.abc import Iterator, Sequence

from bench.sizing.answer.document import Grid

_GAP = "  "
_LEAST_WORDS = 12
"""Columns of words are not made narrower than this."""


def table_lines(grid: Grid, width: int) -> Iterator[tuple[str, bool]]:
    """Yield the lines of `grid` in at most `width` columns where numbers allow, and which are bold.

    A line without cells shows its name and the first word of why; the rest has to be said below.
    """
    head = [column.head for column in grid.columns]
    rows = [_cells(line.cells, line.instead, len(head)) for line in grid.lines]
    numeric = [column.numeric for column in grid.columns]
    widths = _widths([head, *rows], numeric, width)
    yield from ((text, True) for text in _row(head, widths, numeric))
    for line, row in zip(grid.lines, rows, strict=True):
        yield from ((text, line.is_total) for text in _row(row, widths, numeric))


def plain(text: str) -> str:
    """Return `text` on one line, with nothing in it that a terminal would act upon."""
    return "".join(each if each.isprintable() else "?" for each in " ".join(text.split()))


def _cells(cells: Sequence[str], instead: str | None, count: int) -> list[str]:
    if instead is None:
        return list(cells)
    return [*cells, instead.partition(":")[0], *("" for _ in range(count - len(cells) - 1))]


def _widths(rows: Sequence[Sequence[str]], numeric: Sequence[bool], width: int) -> list[int]:
    """Return the width of each column: words give way, the widest first."""
    widths = [
        max(len(plain(part)) for cell in column for part in cell.split("\n"))
        for column in zip(*rows, strict=True)
    ]
    while sum(widths) + len(_GAP) * (len(widths) - 1) > width:
        words = [
            place
            for place, is_number in enumerate(numeric)
            if not is_number and widths[place] > _LEAST_WORDS
        ]
        if not words:
            break
        widths[max(words, key=lambda place: widths[place])] -= 1
    return widths


def _row(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> Iterator[str]:
    broken = [
        [
            line
            for part in cell.split("\n")
            for line in textwrap.wrap(
                plain(part), width, subsequent_indent=" ", break_on_hyphens=False
            )
            or [""]
        ]
        for cell, width in zip(cells, widths, strict=True)
    ]
    for number in range(max(map(len, broken))):
        yield _GAP.join(
            (lines[number] if number < len(lines) else "").rjust(width)
            if is_number
            else (lines[number] if number < len(lines) else "").ljust(width)
            for lines, width, is_number in zip(broken, widths, numeric, strict=True)
        ).rstrip()
