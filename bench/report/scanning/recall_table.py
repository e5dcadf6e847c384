"""What is still recognised after a change of picture and re-encoding."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from bench.recall_pooling import PooledShare
from bench.report.outcome import failure, remark
from bench.report.quantities import MISSING, bit_rate, number
from bench.report.report_run import printable
from bench.report.scanning.recall_cells import RecallCell, changes_of, recall_cells, rungs_of
from bench.report.scanning.subjects import parts_after_clip, rows_of
from bench.report.table_value import Column, Line, Table, without_empty_columns
from bench.results import Row

_COLUMNS = (
    Column(head="recalled", sub="%"),
    Column(head="", sub="95 %"),
    Column(head="turned too", sub="%", priority=2),
    Column(head="identical", sub="%"),
    Column(head="", sub="95 %", priority=4),
    Column(head="false", sub="matches"),
    Column(head="of frames", sub="at most %", priority=1),
    Column(head="bitrate", sub="achieved", priority=3),
    Column(head="pairs", sub="compared", priority=7),
    Column(head="frames", priority=5),
    Column(head="clips", priority=6),
)
_NOTES = (
    (
        "recalled: within the hash's distance of a listed frame of the same clip. Frames under the "
        "hash's quality gate count as not recalled."
    ),
    (
        "95 %: whole clips are drawn again, for only clips are independent; where all frames of "
        "all clips agree, the exact bound on clips stands instead, which is wide for few clips."
    ),
    "turned too: also in one of the eight turned and mirrored variants, where the hash knows them.",
    (
        "identical: the hash is listed bit by bit. Exact matching, which is all that private set "
        "intersection can do, finds at most these."
    ),
    (
        "false matches: frames that match a frame of another clip, and the upper end of the 95 % "
        "interval of their share; seeing none leaves that bound, and is not a proof of none."
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
                        share(cell.recalled.share.value),
                        _interval(cell.recalled),
                        share(cell.dihedral.share.value),
                        share(cell.identical.share.value),
                        _interval(cell.identical),
                        f"{cell.false_matches.seen:,}",
                        share(cell.false_matches.share.high),
                        _rates(cell.achieved_bps),
                        number(cell.false_matches.comparisons),
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
                        (share(known[codec].recalled.share.value), _interval(known[codec].recalled))
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


def _interval(pooled: PooledShare) -> str:
    return f"{share(pooled.share.low)} to {share(pooled.share.high)}"


def _rates(achieved_bps: tuple[float, float]) -> str:
    low, high = map(bit_rate, achieved_bps)
    if low == high:
        return low
    value, _, unit = low.partition(" ")
    return f"{value if high.endswith(unit) else low} to {high}"
