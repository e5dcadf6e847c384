"""What recall cells share: the frames of the clip in hand, and the hashes of every clip listed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.clips.footage import Footage
from pipelines.media import RawFrame
from pipelines.scanning.hasher import U64, Hasher

MOST_FRAMES = 90
"""Of each clip, from its start: three seconds, one interval between key frames."""


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Hashes of frames as a list holds them, uint64 of shape (entries, bits / 64)."""

    hashes: U64

    def __len__(self) -> int:
        return len(self.hashes)

    def nearest(self, variants: U64) -> int:
        """Return the least Hamming distance from any of `variants` to any entry; there is one.

        `variants` is uint64 of shape (variants, bits / 64).
        """
        differing = np.bitwise_count(variants[:, None, :] ^ self.hashes[None, :, :])
        return int(differing.sum(axis=2, dtype=np.int64).min())


@dataclass(slots=True, kw_only=True)
class ReferenceHashes:
    """Hashes of the frames of clips, each made once and kept. The frames are not kept.

    `load` returns the start of a clip by name and most frames; `hashers` makes one by name.
    """

    load: Callable[[str, int], Footage]
    hashers: Mapping[str, Callable[[], Hasher]]
    _known: dict[tuple[str, str], References] = field(default_factory=dict, init=False)

    def of(self, clip: str, names: Sequence[str]) -> dict[str, References]:
        """Return the hashes of the frames of `clip`, unchanged and at its own size, by hasher.

        Every frame is listed, whatever its quality. Raises ClipError, and KeyError for an unknown
        hasher.
        """
        missing = [name for name in names if (clip, name) not in self._known]
        if missing:
            frames = self.load(clip, MOST_FRAMES).frames[:MOST_FRAMES]
            for name in missing:
                self._known[clip, name] = _hashed(frames, self.hashers[name]())
        return {name: self._known[clip, name] for name in names}

    def of_several(self, clips: Sequence[str], names: Sequence[str]) -> dict[str, References]:
        """Return the hashes of all frames of `clips` in one list per hasher. Raises as `of`."""
        each = [self.of(clip, names) for clip in clips]
        return {
            name: References(
                hashes=np.concatenate([hashes[name].hashes for hashes in each])
                if each
                else np.empty((0, self.hashers[name]().bits // 64), dtype=np.uint64)
            )
            for name in names
        }


@dataclass(slots=True, kw_only=True)
class LatestFootage:
    """Frames of the clip asked for last: cells come clip by clip, and one is in memory at a time.

    `load` is as in `ReferenceHashes`.
    """

    load: Callable[[str, int], Footage]
    _name: str | None = field(default=None, init=False)
    _footage: Footage | None = field(default=None, init=False)

    def of(self, clip: str) -> Footage:
        """Return the first `MOST_FRAMES` frames of `clip`. Raises ClipError."""
        if self._footage is None or self._name != clip:
            self.forget()
            self._name, self._footage = clip, self.load(clip, MOST_FRAMES)
        return self._footage

    def forget(self) -> None:
        """Let go of the frames."""
        self._name = self._footage = None


def _hashed(frames: Sequence[RawFrame], hasher: Hasher) -> References:
    # A hasher's words are its own buffer: they are copied before the next call.
    return References(
        hashes=np.stack([hasher.hash(frame.planes[0]).words.copy() for frame in frames])
    )
