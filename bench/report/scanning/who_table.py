"""Who sees what: by the point of the scan, and whether it can be under end-to-end encryption."""

from collections.abc import Sequence

from bench.report.hooked import POINTS, hook_id
from bench.report.outcome import remark
from bench.report.quantities import count
from bench.report.scanning.hook_rows import point_of
from bench.report.scanning.private_table import private_rows
from bench.report.table_value import Column, Line, Table
from bench.results import Row
from pipelines.scanning.hook import LEARNS, Point

_COLUMNS = (
    Column(head="has the picture", sub="without a scan", numeric=False),
    Column(head="learns", sub="the verdict", numeric=False),
    Column(head="with end-to-end", sub="encryption", numeric=False),
    Column(head="in this run", priority=1, numeric=False),
)
_ENDS = "yes"
_RELAY = "in some pipelines"
_NOTES = (
    (
        "has the picture without a scan: whether that place handles the frame in the clear in any "
        "case, so that scanning there shows it to nobody new. with end-to-end encryption: whether "
        "a scan there can see anything when only sender and receiver hold the keys."
    ),
    (
        "learns the verdict: whose machine knows it first; whom that machine then tells is policy, "
        "and measured nowhere here."
    ),
)
_RELAY_NOTE = (
    "A relay scans only where the pipeline gives it plaintext; elsewhere the case is refused with "
    "its reason, and is no zero."
)
_PRIVATE_NOTE = (
    "A private protocol runs at the sender; what it tells whom stands with the private look-ups."
)
_POSSIBLE = "possible"
_REFUSED = "refused"


def who_table(rows: Sequence[Row]) -> Table | None:
    """Return the table of the points and protocols among `rows`, or None where none ran."""
    hooked = [row for row in rows if hook_id(row) is not None and _tells(row)]
    private = [row for row in private_rows(rows) if row.private is not None]
    lines = [
        _point_line(Point(point), [row for row in hooked if point_of(row) == point])
        for point in POINTS
        if any(point_of(row) == point for row in hooked)
    ]
    if private:
        lines.append(
            Line(
                name="private protocol",
                cells=(_ENDS, "see below", _POSSIBLE, _cases(private)),
            )
        )
    if not lines:
        return None
    notes = [*_NOTES]
    notes += [_RELAY_NOTE] if any(point_of(row) == Point.RELAY for row in hooked) else []
    notes += [_PRIVATE_NOTE] if private else []
    return Table(
        title="Who sees what",
        name_head="scan at",
        columns=_COLUMNS,
        lines=tuple(lines),
        notes=tuple(notes),
    )


def _tells(row: Row) -> bool:
    """Return whether `row` ran, or was refused, which tells as much."""
    return row.hook is not None or (remark(row) or "").startswith(_REFUSED)


def _point_line(point: Point, rows: Sequence[Row]) -> Line:
    at_relay = point is Point.RELAY
    return Line(
        name=str(point),
        cells=(
            _RELAY if at_relay else _ENDS,
            ", ".join(LEARNS[point]),
            _REFUSED if at_relay else _POSSIBLE,
            _cases(rows),
        ),
    )


def _cases(rows: Sequence[Row]) -> str:
    refused = sum((remark(row) or "").startswith(_REFUSED) for row in rows)
    shown = count(len(rows), "case")
    return f"{shown}, {refused:,} {_REFUSED}" if refused else shown
