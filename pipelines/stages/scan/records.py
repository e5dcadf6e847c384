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

CELLS = 9
BLANK = (0, 0, 0, 0, 0, 0, -1, -1, 0)
_ROOM = 256


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
    """The cells of the last `room` of `frames` frames, CELLS per frame, in one list.

    Frame n, counted since the records began, has those from `n % room * CELLS` on, blank at first.
    A list takes an int in a third of the time that an array needs. Whoever begins a frame does so
    in place, and writes what is not blank: an encoder has just emptied the caches, so each thing
    touched costs more than what is done with it. A frame is in one thread's hands at a time, so
    its cells need no lock.
    """

    __slots__ = ("cells", "frames", "room")

    def __init__(self) -> None:
        self.begin(_ROOM)

    def begin(self, count: int) -> None:
        """Forget all frames and make room for the next `count`, at least one."""
        self.room = max(1, count)
        self.cells = list(BLANK) * self.room
        self.frames = 0

    def blank(self, number: int) -> None:
        """Forget the frame whose cells frame `number` is about to have."""
        at = number % self.room * CELLS
        self.cells[at : at + CELLS] = BLANK

    def columns(self, count: int) -> dict[str, npt.NDArray[np.int64]]:
        """Return the FRAME_FIELDS of the last `count` frames, int64 of shape (count,).

        Raises ValueError where there are not so many.
        """
        table = self._table(count)
        return {field: table[:, column].copy() for column, field in enumerate(FRAME_FIELDS)}

    def verdicts(self, learned_by: tuple[Party, ...]) -> tuple[Verdict, ...]:
        """Return the verdicts that are remembered, in the order of their frames."""
        count = min(self.frames, self.room)
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
            for frame, row in enumerate(self._table(count).tolist(), self.frames - count)
            if row[VERDICT_NS]
        )

    def _table(self, count: int) -> npt.NDArray[np.int64]:
        """Return the cells of the last `count` frames, shape (count, CELLS), the oldest first."""
        remembered = min(self.frames, self.room)
        if not 0 <= count <= remembered:
            raise ValueError(f"records of {count} frames: {remembered} are remembered")
        table = np.array(self.cells, dtype=np.int64).reshape(self.room, CELLS)
        return table[np.arange(self.frames - count, self.frames) % self.room]
