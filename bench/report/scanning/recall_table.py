"""What is still recognised after a change of picture and re-encoding."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from bench.report.outcome import failure, remark
from bench.report.quantities import MISSING, bit_rate
from bench.report.report_run import printable
from bench.report.scanning.recall_cells import RecallCell, changes_of, recall_cells, rungs_of
from bench.report.scanning.subjects import parts_after_clip, rows_of
from bench.report.table_value import Column, Line, Table, without_empty_columns
from bench.results import Estimate, Row

_COLUMNS = (
    Column(head="recalled", sub="%"),
    Column(head="", sub="95 %"),
    Column(head="turned too", sub="%", priority=2),
    Column(head="identical", sub="%"),
    Column(head="", sub="95 %", priority=4),
    Column(head="false", sub="matches"),
    Column(head="of frames", sub="at most %", priority=1),
    Column(head="bitrate", sub="achieved", priority=3),
    Column(head="frames", priority=5),
    Column(head="clips", priority=6),
)
_NOTES = (
    (
        "recalled: within the hash's distance of a listed frame of the same clip; intervals come "
        "from drawing whole clips again, and where all clips agree they say little. Frames under "
        "the hash's quality gate count as not recalled."
    ),
    "turned too: also in one of the eight turned and mirrored variants, where the hash knows them.",
    (
        "identical: the hash is listed bit by bit. Exact matching, which is all that private set "
        "intersection can do, finds at most these."
    ),
    (
        "false matches: frames that match a frame of another clip; where none was seen, at most "
        "the share given (95 %, were frames independent; those of one clip are not)."
    ),
)


def recall_tables(rows: Sequence[Row]) -> tuple[Table, ...]:
    """Return the tables of the recall cases among `rows`: per hash, pooled, then by codec."""
    pooled = recall_cells(rows, by_codec=False)
    single = recall_cells(rows, by_codec=True)
    tables: list[Table] = []
    for hasher in dict.fromkeys(cell.hasher for cell in pooled):
        tables.append(_pooled_table([cell for cell in pooled if cell.hasher == hasher]))
        own = [cell for cell in single if cell.hasher == hasher]
        if len({cell.codec for cell in own}) > 1:
            tables.append(_codec_table(own))
    if tables:
        tables[-1] = replace(tables[-1], notes=_NOTES)
    without = _without_numbers(rows)
    return tuple([*tables, without] if without else tables)


def _pooled_table(cells: Sequence[RecallCell]) -> Table:
    return without_empty_columns(
        Table(
            title=f"{printable(cells[0].hasher)}, all codecs together",
            name_head="change, rung",
            columns=_COLUMNS,
            lines=tuple(
                Line(
                    name=printable(cell.rung),
                    group=printable(cell.change),
                    cells=(
                        share(cell.recalled.value),
                        span(cell),
                        share(cell.dihedral.value),
                        share(cell.identical.value),
                        _interval(cell.identical) if cell.clips > 1 else MISSING,
                        f"{cell.false_matches:,}",
                        MISSING if cell.false_matches else f"{100 * cell.bound:.2g}",
                        _rates(cell.achieved_bps),
                        f"{cell.frames:,}",
                        f"{cell.clips:,}",
                    ),
                )
                for cell in cells
            ),
        )
    )


def _codec_table(cells: Sequence[RecallCell]) -> Table:
    codecs = list(dict.fromkeys(cell.codec for cell in cells))
    lines: dict[tuple[str, str], dict[str, RecallCell]] = {}
    for cell in cells:
        lines.setdefault((cell.change, cell.rung), {})[cell.codec] = cell
    return Table(
        title=f"{printable(cells[0].hasher)}, recalled by codec (%), with the 95 % interval",
        name_head="change, rung",
        columns=tuple(
            column
            for place, codec in enumerate(codecs)
            for column in (
                Column(head=printable(codec)),
                Column(head="", sub="95 %", priority=len(codecs) - place),
            )
        ),
        lines=tuple(
            Line(
                name=printable(rung),
                group=printable(change),
                cells=tuple(
                    text
                    for codec in codecs
                    for text in (
                        (share(known[codec].recalled.value), span(known[codec]))
                        if codec in known
                        else (MISSING, MISSING)
                    )
                ),
            )
            for change, rung in product(changes_of(cells), rungs_of(cells))
            if (known := lines.get((change, rung)))
        ),
    )


def _without_numbers(rows: Sequence[Row]) -> Table | None:
    """Return the cells that have no numbers, with the reason, or None where all have."""
    ended = [row for row in rows_of(rows, "recall") if row.error is not None]
    if not ended:
        return None
    return Table(
        title="Cells without numbers",
        name_head="cell",
        columns=(),
        lines=tuple(
            Line(
                name=printable(", ".join((row.clip, *parts_after_clip(row)))),
                error=failure(row),
                remark=remark(row),
            )
            for row in ended
        ),
    )


def share(value: float) -> str:
    """Return a share as a percentage of one decimal, without the sign."""
    return f"{100 * value:.1f}"


def span(cell: RecallCell) -> str:
    """Return the interval of the recall; one clip tells nothing of the next."""
    return _interval(cell.recalled) if cell.clips > 1 else MISSING


def _interval(estimate: Estimate) -> str:
    return f"{share(estimate.low)} to {share(estimate.high)}"


def _rates(achieved_bps: tuple[float, float]) -> str:
    low, high = map(bit_rate, achieved_bps)
    if low == high:
        return low
    value, _, unit = low.partition(" ")
    return f"{value if high.endswith(unit) else low} to {high}"
