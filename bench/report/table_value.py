"""A table before it has a form: the terminal, Markdown and HTML all print this value."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bench.report.quantities import MISSING


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
    """One line: as many `cells` as the table has columns, or an `error` or `remark` instead.

    A remark tells why there is nothing to measure, which is no failure; beside cells it tells why
    some of them are missing. Neighbouring lines of the
    same `group` stand under its name.
    """

    name: str
    cells: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    error: str | None = None
    remark: str | None = None
    is_baseline: bool = False
    group: str = ""

    @property
    def instead(self) -> str | None:
        """The words that stand in place of the cells, if any."""
        return self.remark if self.error is None else f"error: {self.error}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A titled table; `notes` are sentences that stand under it."""

    title: str
    name_head: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()

    def grouped(self) -> Iterator[tuple[str, Line]]:
        """Yield each line with the name of the group that begins with it, else an empty one."""
        before = ""
        for line in self.lines:
            yield (line.group if line.group != before else ""), line
            before = line.group


def without_empty_columns(table: Table) -> Table:
    """Return `table` without the columns in which no line says anything.

    Where no line has cells, and all for one reason, a single line tells it.
    """
    told = [line.cells for line in table.lines if line.cells]
    reasons = {line.remark for line in table.lines}
    if not told and len(reasons) == 1 and None not in reasons:
        return _said_once(table)
    kept = [
        place
        for place in range(len(table.columns))
        if any(cells[place] != MISSING for cells in told)
    ]
    return replace(
        table,
        columns=tuple(table.columns[place] for place in kept),
        lines=tuple(
            replace(line, cells=tuple(line.cells[place] for place in kept)) if line.cells else line
            for line in table.lines
        ),
    )


def _said_once(table: Table) -> Table:
    names = dict.fromkeys(line.name for line in table.lines)
    line = Line(name="; ".join(names), remark=table.lines[0].remark)
    return replace(table, columns=(), lines=(line,), notes=())
