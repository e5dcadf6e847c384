"""Recall cells as the report shows them: pooled over clips, and over codecs where asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.clips.errors import ClipError
from bench.clips.names import RUNGS, parse_rung
from bench.picture_changes import CHANGES
from bench.recall_pooling import Count, PooledShare, pool
from bench.report.scanning.subjects import rows_of
from bench.results import Row
from pipelines.media import CODECS

_Key = tuple[str, str, str, str]
"""Hasher, codec, change and rung."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallCell:
    """What one hash recognised after one change at one rung, over all clips.

    Each share is one of the frames, with its interval over clips (`bench.recall_pooling`). `codec`
    is empty where all are pooled.
    """

    hasher: str
    codec: str
    change: str
    rung: str
    recalled: PooledShare
    dihedral: PooledShare
    identical: PooledShare
    false_matches: PooledShare
    low_quality: PooledShare
    achieved_bps: tuple[float, float]

    @property
    def frames(self) -> int:
        """How many frames were looked for."""
        return self.recalled.frames

    @property
    def clips(self) -> int:
        """How many clips they are of."""
        return self.recalled.clips


def recall_cells(rows: Iterable[Row], *, by_codec: bool) -> tuple[RecallCell, ...]:
    """Return the cells of the finished recall `rows`: by hasher, codec, change, then rung."""
    buckets: dict[_Key, list[Row]] = {}
    for row in rows_of(rows, "recall"):
        summary = row.recall
        if summary is None or row.error is not None:
            continue
        codec = row.codec if by_codec else ""
        for counts in summary.counts:
            if counts.frames:
                key = (counts.hasher, codec, summary.change, summary.rung)
                buckets.setdefault(key, []).append(row)
    hashers = list(dict.fromkeys(key[0] for key in buckets))
    cells = [_cell(key, members) for key, members in buckets.items()]
    changes, rungs = changes_of(cells), rungs_of(cells)
    return tuple(
        sorted(
            cells,
            key=lambda cell: (
                hashers.index(cell.hasher),
                codec_place(cell.codec),
                changes.index(cell.change),
                rungs.index(cell.rung),
            ),
        )
    )


def codec_place(codec: str) -> tuple[int, str]:
    """Return the sort key of a codec: the known ones first, as everywhere in a report."""
    return (CODECS.index(codec) if codec in CODECS else len(CODECS), codec)


def share_words(value: float) -> str:
    """Return a share as a percentage of one decimal, without the sign.

    It never rounds up to all or down to none: 99.96 % are 99.9, and 0.02 % are 0.1.
    """
    if value in {0.0, 1.0}:
        return f"{100 * value:.1f}"
    return f"{min(max(100 * value, 0.1), 99.9):.1f}"


def changes_of(cells: Iterable[RecallCell]) -> list[str]:
    """Return the changes of `cells` in the order of `CHANGES`, unknown ones last."""
    known = list(CHANGES)
    return sorted(
        {cell.change for cell in cells},
        key=lambda change: (known.index(change) if change in known else len(known), change),
    )


def rungs_of(cells: Iterable[RecallCell]) -> list[str]:
    """Return the rungs of `cells`: large pictures first, and of a size high bitrates first."""
    rates: dict[str, float] = {}
    for cell in cells:
        rates[cell.rung] = max(cell.achieved_bps[1], rates.get(cell.rung, 0.0))
    return sorted(rates, key=lambda rung: (-_lines(rung), -rates[rung], rung))


def _cell(key: _Key, rows: Sequence[Row]) -> RecallCell:
    hasher, codec, change, rung = key

    def share(count: Count) -> PooledShare:
        return pool(rows, hasher=hasher, count=count)

    achieved = [row.recall.achieved_bps for row in rows if row.recall is not None]
    return RecallCell(
        hasher=hasher,
        codec=codec,
        change=change,
        rung=rung,
        recalled=share("recalled"),
        dihedral=share("recalled_dihedral"),
        identical=share("identical"),
        false_matches=share("false_matches"),
        low_quality=share("low_quality"),
        achieved_bps=(min(achieved), max(achieved)),
    )


def _lines(rung: str) -> int:
    try:
        return RUNGS[parse_rung(rung).size]
    except ClipError:
        return 0
