"""Time of a query by index and length of the list."""

from collections.abc import Sequence

from bench.report.quantities import MISSING, half_interval_percent, microseconds, number
from bench.report.scanning.lookup_rows import Lookup, best_exact_faiss_ns, lookups_of
from bench.report.scanning.subjects import line_of
from bench.report.table_value import Column, Line, Table, without_empty_columns
from bench.results import LookupSummary, Row

_COLUMNS = (
    Column(head="per query", sub="p50 µs"),
    Column(head="", sub="±%", priority=4),
    Column(head="", sub="p99 µs", priority=3),
    Column(head="times faster", sub="than exact faiss"),
    Column(head="exact", numeric=False),
    Column(head="memory", sub="MB", priority=1),
    Column(head="build", sub="s", priority=2),
    Column(head="found", sub="per query", priority=5),
)
_NOTES = (
    (
        "exact: every entry within the distance is found, always; one that is not exact may miss "
        "some, and its speed is bought with that."
    ),
    (
        "times faster than exact faiss: the median of the fastest exact faiss index of the same "
        "run for the same hash, distance, list and batch, over this one's."
    ),
)


def lookup_tables(rows: Sequence[Row]) -> tuple[Table, ...]:
    """Return one table of the look-ups among `rows` per hash, distance and clip."""
    lookups = lookups_of(rows)
    faiss_ns = best_exact_faiss_ns(lookups)
    subjects: dict[str, list[Lookup]] = {}
    for each in lookups:
        subjects.setdefault(each.question.subject, []).append(each)
    return tuple(
        without_empty_columns(
            Table(
                title=f"Looking up {subject}",
                name_head="index",
                columns=_COLUMNS,
                lines=tuple(_line(each, faiss_ns.get(each.question)) for each in members),
                notes=_NOTES,
            )
        )
        for subject, members in subjects.items()
    )


def _line(lookup: Lookup, faiss_ns: float | None) -> Line:
    def cells(_: Row, summary: LookupSummary) -> tuple[str, ...]:
        own_ns = summary.p50_ns.value
        return (
            microseconds(own_ns),
            half_interval_percent(summary.p50_ns).removeprefix("±").removesuffix(" %"),
            microseconds(summary.p99_ns.value),
            number(faiss_ns / own_ns) if faiss_ns and own_ns else MISSING,
            "yes" if summary.exact else "no",
            number(summary.index_bytes / 1e6),
            number(summary.build_s),
            number(summary.found_mean),
        )

    row = lookup.row
    return line_of(row, row.lookup, cells, name=lookup.index, group=lookup.question.size)
