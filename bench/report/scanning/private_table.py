"""Look-ups in which neither side shows what it holds, against plaintext ones."""

from collections.abc import Sequence

from bench.report.quantities import (
    MISSING,
    byte_size,
    half_interval_percent,
    microseconds,
    milliseconds,
    number,
)
from bench.report.report_run import printable
from bench.report.scanning.subjects import (
    by_clip,
    entries_of,
    entries_words,
    line_of,
    parts_after_clip,
    rows_of,
)
from bench.report.table_value import Column, Table, without_empty_columns
from bench.results import PrivateSummary, Row

_COLUMNS = (
    Column(head="set-up", sub="s", priority=1),
    Column(head="set-up", sub="bytes", priority=3),
    Column(head="per query", sub="mean ms"),
    Column(head="", sub="±%", priority=6),
    Column(head="client", sub="ms", priority=4),
    Column(head="server", sub="ms", priority=4),
    Column(head="up", sub="per query", priority=2),
    Column(head="down", sub="per query", priority=2),
    Column(head="in the clear", sub="µs", priority=5),
    Column(head="times", sub="in the clear"),
    Column(head="finds", numeric=False),
)
_NOTE = (
    "times in the clear: the mean time of a query over that of a plaintext look-up which finds the "
    "same, measured beside it; the bytes and the set-up come on top."
)


_FALSE_POSITIVES = (
    "psi-bloom and psi-gcs send the list as a filter, which may rarely say yes to a hash that is "
    "not listed (psi-gcs about once in 1e9 questions, psi-bloom more often for short lists); "
    "psi-raw and bfv never do."
)


def private_tables(rows: Sequence[Row]) -> tuple[Table, ...]:
    """Return one table of the private look-ups among `rows` per clip."""
    return tuple(
        without_empty_columns(
            Table(
                title=f"Private look-ups beside plaintext ones, {printable(clip)}",
                name_head="protocol",
                columns=_COLUMNS,
                lines=tuple(
                    line_of(
                        row,
                        row.private,
                        _cells,
                        name=protocol_of(row),
                        group=entries_words(list_entries(row)),
                    )
                    for row in members
                ),
                notes=_notes(members),
            )
        )
        for clip, members in by_clip(private_rows(rows)).items()
    )


def private_rows(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the private look-ups among `rows`, short lists first."""
    return tuple(
        sorted(rows_of(rows, "private"), key=lambda row: (list_entries(row), protocol_of(row)))
    )


def protocol_of(row: Row) -> str:
    """Return the protocol of `row`; its id tells it where it ended early."""
    return printable(row.private.protocol if row.private else parts_after_clip(row)[0])


def list_entries(row: Row) -> int:
    """Return how long the list of `row` is."""
    return row.private.list_entries if row.private else entries_of(parts_after_clip(row)[-1])


def times_plaintext(summary: PrivateSummary) -> float | None:
    """Return the time of a private query over that of a plaintext one, None where none is known."""
    return summary.mean_ns.value / summary.plaintext_ns if summary.plaintext_ns > 0 else None


def _cells(_: Row, summary: PrivateSummary) -> tuple[str, ...]:
    times = times_plaintext(summary)
    return (
        number(summary.setup_s),
        byte_size(summary.setup_bytes),
        milliseconds(summary.mean_ns.value),
        half_interval_percent(summary.mean_ns).removeprefix("±").removesuffix(" %"),
        milliseconds(summary.client_ns),
        milliseconds(summary.server_ns),
        byte_size(summary.up_bytes),
        byte_size(summary.down_bytes),
        microseconds(summary.plaintext_ns),
        MISSING if times is None else number(times, 2),
        found_words(summary),
    )


def found_words(summary: PrivateSummary) -> str:
    """Return what counts as a match: the same hash, or one within a distance."""
    return f"within {summary.radius} bits" if summary.radius else "the same hash only"


def _notes(rows: Sequence[Row]) -> tuple[str, ...]:
    filters = {"psi-bloom", "psi-gcs"} & {protocol_of(row) for row in rows if row.private}
    return (_NOTE, *([_FALSE_POSITIVES] if filters else []), *_learns(rows))


def _learns(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return what each side learns, once for all protocols of which the same holds."""
    said: dict[str, list[str]] = {}
    for row in rows:
        if row.private is None:
            continue
        learns = (
            f"client learns: {_sentence(row.private.client_learns)}; "
            f"server learns: {_sentence(row.private.server_learns)}."
        )
        known = said.setdefault(f"({printable(row.private.library)}): {learns}", [])
        known += [protocol_of(row)] if protocol_of(row) not in known else []
    return tuple(f"{', '.join(names)} {learns}" for learns, names in said.items())


def _sentence(text: str) -> str:
    return printable(text.strip().removesuffix("."))
