"""What is still recognised after a change of picture and re-encoding."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from bench.recall_pooling import PooledShare, exact_bound
from bench.report.outcome import failure, remark
from bench.report.quantities import MISSING, bit_rate, count, number
from bench.report.report_run import printable
from bench.report.scanning.recall_cells import (
    RecallCell,
    changes_of,
    recall_cells,
    rungs_of,
    share_words,
)
from bench.report.scanning.subjects import parts_after_clip, rows_of
from bench.report.table_value import Column, Line, Table, without_empty_columns
from bench.results import Row

_COLUMNS = (
    Column(head="recalled", sub="%"),
    Column(head="", sub="95 %"),
    Column(head="turned too", sub="%", priority=2),
    Column(head="low quality", sub="%", priority=3),
    Column(head="identical", sub="%"),
    Column(head="", sub="95 %", priority=4),
    Column(head="false", sub="matches"),
    Column(head="of pairs", sub="compared", priority=1),
    Column(head="bitrate", sub="achieved", priority=5),
    Column(head="frames", priority=6),
    Column(head="clips", priority=7),
)
_RECALLED = "recalled: within the hash's distance of a listed frame of the same clip."
_LOW_QUALITY = (
    "low quality: frames under the hash's quality gate, which are not looked up and count as not "
    "recalled."
)
_TURNED = "turned too: also in one of the eight turned and mirrored variants."
_IDENTICAL = (
    "identical: the hash is listed bit by bit. Exact matching, which is all that private set "
    "intersection can do, finds at most these."
)
_FALSE = (
    "false matches: frames that match a frame of another clip, of so many pairs of a frame and a "
    "listed hash of another clip."
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
        tables[-1] = replace(tables[-1], notes=_notes(pooled))
    without = _without_numbers(rows)
    return tuple([*tables, without] if without else tables)


def _notes(cells: Sequence[RecallCell]) -> tuple[str, ...]:
    """Return what must be known to read the tables of `cells`."""
    notes = [_RECALLED]
    notes += [_LOW_QUALITY] if any(cell.low_quality.seen for cell in cells) else []
    notes += [_TURNED, _IDENTICAL, _FALSE, _about_intervals(cells)]
    return tuple(notes)


def _about_intervals(cells: Sequence[RecallCell]) -> str:
    clips = sorted({cell.clips for cell in cells})
    if clips[-1] == 1:
        return "Frames of one clip resemble each other: one clip tells nothing of the next."
    bounds = "; ".join(
        f"of {count(each, 'clip')}: {share_words(exact_bound(each))} %"
        for each in clips
        if each > 1
    )
    return (
        "95 %: whole clips are drawn again, for only clips are independent. Where all frames of "
        "all clips agree there is nothing to draw: 'all' and 'none' stand there, with the number "
        "of clips, and are no proof. The exact 95 % bound on the share of clips that are "
        f"otherwise is wide for few clips ({bounds}), for false matches too."
    )


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
                        share_words(cell.recalled.share.value),
                        _interval(cell.recalled),
                        share_words(cell.dihedral.share.value),
                        _low_quality(cell),
                        share_words(cell.identical.share.value),
                        _interval(cell.identical),
                        f"{cell.false_matches.seen:,}",
                        number(cell.false_matches.comparisons),
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
                cells=tuple(text for codec in codecs for text in _codec_cells(known.get(codec))),
            )
            for change, rung in product(changes_of(cells), rungs_of(cells))
            if (known := lines.get((change, rung)))
        ),
    )


def _codec_cells(cell: RecallCell | None) -> tuple[str, str]:
    if cell is None:
        return MISSING, MISSING
    return share_words(cell.recalled.share.value), _interval(cell.recalled)


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


def _low_quality(cell: RecallCell) -> str:
    return share_words(cell.low_quality.share.value) if cell.low_quality.seen else MISSING


def _interval(pooled: PooledShare) -> str:
    """Return the interval where clips could be drawn again, else what was seen of how many."""
    if pooled.clips == 1:
        return "1 clip"
    if pooled.exact:
        return f"{'all' if pooled.seen else 'none'}, {count(pooled.clips, 'clip')}"
    return f"{share_words(pooled.share.low)} to {share_words(pooled.share.high)}"


def _rates(achieved_bps: tuple[float, float]) -> str:
    low, high = map(bit_rate, achieved_bps)
    if low == high:
        return low
    value, _, unit = low.partition(" ")
    return f"{value if high.endswith(unit) else low} to {high}"
