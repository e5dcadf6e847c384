"""What the command prints: the answer first, then what it is made of, calm and within the width."""

import textwrap
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from bench.sizing.answer.document import Document, Grid, Points
from bench.sizing.answer.documents import answer_document, comparison_document
from bench.sizing.answer.plain_table import plain, table_lines
from bench.sizing.answer.sources import short_lines
from bench.sizing.answer.values import Answer, Comparison

WIDEST = 100
"""Longer lines are hard to read, however wide the window is."""


def print_answer(answer: Answer, console: Console) -> None:
    """Print `answer` to `console`, in at most 100 columns."""
    print_document(answer_document(answer, whole=False), console)


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print `comparison` to `console`, in at most 100 columns."""
    print_document(comparison_document(comparison, whole=False), console)


def print_document(document: Document, console: Console) -> None:
    """Print `document` to `console`, in at most 100 columns."""
    width = min(console.width, WIDEST)
    for note in document.notes:
        _say(console, f"note: {note}", width, style="yellow", indent=6)
    _say(console, document.title, width, style="bold")
    _say(console, document.summary, width, style="dim")
    if document.answer:
        console.print()
    for sentence in document.answer:
        _say(console, sentence, width, style="bold", indent=2)
    for part in document.parts:
        if isinstance(part, Points):
            _points(part, console, width)
        elif not part.pages_only:
            _grid(part, console, width)
    console.print()
    for line in document.footer:
        _say(console, line, width, style="dim", indent=2)


def _points(points: Points, console: Console, width: int) -> None:
    console.print()
    _say(console, points.title, width, style="italic")
    for line in (_run_together(points.lines),) if points.terse else points.lines:
        _say(console, line, width, first=2, indent=4)


def _run_together(lines: Sequence[str]) -> str:
    """Return `lines` as one paragraph, those that are no sentences parted by semicolons."""
    *others, last = lines
    return "".join(f"{line}{' ' if line.endswith(('.', '.)')) else '; '}" for line in others) + last


def _grid(grid: Grid, console: Console, width: int) -> None:
    console.print()
    _say(console, grid.title, width, style="italic")
    for text, is_bold in table_lines(grid, width):
        _put(console, text, "bold" if is_bold else "")
    for reason, names in _reasons(grid).items():
        _say(console, f"{'; '.join(names)}: {reason}", width, first=1, indent=3)
    sources = () if grid.sources_in_cells else short_lines(grid.sources)
    for note in (*grid.notes, *sources):
        _say(console, note, width, style="dim", first=1, indent=3)


def _reasons(grid: Grid) -> dict[str, list[str]]:
    """Return the names of lines without cells by the reason, which a column would fold to bits."""
    names: dict[str, list[str]] = {}
    for line in grid.lines:
        if line.instead is not None:
            names.setdefault(line.instead, []).append(line.cells[0])
    return names


def _say(
    console: Console, text: str, width: int, *, style: str = "", first: int = 0, indent: int = 0
) -> None:
    lines = textwrap.wrap(
        plain(text),
        width,
        initial_indent=" " * first,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
    )
    for line in lines:
        _put(console, line, style)


def _put(console: Console, line: str, style: str) -> None:
    console.print(Text(line, style=style), no_wrap=True, overflow="ignore", crop=False)
