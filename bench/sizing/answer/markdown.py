"""report.md: the answer as GitHub Markdown, with the plots beside it as files."""

import re
from collections.abc import Iterable, Sequence

from bench.sizing.answer.document import Document, Grid, Line, Points
from bench.sizing.answer.picture import Picture
from bench.sizing.answer.plain_table import plain
from bench.sizing.answer.sources import SourceNote

PLOT_DIR = "plots"
"""Where the plots lie, relative to the report."""


def render_markdown(document: Document, pictures: Sequence[Picture]) -> str:
    """Return `document` with its pictures as one Markdown text."""
    blocks = [f"# {escape(document.title)}"]
    blocks += [f"> Note: {escape(note)}" for note in document.notes]
    blocks += [escape(document.summary), _bullets(document.answer)]
    for part in document.parts:
        blocks.append(f"## {escape(part.title)}")
        told = part.sources if isinstance(part, Grid) else ()
        blocks += [_picture(picture, told) for picture in pictures if picture.beside == part.key]
        blocks += [_bullets(part.lines)] if isinstance(part, Points) else _grid(part)
    blocks += ["## What this rests on", _bullets(document.footer)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def escape(text: str) -> str:
    """Return `text` so that Markdown prints it as it is: no markup, link, cell or tag in it."""
    entities = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|~$#!])", r"\\\1", entities)


def _grid(grid: Grid) -> list[str]:
    rows = [
        [escape(column.head) for column in grid.columns],
        ["---:" if column.numeric else "---" for column in grid.columns],
        *(_cells(line, len(grid.columns)) for line in grid.lines),
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return [table, _bullets((*grid.notes, *map(_source, grid.sources)))]


def _cells(line: Line, count: int) -> list[str]:
    cells = [escape(cell) for cell in line.cells]
    if line.instead is not None:
        cells += [escape(line.instead), *("" for _ in range(count - len(cells) - 1))]
    return [f"**{cell}**" if cell else "" for cell in cells] if line.is_total else cells


def _picture(picture: Picture, told: Sequence[SourceNote]) -> str:
    """Return `picture` with its sources, but for those that stand under its table: `told`."""
    drawn = escape(picture.drawn)
    return (
        f"[![{drawn}]({PLOT_DIR}/{picture.stem}.png)]({PLOT_DIR}/{picture.stem}.svg)\n\n"
        f"{drawn}.\n\n{_bullets(_source(note) for note in picture.sources if note not in told)}"
    ).rstrip()


def _source(note: SourceNote) -> str:
    return f"{note.of}: {note.whole}"


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {escape(line)}" for line in lines)
