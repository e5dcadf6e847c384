"""Which frames of a stream a hook looks at: each K-th, key frames, or where the scene changes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import numpy as np

from pipelines.compiled import ready
from pipelines.media import EncodedFrame, RawFrame, Unit
from pipelines.scanning.native.scene import BLOCK, GRID, SCENE, grid_difference

KNOWN = "every-K (K = 1, 2, ...), key-frames, scene-changes"
"""The ways to sample, as messages name them."""

SCENE_THRESHOLD = 25
"""Mean difference from the last frame, in luma steps of 255, above which a scene has changed.

Our choice: in eight of our clips the five cuts measure 44 and more, all else 19 at most."""


class LooksAt(IntEnum):
    """What a sampler must see of a frame to decide, in the order in which it can be had."""

    NOTHING = 0
    ACCESS_UNIT = 1
    PICTURE = 2


class Sampler(Protocol):
    """Decides for each frame of one stream, in order; has a state of its own."""

    def takes(self, unit: Unit) -> bool:
        """Return whether this frame is sampled. Raises TypeError where `unit` does not show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """A way to sample: what it looks at, and `new_sampler` for each stream."""

    name: str
    looks_at: LooksAt
    new_sampler: Callable[[], Sampler]


class EveryKth:
    """The first frame and each K-th after it."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._left = 0

    def takes(self, _unit: Unit) -> bool:
        """Return whether `k` - 1 frames have passed since the last one sampled."""
        if self._left:
            self._left -= 1
            return False
        self._left = self._k - 1
        return True


class KeyFrames:
    """The frames that were encoded without reference to others."""

    def takes(self, unit: Unit) -> bool:
        """Return whether the access unit is a key frame."""
        if isinstance(unit, EncodedFrame):
            return unit.is_keyframe
        raise TypeError(f"a {type(unit).__name__} does not say whether it is a key frame")


class SceneChanges:
    """The first frame, and each that differs from the one before it by more than `threshold`.

    The difference is the mean absolute one over 16 x 16 points of the luma plane, each the mean of
    4 x 4 pixels. A slow fade never exceeds it.
    """

    def __init__(self, threshold: float = SCENE_THRESHOLD) -> None:
        self._threshold = threshold
        self._grid = np.zeros(GRID * GRID, dtype=np.int32)
        self._is_first = True
        ready(grid_difference, *SCENE)

    def takes(self, unit: Unit) -> bool:
        """Return whether the decoded frame begins a scene. Raises ValueError for an empty one."""
        if not isinstance(unit, RawFrame):
            raise TypeError(f"a {type(unit).__name__} does not show a picture")
        luma = unit.planes[0]
        if not luma.size:
            raise ValueError(f"frame {unit.index} has no pixels: {luma.shape}")
        changed = grid_difference(luma, self._grid)
        pixels = min(BLOCK, luma.shape[0]) * min(BLOCK, luma.shape[1]) * GRID * GRID
        is_first, self._is_first = self._is_first, False
        return is_first or changed > self._threshold * pixels


def parse_sampling(text: str) -> Sampling:
    """Return the sampling called `text`. Raises ValueError that names the known ones."""
    if text == "key-frames":
        return Sampling(name=text, looks_at=LooksAt.ACCESS_UNIT, new_sampler=KeyFrames)
    if text == "scene-changes":
        return Sampling(name=text, looks_at=LooksAt.PICTURE, new_sampler=SceneChanges)
    # No leading zero: one way to write each, since cases are named by it.
    every = re.fullmatch(r"every-([1-9]\d{0,8})", text, re.ASCII)
    if every is None:
        raise ValueError(f"unknown sampling {text!r}; known: {KNOWN}")
    k = int(every[1])
    return Sampling(name=text, looks_at=LooksAt.NOTHING, new_sampler=lambda: EveryKth(k))
