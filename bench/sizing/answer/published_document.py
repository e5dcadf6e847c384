"""The check of published points as a document, so that it is printed as answers are."""

from bench.sizing.answer.document import Column, Document, Grid, Line
from bench.sizing.published.table import PublishedTable

_WORDS = frozenset({"published point", "host, software"})


def published_document(table: PublishedTable, *, notes: tuple[str, ...], footer: str) -> Document:
    """Return `table` with what has to be read before it, and what it rests on."""
    return Document(
        title="Check against published points",
        summary="What others have published, and what the model says of it.",
        notes=notes,
        answer=(),
        parts=(
            Grid(
                key="published",
                title=table.title,
                columns=tuple(Column(head=head, numeric=head not in _WORDS) for head in table.head),
                # Under its value an interval leaves a terminal room for the names.
                lines=tuple(
                    Line(cells=tuple(cell.replace(" [", "\n[") for cell in row))
                    for row in table.rows
                ),
                notes=table.notes,
            ),
        ),
        footer=(footer,),
    )
