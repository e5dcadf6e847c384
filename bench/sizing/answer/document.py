"""An answer before it has a form: the terminal, Markdown and HTML all print this value."""

from dataclasses import dataclass, replace

from bench.sizing.answer.sources import SourceNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; a numeric one is set to the right and never broken."""

    head: str
    numeric: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a grid: as many `cells` as there are columns, or a name and why it has none.

    A cell may hold a line break, which only a terminal keeps.
    """

    cells: tuple[str, ...]
    instead: str | None = None
    is_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A titled table; `notes` are sentences under it, `sources` where its figures come from.

    `key` ties plots to it. A terminal leaves out tables for `pages_only`, and the sources of those
    that have them in their cells.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    sources: tuple[SourceNote, ...] = ()
    sources_in_cells: bool = False
    pages_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """A titled list. A terminal runs `terse` ones together into one paragraph."""

    key: str
    title: str
    lines: tuple[str, ...]
    terse: bool = False


def without_empty_columns(grid: Grid) -> Grid:
    """Return `grid` without the columns in which no line says anything."""
    told = [line.cells for line in grid.lines if line.instead is None]
    kept = [place for place in range(len(grid.columns)) if any(cells[place] for cells in told)]
    return replace(
        grid,
        columns=tuple(grid.columns[place] for place in kept),
        lines=tuple(
            line
            if line.instead is not None
            else replace(line, cells=tuple(line.cells[place] for place in kept))
            for line in grid.lines
        ),
    )


Part = Grid | Points


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Everything that is told: what was asked, the answer in sentences, tables, lists."""

    title: str
    summary: str
    notes: tuple[str, ...]
    answer: tuple[str, ...]
    parts: tuple[Part, ...]
    footer: tuple[str, ...]
