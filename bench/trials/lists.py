"""What is looked for: hashes of clips, lists made of them, and lists made ready for look-ups."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from bench.material import Library
from pipelines.scanning.hash_list import HashList
from pipelines.scanning.hasher import U64, Hasher
from pipelines.scanning.index.contract import Index, IndexKind
from pipelines.scanning.lists import make_list

NewHasher = Callable[[], Hasher]


@dataclass(slots=True, kw_only=True)
class Lists:
    """Hashes, lists and indexes of one run, each made once.

    Lists hold the frames of `listed_clip` among random hashes, or only these where it is None;
    `given` replaces lists of its hash. Hashers are told apart by what makes them: a plug-in's may
    have the name of another.
    """

    library: Library
    seed: int
    listed_clip: str | None
    given: HashList | None = None
    _hashes: dict[tuple[str, NewHasher], U64] = field(default_factory=dict, init=False)
    _lists: dict[tuple[NewHasher, int], HashList] = field(default_factory=dict, init=False)
    _indexes: dict[tuple[str, NewHasher, int], Index] = field(default_factory=dict, init=False)

    def hashes(self, clip: str, new_hasher: NewHasher) -> U64:
        """Return the hashes of a clip's first frames, uint64 of shape (frames, bits / 64).

        Raises ClipError.
        """
        key = (clip, new_hasher)
        if key not in self._hashes:
            hasher = new_hasher()
            frames = self.library.footage(clip).frames
            # A hasher's words are its own buffer: they are copied before the next call.
            rows = [hasher.hash(frame.planes[0]).words.copy() for frame in frames]
            self._hashes[key] = np.stack(rows)
        return self._hashes[key]

    def list_of(self, new_hasher: NewHasher, size: int) -> HashList:
        """Return `size` hashes: frames of the listed clip, at most half, and random ones."""
        hasher = new_hasher()
        given = self.given
        if given is not None and (given.hasher, given.bits) == (hasher.name, hasher.bits):
            return given
        key = (new_hasher, size)
        if key not in self._lists:
            planted = np.empty((0, hasher.bits // 64), dtype=np.uint64)
            if self.listed_clip is not None:
                planted = self.hashes(self.listed_clip, new_hasher)[: size // 2]
            self._lists[key] = make_list(
                hasher.name, hasher.bits, size=size, seed=self.seed, planted=planted
            )
        return self._lists[key]

    def index_of(self, kind: IndexKind, new_hasher: NewHasher, size: int) -> Index:
        """Return a list ready for look-ups at the hash's own radius. Raises NotInstalled."""
        key = (kind.name, new_hasher, size)
        if key not in self._indexes:
            hashes = self.list_of(new_hasher, size).hashes
            self._indexes[key] = kind.build(hashes, new_hasher().radius)
        return self._indexes[key]

    def origin_of(self, new_hasher: NewHasher, size: int) -> str:
        """Return in words what a list holds."""
        found = self.list_of(new_hasher, size)
        if found is self.given:
            return f"your own list ({found.origin})"
        if self.listed_clip is None:
            return f"random hashes only ({found.origin})"
        return f"frames of {self.listed_clip} ({found.origin})"
