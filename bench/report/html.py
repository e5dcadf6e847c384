"""report.html: one self-contained file, readable without a network and without scripts."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from bench.report.document import Document
from bench.report.method import method_of, title_of
from bench.report.plaintext import CANNOT, READS
from bench.report.published_plot import PublishedPlot
from bench.report.quantities import MISSING
from bench.report.section import Section
from bench.report.table_value import Column, Line, Table

_MANY_COLUMNS = 10

_PX_PER_INCH = 92
"""Sets the 9 points of a plot's small print at nearly 12 pixels."""


def render_html(documents: Sequence[tuple[Document, Sequence[PublishedPlot]]]) -> str:
    """Return the report of all runs as one page that loads nothing from anywhere."""
    asks = [document.asks for document, _ in documents]
    title = title_of(asks)
    css = files("bench.report").joinpath("page.css").read_text(encoding="utf-8")
    runs = "".join(
        _run(document, plots, f"run-{place}") for place, (document, plots) in enumerate(documents)
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        # Nothing of the page is a script, and nothing of it comes from elsewhere.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\"/>\n"
        f"<title>{title}</title>\n<style>\n{css}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{title}</h1>\n{runs or '<p>No run was given.</p>'}"
        f"<h2>How it was measured</h2>\n{_list(method_of(asks))}</main>\n</body>\n</html>\n"
    )


def _run(document: Document, plots: Sequence[PublishedPlot], anchor: str) -> str:
    sections = "".join(_section(section, plots, anchor) for section in document.sections)
    overall = "".join(_figure(plot) for plot in plots if plot.section is None)
    return (
        f'<section id="{anchor}">\n<h2>{escape(document.name)}</h2>\n'
        f"<p>{escape(document.measured)} Measured on {escape(document.machine_line)}.</p>\n"
        f'<div class="summary">{_list(document.findings)}</div>\n'
        f"{_legend(document)}"
        f"{_table(document.plaintext) if document.plaintext.lines else ''}"
        f"{_contents(document, anchor)}{sections}"
        f"{'<h3>All clips together</h3>' if overall else ''}{overall}"
        f"<h3>Where this comes from</h3>\n{_list(document.footer)}{_facts(document)}</section>\n"
    )


def _contents(document: Document, anchor: str) -> str:
    if len(document.sections) < 2:
        return ""
    links = "".join(
        f'<li><a href="#{anchor}-{section.key}">{escape(section.title)}</a></li>'
        for section in document.sections
    )
    return f'<nav aria-label="Clips and codecs"><ul>{links}</ul></nav>\n'


def _section(section: Section, plots: Sequence[PublishedPlot], anchor: str) -> str:
    figures = "".join(_figure(plot) for plot in plots if plot.section == section.key)
    tables = "".join(_table(table) for table in section.tables)
    note = f'<p class="note">{escape(section.note)}</p>\n' if section.note else ""
    return (
        f'<h3 id="{anchor}-{section.key}">{escape(section.title)}{_labels(section.labels)}</h3>\n'
        f"<p>{escape(section.about)}</p>\n{note}"
        f"{figures + tables if section.plots_first else tables + figures}"
    )


def _table(table: Table) -> str:
    head = "".join(_head(column) for column in table.columns)
    lines = "".join(
        f"{_group(group, table) if group else ''}{_line(line, table)}"
        for group, line in table.grouped()
    )
    notes = "".join(f'<p class="note">{escape(note)}</p>\n' for note in table.notes)
    region = f'class="{_frame(table)}" role="region" tabindex="0"'
    return (
        # A region that scrolls must be reachable by keyboard, and then needs a name.
        f'<div {region} aria-label="{escape(table.title)}">'
        f"<table><caption>{escape(table.title)}</caption>\n"
        f'<thead><tr><th scope="col">{escape(table.name_head)}</th>{head}</tr></thead>\n'
        f"<tbody>{lines}</tbody></table></div>\n{notes}"
    )


def _frame(table: Table) -> str:
    """Return the class of the frame of `table`: many columns are set closer, over the page."""
    return "scroll dense" if len(table.columns) >= _MANY_COLUMNS else "scroll"


def _head(column: Column) -> str:
    sub = f'<span class="sub">{escape(column.sub)}</span>' if column.sub else ""
    return f'<th scope="col"{_text_class(column)}>{escape(column.head)}{sub}</th>'


def _group(name: str, table: Table) -> str:
    across = len(table.columns) + 1
    return f'<tr class="group"><th scope="rowgroup" colspan="{across}">{escape(name)}</th></tr>\n'


def _line(line: Line, table: Table) -> str:
    if line.remark is not None and not line.cells and table.columns:
        said = f'<span class="remark">{escape(line.remark)}</span>'
        shown = f'<td class="text" colspan="{len(table.columns)}">{said}</td>'
    else:
        cells = line.cells or (MISSING,) * len(table.columns)
        shown = "".join(
            _cell(cell, column) for cell, column in zip(cells, table.columns, strict=True)
        )
    error = "" if line.error is None else f'<span class="error">error: {escape(line.error)}</span>'
    if line.remark is not None and (line.cells or not table.columns):
        error += f'<span class="remark">{escape(line.remark)}</span>'
    name = f"{escape(line.name).replace('+', '+<wbr/>')}{_labels(line.labels)}{error}"
    row_class = ' class="baseline"' if line.is_baseline else ""
    return f'<tr{row_class}><th scope="row">{name}</th>{shown}</tr>\n'


def _cell(cell: str, column: Column) -> str:
    if cell in {READS, CANNOT}:
        return f'<td class="text {cell}">{cell}</td>'
    return f"<td{_text_class(column)}>{escape(cell)}</td>"


def _text_class(column: Column) -> str:
    return "" if column.numeric else ' class="text"'


def _labels(labels: Sequence[str]) -> str:
    return "".join(f' <span class="label">{escape(label)}</span>' for label in labels)


def _figure(plot: PublishedPlot) -> str:
    # An image keeps the ids of one drawing apart from those of the next.
    data = b64encode(plot.svg).decode("ascii")
    width_px = round(plot.width_in * _PX_PER_INCH)
    return (
        f'<figure><div class="plot" role="region" tabindex="0" aria-label="{escape(plot.drawn)}">'
        f'<img alt="{escape(plot.alt)}" '
        f'style="width:{width_px}px;min-width:min({width_px}px,44rem)" '
        f'src="data:image/svg+xml;base64,{data}"/></div>'
        f"<figcaption>{escape(plot.drawn)}.</figcaption></figure>\n"
    )


def _legend(document: Document) -> str:
    if not document.legend:
        return ""
    entries = "".join(
        f"<dt>{_labels((label,))}</dt><dd>{escape(meaning)}</dd>"
        for label, meaning in document.legend
    )
    return f"<dl>{entries}</dl>\n"


def _facts(document: Document) -> str:
    facts = (*document.machine_facts, *document.conditions)
    if not facts:
        return ""
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>\n'
        for name, value in facts
    )
    return (
        "<details><summary>Machine, versions and conditions</summary>\n"
        '<div class="scroll facts" role="region" tabindex="0" aria-label="Machine and versions">'
        f"<table><caption>Machine, versions and conditions</caption><tbody>{lines}</tbody>"
        "</table></div></details>\n"
    )


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>\n" if items else ""
