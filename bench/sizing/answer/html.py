"""report.html: the answer as one self-contained page, without a network and without scripts."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from bench.sizing.answer.document import Column, Document, Grid, Line, Part, Points
from bench.sizing.answer.picture import Picture
from bench.sizing.answer.plain_table import plain
from bench.sizing.answer.sources import SourceNote, short_lines

_PX_PER_INCH = 92
"""Sets the 9 points of a plot's small print at nearly 12 pixels."""

# Nothing of the page is a script, and nothing of it comes from elsewhere.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def render_html(document: Document, pictures: Sequence[Picture]) -> str:
    """Return `document` with its pictures as one page that loads nothing from anywhere."""
    css = files("bench.sizing.answer").joinpath("page.css").read_text(encoding="utf-8")
    title = _text(document.title)
    notes = "".join(f'<p class="warning">Note: {_text(note)}</p>\n' for note in document.notes)
    answer = f'<div class="answer">{_list(document.answer)}</div>\n' if document.answer else ""
    parts = "".join(
        _part(part, [each for each in pictures if each.beside == part.key])
        for part in document.parts
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>\n'
        f"<title>{title}</title>\n<style>\n{css}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{title}</h1>\n{notes}<p>{_text(document.summary)}</p>\n"
        f"{answer}{parts}"
        f"<section><h2>What this rests on</h2>\n{_list(document.footer)}</section>\n"
        "</main>\n</body>\n</html>\n"
    )


def _part(part: Part, pictures: Sequence[Picture]) -> str:
    drawn = "".join(map(_picture, pictures))
    body = _list(part.lines, terse=part.terse) if isinstance(part, Points) else _grid(part)
    return f'<section id="{part.key}"><h2>{_text(part.title)}</h2>\n{drawn}{body}</section>\n'


def _grid(grid: Grid) -> str:
    head = "".join(f'<th scope="col"{_align(c)}>{_text(c.head)}</th>' for c in grid.columns)
    lines = "".join(_line(line, grid.columns) for line in grid.lines)
    notes = "".join(f'<p class="source">{_text(note)}</p>\n' for note in grid.notes)
    notes += _sources(grid.sources)
    return (
        # A region that scrolls must be reachable by keyboard, and then needs a name.
        f'<div class="scroll" role="region" tabindex="0" aria-label="{_text(grid.title)}">'
        f"<table><caption>{_text(grid.title)}</caption>"
        f"<thead><tr>{head}</tr></thead>\n<tbody>{lines}</tbody></table></div>\n{notes}"
    )


def _line(line: Line, columns: Sequence[Column]) -> str:
    first, *others = line.cells
    cells = f'<th scope="row"{_align(columns[0])}>{_text(first)}</th>'
    if line.instead is None:
        cells += "".join(
            f"<td{_align(column)}>{_text(cell)}</td>"
            for cell, column in zip(others, columns[1:], strict=True)
        )
    else:
        cells += f'<td class="words error" colspan="{len(columns) - 1}">{_text(line.instead)}</td>'
    row_class = ' class="total"' if line.is_total else ""
    return f"<tr{row_class}>{cells}</tr>\n"


def _align(column: Column) -> str:
    return "" if column.numeric else ' class="words"'


def _picture(picture: Picture) -> str:
    # An image keeps the ids of one drawing apart from those of the next.
    data = b64encode(picture.svg).decode("ascii")
    width_px = round(picture.width_in * _PX_PER_INCH)
    sources = _sources(picture.sources)
    return (
        f'<figure><div class="plot" role="region" tabindex="0" aria-label="{_text(picture.drawn)}">'
        f'<img alt="{_text(picture.drawn)}" style="width:{width_px}px;'
        f'min-width:min({width_px}px,44rem)" src="data:image/svg+xml;base64,{data}"/></div>'
        f"<figcaption>{_text(picture.drawn)}.</figcaption>{sources}</figure>\n"
    )


def _sources(notes: Sequence[SourceNote]) -> str:
    """Return the sources, those that look alike in short together.

    A whole one may take ten lines: it opens where somebody asks for it, and on paper.
    """
    alike: dict[str, list[SourceNote]] = {}
    for note in notes:
        alike.setdefault(note.short, []).append(note)
    return "".join(
        f'<details class="source"><summary>{_text(line)}</summary>'
        + "".join(f"<p>{_text(f'{note.of}: {note.whole}')}</p>" for note in of_line)
        + "</details>\n"
        for line, of_line in zip(short_lines(notes), alike.values(), strict=True)
    )


def _list(lines: Iterable[str], *, terse: bool = False) -> str:
    items = "".join(f"<li>{_text(line)}</li>" for line in lines)
    opened = '<ul class="terse">' if terse else "<ul>"
    return f"{opened}{items}</ul>\n" if items else ""


def _text(text: str) -> str:
    return escape(plain(text))
