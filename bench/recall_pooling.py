"""What recall cells say together: shares over clips, with intervals that are honest of few clips.

Frames of a clip resemble each other, and so do its cells; only clips are independent. So clips are
what is drawn again for an interval, widened for few of them as in `bench.stats`. Where no clip
shows any (or all clips show nothing but) there is nothing to draw, and the bound is exact instead,
by Clopper & Pearson (1934) on clips: n clips of which none shows an event leave 1 - 0.05^(1/n) as
the largest likely share of clips that do, one-sided at 95 %. The share of frames over all clips
cannot be larger than the share of clips that show any, whatever the frames of a clip share. A bound
that counted frames as independent would be some hundred times smaller, and wrong.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bench.results import Estimate, RecallCounts, Row
from bench.stats import Bootstrap

Count = Literal["low_quality", "recalled", "recalled_dihedral", "identical", "false_matches"]
"""A count of `RecallCounts` that is a share of its frames."""

RISK = 0.05
"""That the truth lies beyond an exact bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledShare:
    """A share of frames over clips. `exact` says that its interval is the exact bound on clips.

    `seen` of `frames` frames of `clips` clips counted; `comparisons` is how many pairs of a frame
    and an entry of another clip there were to match falsely.
    """

    share: Estimate
    exact: bool
    seen: int
    frames: int
    clips: int
    comparisons: int


def pool(rows: Iterable[Row], *, hasher: str, count: Count, seed: int = 0) -> PooledShare:
    """Return the share of frames that `count` counts in the recall cells of `rows`.

    Rows that failed, or that did not measure `hasher`, are left out. One clip tells nothing of the
    next: its interval is 0 to 1, or the exact bound. Raises ValueError where no row is left.
    """
    cells = [
        (row.clip, counts)
        for row in rows
        if row.error is None and row.recall is not None
        for counts in row.recall.counts
        if counts.hasher == hasher and counts.frames
    ]
    if not cells:
        raise ValueError(f"no recall cell with frames measured {hasher!r}")
    clips = sorted({clip for clip, _ in cells})
    seen = np.zeros(len(clips), dtype=np.int64)
    frames = np.zeros(len(clips), dtype=np.int64)
    for clip, counts in cells:
        seen[clips.index(clip)] += getattr(counts, count)
        frames[clips.index(clip)] += counts.frames
    total_seen, total_frames = int(seen.sum()), int(frames.sum())
    exact = total_seen in {0, total_frames}
    if exact:
        share = _exact(total_seen, len(clips))
    elif len(clips) == 1:
        share = Estimate(value=total_seen / total_frames, low=0.0, high=1.0)
    else:
        share = Bootstrap(np.arange(len(clips)), seed=seed).ratio(seen, frames)
    return PooledShare(
        share=share,
        exact=exact,
        seen=total_seen,
        frames=total_frames,
        clips=len(clips),
        comparisons=sum(_comparisons(counts) for _, counts in cells),
    )


def exact_bound(clips: int) -> float:
    """Return the largest likely share of clips that show what none of `clips` clips showed."""
    return 1.0 - float(RISK ** (1 / clips))


def _exact(seen: int, clips: int) -> Estimate:
    unseen_share = exact_bound(clips)
    if seen:
        return Estimate(value=1.0, low=1 - unseen_share, high=1.0)
    return Estimate(value=0.0, low=0.0, high=unseen_share)


def _comparisons(counts: RecallCounts) -> int:
    return (counts.frames - counts.low_quality) * counts.foreign_entries
