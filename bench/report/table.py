"""The terminal: one calm table per clip, codec and question, never wider than the window."""

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from bench.report.document import Document, document_of
from bench.report.quantities import MISSING
from bench.report.report_run import ReportRun
from bench.report.section import Section
from bench.report.table_value import Column, Line, Table

_BROKEN_NAME_WIDTH = 36
"""Where names have to be broken at their plus signs, labels may fill a line up to here."""

_GAP = 2
"""Blanks between columns: the box's divider and one of padding."""


def print_report(runs: Sequence[ReportRun], console: Console) -> None:
    """Print the tables of `runs` to `console`, within its width."""
    for run in runs:
        print_document(document_of(run), console)


def print_document(document: Document, console: Console) -> None:
    """Print one run to `console`."""
    _say(console, Text(document.name, style="bold"))
    _say(console, Text(document.measured))
    for section in document.sections:
        _print_section(section, console)
    for finding in document.findings:
        _say(console, Text(f"* {finding}"))
    console.print()
    for line in document.footer:
        _say(console, Text(line, style="dim"))


def _print_section(section: Section, console: Console) -> None:
    console.print()
    heading = Text(f"{section.title}: ", style="bold")
    heading.append(section.about, style="not bold")
    if section.labels:
        heading.append(f" [{', '.join(section.labels)}]", style="bold yellow")
    _say(console, heading)
    if section.note:
        _say(console, Text(section.note, style="dim"))
    for table in section.tables:
        console.print()
        _say(console, Text(table.title, style="italic"))
        _print_table(table, console)


def _print_table(table: Table, console: Console) -> None:
    rows = _rows(table, broken=False)
    shown = fitting_columns(table, [name for name, _ in rows], console.width)
    if len(shown) < len(table.columns):
        rows = _rows(table, broken=True)
        shown = fitting_columns(table, [name for name, _ in rows], console.width)
    rich_table = RichTable(
        box=SIMPLE_HEAD, padding=(0, _GAP - 1, 0, 0), show_edge=False, header_style=""
    )
    rich_table.add_column(table.name_head, overflow="fold")
    for index in shown:
        column = table.columns[index]
        # Words go on in the next line rather than being cut; a figure stands on one.
        rich_table.add_column(
            _heading(column),
            justify="right" if column.numeric else "left",
            no_wrap=column.numeric,
            overflow="fold",
        )
    for name, cells in rows:
        rich_table.add_row(name, *(Text(cells[index]) for index in shown))
    if table.columns:
        console.print(rich_table)
    _print_reasons(table, console)
    for note in table.notes:
        _say(console, Text(f" {note}", style="dim"))
    if len(shown) < len(table.columns):
        left_out = [column for index, column in enumerate(table.columns) if index not in shown]
        _say(console, Text(f" left out at this width: {_names(left_out)}", style="dim"))


def _print_reasons(table: Table, console: Console) -> None:
    """Print why lines have no cells: a sentence, which a column of names would fold to pieces."""
    alike: dict[str, list[Line]] = {}
    for line in table.lines:
        if line.instead is not None:
            alike.setdefault(line.instead, []).append(line)
    for instead, lines in alike.items():
        places = [f"{line.group}, {line.name}" if line.group else line.name for line in lines]
        # What many lines lack for one reason is said once, by name.
        names = list(dict.fromkeys(line.name for line in lines)) if len(lines) > 1 else places
        style = "yellow" if lines[0].error is None else "red"
        _say(console, Text(f" {'; '.join(names)}: {instead}", style=style))


def _rows(table: Table, *, broken: bool) -> list[tuple[Text, tuple[str, ...]]]:
    """Return the name and the cells of every line, and of the heading of every group."""
    rows: list[tuple[Text, tuple[str, ...]]] = []
    for group, line in table.grouped():
        if group:
            shown = _broken(group) if broken else group
            rows.append((Text(shown, style="bold"), ("",) * len(table.columns)))
        cells = line.cells or (MISSING,) * len(table.columns)
        rows.append((_name(line, broken=broken), cells))
    return rows


def _broken(name: str) -> str:
    return name.replace("+", "\n +")


def _names(columns: Iterable[Column]) -> str:
    return ", ".join(f"{column.head} {column.sub}".strip() for column in columns)


def _heading(column: Column) -> Text:
    return Text(f"{column.head}\n{column.sub}" if column.sub else column.head)


def _name(line: Line, *, broken: bool) -> Text:
    shown = _broken(line.name) if broken else line.name
    if line.group:
        shown = f" {shown}"
    name = Text(shown, style="bold" if line.is_baseline else "")
    if line.labels:
        labels = f"[{', '.join(line.labels)}]"
        fits = not broken or len(line.name) + len(labels) < _BROKEN_NAME_WIDTH
        name.append(f" {labels}" if fits else f"\n  {labels}", style="yellow")
    if line.error is not None:
        name.append(" [failed]", style="red")
    elif line.remark is not None and not line.cells:
        name.append(f" [{line.remark.partition(':')[0]}]", style="yellow")
    return name


def fitting_columns(table: Table, names: Sequence[Text], width: int) -> tuple[int, ...]:
    """Return the indices of the columns that fit into `width` beside `names`."""
    lines = [part for name in names for part in name.plain.split("\n")]
    name_width = max((len(part) for part in lines), default=0)
    shown = list(range(len(table.columns)))
    widths = [_column_width(table, index) for index in shown]
    while name_width + sum(_GAP + widths[index] for index in shown) + 1 > width:
        droppable = [index for index in shown if table.columns[index].priority]
        if not droppable:
            break
        shown.remove(max(droppable, key=lambda index: table.columns[index].priority))
    return tuple(shown)


def _column_width(table: Table, index: int) -> int:
    column = table.columns[index]
    texts = [column.head, column.sub, *(line.cells[index] for line in table.lines if line.cells)]
    return max(map(len, texts))


def _say(console: Console, text: Text) -> None:
    console.print(text, highlight=False, soft_wrap=False)
