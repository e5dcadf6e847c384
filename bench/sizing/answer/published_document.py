"""The check of published points as a document, so that it is printed as answers are."""

from collections.abc import Iterator

from bench.sizing.answer.document import Column, Document, Grid, Line, Part, Points
from bench.sizing.answer.quantities import counted
from bench.sizing.published.table import published_table
from bench.sizing.published.values import PublishedCheck

_WORDS = frozenset({"published point", "host, software"})
_PAGES_ONLY = frozenset({"this machine", "off by", "inside"})
_SUMMARY = 2
"""Notes of the table that a terminal shows too: what was found, and the rule."""


def published_document(
    check: PublishedCheck, *, notes: tuple[str, ...], footer: str, whole: bool
) -> Document:
    """Return `check` with what has to be read before it, and what it rests on.

    Without `whole` it fits a terminal: no interval, and assumptions counted only.
    """
    table = published_table(check)
    kept = [place for place, head in enumerate(table.head) if whole or head not in _PAGES_ONLY]
    rows = [[row[place] for place in kept] for row in table.rows]
    heads = [table.head[place] for place in kept]
    found, rule = table.notes[:_SUMMARY]
    grid = Grid(
        key="published",
        title=table.title if whole else "Busy cores: published, and predicted",
        columns=tuple(Column(head=head, numeric=head not in _WORDS) for head in heads),
        lines=tuple(
            Line(cells=tuple(cell if whole else cell.partition(" [")[0] for cell in row))
            for row in rows
        ),
        notes=table.notes[_SUMMARY:] if whole else (_SCALAR,),
    )
    sources = Points(key="sources", title="Sources", lines=tuple(_sources(check)))
    parts: tuple[Part, ...] = (grid,) if whole else (grid, sources)
    return Document(
        title="Check against published points",
        summary=(
            "What others have published, and what the model makes of it from micro-measurements on"
            f" {check.machine}."
        ),
        notes=notes,
        answer=(found, rule),
        parts=parts,
        footer=(footer,),
    )


_SCALAR = (
    "Scalar: how many cores of that host, with that software, do what one core of this machine"
    " does. It is fitted on one point of each host, which has no error therefore; a host with one"
    " point stands alone. Intervals, cores before the fit and every assumption: see --out or"
    " --json."
)


def _sources(check: PublishedCheck) -> Iterator[str]:
    """Yield each source once, with how much had to be assumed to predict its points."""
    for title in dict.fromkeys(point.title for point in check.points):
        points = [point for point in check.points if point.title == title]
        assumed = {(each.input, each.value) for point in points for each in point.assumed}
        first, count = points[0], counted(len(assumed), "assumption")
        yield f"{title}: {first.document} ({count}), {first.url}"
