"""report.md: the same tables as GitHub Markdown, with the plots beside it as files."""

import re
from collections.abc import Iterable, Iterator, Sequence

from bench.report.document import Document
from bench.report.method import method_of, title_of
from bench.report.published_plot import PublishedPlot
from bench.report.quantities import MISSING
from bench.report.section import Section
from bench.report.table_value import Column, Line, Table

PLOT_DIR = "plots"
"""Where the plots lie, relative to the report."""


def render_markdown(documents: Sequence[tuple[Document, Sequence[PublishedPlot]]]) -> str:
    """Return the report of all runs as one Markdown text."""
    asks = [document.asks for document, _ in documents]
    blocks = [f"# {title_of(asks)}"]
    for document, plots in documents:
        blocks += _run_blocks(document, plots)
    if not documents:
        blocks.append("No run was given.")
    else:
        blocks += ["## How it was measured", _bullets(method_of(asks))]
    return "\n\n".join(blocks) + "\n"


def _run_blocks(document: Document, plots: Sequence[PublishedPlot]) -> list[str]:
    blocks = [f"## {escape(document.name)}", escape(document.measured)]
    blocks.append(f"Measured on {escape(document.machine_line)}.")
    blocks.append(_bullets(document.findings))
    if document.legend:
        blocks.append(_bullets(f"[{label}]: {meaning}" for label, meaning in document.legend))
    if document.plaintext.lines:
        blocks += _table_blocks(document.plaintext)
    for section in document.sections:
        blocks += _section_blocks(section, plots)
    blocks += [_plot(plot) for plot in plots if plot.section is None]
    blocks += ["### Where this comes from", _bullets(document.footer)]
    facts = (*document.machine_facts, *document.conditions)
    if facts:
        blocks.append(_grid(("fact", "value"), ("---", "---"), facts))
    return blocks


def _section_blocks(section: Section, plots: Sequence[PublishedPlot]) -> list[str]:
    labels = _labels(section.labels)
    blocks = [
        f"### {escape(section.title)}{labels}",
        "; ".join(filter(None, map(escape, (section.about, section.note)))) + ".",
    ]
    drawn = [_plot(plot) for plot in plots if plot.section == section.key]
    tables = [block for table in section.tables for block in _table_blocks(table)]
    return [*blocks, *drawn, *tables] if section.plots_first else [*blocks, *tables, *drawn]


def _table_blocks(table: Table) -> list[str]:
    head = (table.name_head, *(_heading(column) for column in table.columns))
    rule = ("---", *("---:" if column.numeric else "---" for column in table.columns))
    lines = list(_lines(table))
    blocks = [f"**{escape(table.title)}**", _raw_grid(map(escape, head), rule, lines)]
    if table.notes:
        blocks.append(_bullets(table.notes))
    return blocks


def _lines(table: Table) -> Iterator[tuple[str, ...]]:
    for group, line in table.grouped():
        if group:
            yield (f"*{escape(group)}*", *("" for _ in table.columns))
        yield (_name(line), *_cells(line, table))


def _heading(column: Column) -> str:
    return f"{column.head} {column.sub}".strip()


def _name(line: Line) -> str:
    name = f"**{escape(line.name)}**" if line.is_baseline else escape(line.name)
    instead = "" if line.instead is None else f" {escape(line.instead)}"
    return f"{name}{_labels(line.labels)}{instead}"


def _cells(line: Line, table: Table) -> tuple[str, ...]:
    return tuple(map(escape, line.cells)) or (MISSING,) * len(table.columns)


def _labels(labels: Sequence[str]) -> str:
    return f" **\\[{escape(', '.join(labels))}\\]**" if labels else ""


def _plot(plot: PublishedPlot) -> str:
    return (
        f"[![{escape(plot.alt)}]({PLOT_DIR}/{plot.stem}.png)]({PLOT_DIR}/{plot.stem}.svg)\n\n"
        f"{escape(plot.drawn)}."
    )


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {escape(line)}" for line in lines)


def _grid(head: Sequence[str], rule: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return _raw_grid(map(escape, head), rule, [[escape(cell) for cell in line] for line in lines])


def _raw_grid(head: Iterable[str], rule: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (tuple(head), rule, *lines))


def escape(text: str) -> str:
    """Return `text` so that Markdown prints it as it is: no markup, link, cell or tag in it."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|~$#])", r"\\\1", escaped)
