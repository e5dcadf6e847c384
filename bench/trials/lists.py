"""What is looked for: hashes of clips, lists made of them, and lists made ready for look-ups."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from bench.clips.errors import ClipError
from bench.material import Library
from bench.progress import Progress
from pipelines.scanning.hash_list import HashList
from pipelines.scanning.hasher import U64, Hasher
from pipelines.scanning.index.contract import Index, IndexKind
from pipelines.scanning.lists import make_list

LISTED_CLIP = "bunny"
"""The clip whose frames are the known content of every list: an animation, CC-BY, nobody in it."""

STAND_IN = "synthetic-head-360p"
"""Whose frames are listed where the clip above cannot be had."""


@dataclass(slots=True, kw_only=True)
class Lists:
    """Hashes, lists and indexes of one run, each made once. `given` replaces lists of its hash."""

    library: Library
    progress: Progress
    seed: int
    given: HashList | None = None
    _hashes: dict[tuple[str, str], U64] = field(default_factory=dict, init=False)
    _lists: dict[tuple[str, int], HashList] = field(default_factory=dict, init=False)
    _indexes: dict[tuple[str, str, int, int], Index] = field(default_factory=dict, init=False)

    def hashes(self, clip: str, new_hasher: Callable[[], Hasher]) -> U64:
        """Return the hashes of a clip's first frames, uint64 of shape (frames, bits / 64).

        Raises ClipError.
        """
        hasher = new_hasher()
        key = (clip, hasher.name)
        if key not in self._hashes:
            frames = self.library.footage(clip).frames
            # A hasher's words are its own buffer: they are copied before the next call.
            rows = [hasher.hash(frame.planes[0]).words.copy() for frame in frames]
            self._hashes[key] = np.stack(rows)
        return self._hashes[key]

    def list_of(self, new_hasher: Callable[[], Hasher], size: int) -> HashList:
        """Return `size` hashes: frames of the listed clip, at most half, and random ones."""
        hasher = new_hasher()
        if self.given is not None and self.given.hasher == hasher.name:
            return self.given
        key = (hasher.name, size)
        if key not in self._lists:
            planted = self._listed(new_hasher)[: size // 2]
            self._lists[key] = make_list(
                hasher.name, hasher.bits, size=size, seed=self.seed, planted=planted
            )
        return self._lists[key]

    def index_of(self, kind: IndexKind, new_hasher: Callable[[], Hasher], size: int) -> Index:
        """Return a list ready for look-ups at the hash's own radius. Raises NotInstalled."""
        hasher = new_hasher()
        key = (kind.name, hasher.name, size, hasher.radius)
        if key not in self._indexes:
            hashes = self.list_of(new_hasher, size).hashes
            self._indexes[key] = kind.build(hashes, hasher.radius)
        return self._indexes[key]

    def forget(self) -> None:
        """Give back the memory of all lists and indexes; they are made again when asked for."""
        self._lists.clear()
        self._indexes.clear()

    def _listed(self, new_hasher: Callable[[], Hasher]) -> U64:
        try:
            return self.hashes(LISTED_CLIP, new_hasher)
        except ClipError as error:
            self.progress.note(f"sealbench: {error}")
            self.progress.note(
                f"sealbench: listing frames of {STAND_IN}, a generated clip, instead"
            )
            return self.hashes(STAND_IN, new_hasher)
