"""What a hook knew of each frame, in memory that is there before the first frame comes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.stage import Party

FRAME_FIELDS = (
    "scan_sampled",
    "scan_matched",
    "scan_dropped",
    "scan_flagged",
    "scan_verdict_ns",
    "scan_worker_ns",
)
"""What is known of each frame: whether it was sampled, whether a listed picture was found in it,
whether it was dropped unseen, whether the stream was flagged after it, when its verdict was there
(0: none), and how long a worker took for it (0: none did)."""

SAMPLED, MATCHED, DROPPED, FLAGGED, VERDICT_NS, WORKER_NS, ENTRY, DISTANCE, QUALITY = range(9)
"""Cells of a frame: the fields above, then the nearest entry, its distance, the hash's quality."""

_BLANK = [0] * 9
_FRAMES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a hook found in one sampled frame, and whose machine came to know it.

    `frame` counts the frames since the records began. `entry` is the row of the nearest listed
    hash and `distance` how many bits it is away; both are -1 where nothing matched. `flagged` is
    the stream's state after this frame, and `verdict_ns` the clock when it was known.
    """

    frame: int
    matched: bool
    entry: int
    distance: int
    quality: int
    flagged: bool
    verdict_ns: int
    learned_by: tuple[Party, ...]


class Records:
    """The cells of the last frames, nine per frame, in one list: the oldest are overwritten.

    A list takes an int in a third of the time that an array needs. The frame's way and a worker
    write different cells, so they need no lock.
    """

    def __init__(self) -> None:
        self.begin(_FRAMES)

    def begin(self, count: int) -> None:
        """Forget all frames and make room for the next `count`, at least one."""
        self.cells = _BLANK * max(1, count)
        self._frames = 0
        self._next = 0

    def next_frame(self) -> int:
        """Return where the cells of the next frame begin, all zero."""
        at = self._next
        self.cells[at : at + len(_BLANK)] = _BLANK
        self._frames += 1
        self._next = at + len(_BLANK) if at + len(_BLANK) < len(self.cells) else 0
        return at

    def columns(self, count: int) -> dict[str, npt.NDArray[np.int64]]:
        """Return the FRAME_FIELDS of the last `count` frames, int64 of shape (count,).

        Raises ValueError where there are not so many.
        """
        table = self._table(count)
        return {field: table[:, column].copy() for column, field in enumerate(FRAME_FIELDS)}

    def verdicts(self, learned_by: tuple[Party, ...]) -> tuple[Verdict, ...]:
        """Return the verdicts that are remembered, in the order of their frames."""
        count = min(self._frames, len(self.cells) // len(_BLANK))
        return tuple(
            Verdict(
                frame=frame,
                matched=bool(row[MATCHED]),
                entry=row[ENTRY],
                distance=row[DISTANCE],
                quality=row[QUALITY],
                flagged=bool(row[FLAGGED]),
                verdict_ns=row[VERDICT_NS],
                learned_by=learned_by,
            )
            for frame, row in enumerate(self._table(count).tolist(), self._frames - count)
            if row[VERDICT_NS]
        )

    def _table(self, count: int) -> npt.NDArray[np.int64]:
        """Return the cells of the last `count` frames, shape (count, 9), the oldest first."""
        table = np.array(self.cells, dtype=np.int64).reshape(-1, len(_BLANK))
        if not 0 <= count <= min(self._frames, len(table)):
            raise ValueError(
                f"records of {count} frames: {min(self._frames, len(table))} are remembered"
            )
        first = self._next // len(_BLANK) - count
        return table[np.arange(first, first + count) % len(table)]
