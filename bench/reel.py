"""A clip that plays without end and can be put to any place; its media clock always goes on."""

from collections.abc import Iterator, Sequence

from pipelines.media import EncodedFrame, RawFrame


class Reel(Iterator[EncodedFrame | RawFrame]):
    """The frames of a clip, over and over.

    Decoded frames go to and fro, so that a camera's motion has no jump at the end; access units
    start over, since each was made from the one before it. A frame keeps its index in the clip and
    gets the next presentation time; its bytes are shared, not copied.
    """

    def __init__(self, frames: Sequence[EncodedFrame] | Sequence[RawFrame], fps: float) -> None:
        self._frames = frames
        self._fps = fps
        self._order = to_and_fro(len(frames)) if isinstance(frames[0], RawFrame) else None
        self._at = 0
        self._played = 0

    @property
    def period(self) -> int:
        """Frames after which the reel starts over."""
        return len(self._frames) if self._order is None else len(self._order)

    def seek(self, at: int) -> None:
        """Put the reel to frame `at` of its period, counted round where it is beyond the end."""
        self._at = at % self.period

    def __next__(self) -> EncodedFrame | RawFrame:
        frame = self._frames[self._at if self._order is None else self._order[self._at]]
        pts_ns = round(self._played * 1e9 / self._fps)
        self._at = (self._at + 1) % self.period
        self._played += 1
        if isinstance(frame, RawFrame):
            return RawFrame(index=frame.index, pts_ns=pts_ns, planes=frame.planes)
        return EncodedFrame(
            index=frame.index,
            pts_ns=pts_ns,
            is_keyframe=frame.is_keyframe,
            codec=frame.codec,
            payload=frame.payload,
        )


def to_and_fro(count: int) -> list[int]:
    """Return 0 .. count-1 and back, each end once: 0 1 2 3 2 1."""
    return [*range(count), *range(count - 2, 0, -1)]
