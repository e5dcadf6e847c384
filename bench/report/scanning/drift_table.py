"""How far hashing the decoder's Y plane is from the reference on RGB."""

from collections.abc import Sequence

from bench.report.quantities import MISSING, number
from bench.report.report_run import printable
from bench.report.scanning.subjects import line_of, rows_of
from bench.report.table_value import Column, Table, without_empty_columns
from bench.results import DriftSummary, Row

_COLUMNS = (
    Column(head="distance", sub="mean bits"),
    Column(head="", sub="p50"),
    Column(head="", sub="p95", priority=1),
    Column(head="", sub="max"),
    Column(head="quality", sub="Y minus RGB"),
    Column(head="frames", priority=3),
    Column(head="of quality", sub="on both ways", priority=2),
)


def drift_table(rows: Sequence[Row]) -> Table | None:
    """Return the table of the drift cases among `rows`, or None where there are none."""
    drifts = rows_of(rows, "drift")
    if not drifts:
        return None
    pairs = dict.fromkeys(
        printable(f"{row.drift.hasher} on Y, {row.drift.reference} on RGB")
        for row in drifts
        if row.drift
    )
    return without_empty_columns(
        Table(
            title="The Y plane instead of RGB",
            name_head="clip",
            columns=_COLUMNS,
            lines=tuple(line_of(row, row.drift, _cells, name=row.clip) for row in drifts),
            notes=(
                (
                    f"distance between two hashes of the same frame ({'; '.join(pairs)}), over the "
                    "frames that pass the quality gate on both ways"
                ),
            )
            if pairs
            else (),
        )
    )


def _cells(_: Row, summary: DriftSummary) -> tuple[str, ...]:
    # Where no frame passed the gate there is no distance to tell of.
    bits = [number(summary.mean_bits, 2), *(f"{each:g}" for each in summary.quantile_bits)]
    return (
        *(bits if summary.good else (MISSING,) * 4),
        f"{summary.quality_difference_mean:+.2f}",
        f"{summary.frames:,}",
        f"{summary.good:,}",
    )
