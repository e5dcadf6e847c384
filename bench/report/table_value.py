"""A table before it has a form: the terminal, Markdown and HTML all print this value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column after the name: `head` over `sub` (its unit or statistic).

    A narrow terminal leaves out columns of the highest `priority` first, and never those of 0.
    """

    head: str
    sub: str = ""
    priority: int = 0
    numeric: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: as many `cells` as the table has columns, or an `error` in their place."""

    name: str
    cells: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    error: str | None = None
    is_baseline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A titled table; `notes` are sentences that stand under it."""

    title: str
    name_head: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
