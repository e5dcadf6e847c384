"""Time of each hash on decoded luma, beside the package that people use."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bench.report.quantities import (
    MISSING,
    half_interval_percent,
    microseconds,
    number,
)
from bench.report.scanning.subjects import by_clip, line_of, parts_after_clip, rows_of
from bench.report.table_value import Column, Table, without_empty_columns
from bench.results import HashSummary, Row

REFERENCE: Mapping[str, str] = MappingProxyType(
    {"pdq": "pdqhash.compute", "phash": "imagehash.phash", "dhash": "imagehash.dhash"}
)
"""Which function of a package computes the same as one of our hashes."""

_COLUMNS = (
    Column(head="per plane", sub="p50 µs"),
    Column(head="", sub="±%", priority=3),
    Column(head="", sub="p99 µs", priority=2),
    Column(head="of a core", sub="at its rate, %", priority=1),
    Column(head="times faster", sub="than package"),
    Column(head="length", sub="bits", priority=5),
    Column(head="quality", sub="mean", priority=4),
)


def hash_table(rows: Sequence[Row]) -> Table | None:
    """Return the table of the hashes among `rows`, or None where there are none."""
    hashes = rows_of(rows, "hash")
    if not hashes:
        return None
    p50_ns = {
        (row.clip, row.hash.hasher): row.hash.p50_ns.value for row in hashes if row.hash is not None
    }

    def cells(row: Row, summary: HashSummary) -> tuple[str, ...]:
        return _cells(row, summary, p50_ns.get((row.clip, REFERENCE.get(summary.hasher, ""))))

    return without_empty_columns(
        Table(
            title="Hashing one luma plane",
            name_head="hash",
            columns=_COLUMNS,
            lines=tuple(
                line_of(row, row.hash, cells, name=_hasher(row), group=_clip(members))
                for members in by_clip(hashes).values()
                for row in sorted(members, key=_hash_order)
            ),
            notes=(
                (
                    "times faster than package: the median of the function that computes the same "
                    f"({_pairs()}) over ours; it is given the same frame in the form that it takes."
                ),
            ),
        )
    )


def _pairs() -> str:
    return ", ".join(f"{theirs} for {ours}" for ours, theirs in REFERENCE.items())


def _hasher(row: Row) -> str:
    return row.hash.hasher if row.hash else parts_after_clip(row)[-1]


def _hash_order(row: Row) -> tuple[int, bool, str]:
    hasher = _hasher(row)
    ours = {theirs: own for own, theirs in REFERENCE.items()}.get(hasher, hasher)
    place = list(REFERENCE).index(ours) if ours in REFERENCE else len(REFERENCE)
    return place, hasher in REFERENCE.values(), hasher


def _clip(rows: Sequence[Row]) -> str:
    # A case whose package is absent does not know the size of its pictures.
    size = next((f", {row.width}x{row.height}" for row in rows if row.width), "")
    return f"{rows[0].clip}{size}"


def _cells(row: Row, summary: HashSummary, package_ns: float | None) -> tuple[str, ...]:
    own_ns = summary.p50_ns.value
    return (
        microseconds(own_ns),
        half_interval_percent(summary.p50_ns).removeprefix("±").removesuffix(" %"),
        microseconds(summary.p99_ns.value),
        number(100 * summary.mean_ns.value * row.fps / 1e9, 2) if row.fps else MISSING,
        number(package_ns / own_ns) if package_ns and own_ns else MISSING,
        f"{summary.bits}",
        number(summary.quality_mean),
    )
