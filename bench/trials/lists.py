"""What is looked for: hashes of clips, lists made of them, and lists made ready for look-ups."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from bench.material import Library
from bench.read_only import read_only, read_only_view
from pipelines.scanning.hash_list import HashList
from pipelines.scanning.hasher import U64, Hasher
from pipelines.scanning.index.contract import Index, IndexKind
from pipelines.scanning.lists import make_list

NewHasher = Callable[[], Hasher]


@dataclass(slots=True, kw_only=True)
class Lists:
    """Hashes, lists and indexes of one run, each made once.

    Lists hold the frames of `listed_clip` among random hashes, or only these where it is None;
    `given` replaces lists of its hash. Hashers and back ends are told apart by what makes them: a
    plug-in's may have the name of another. What is shared is read-only.
    """

    library: Library
    seed: int
    listed_clip: str | None
    given: HashList | None = None
    _hashes: dict[tuple[str, NewHasher], U64] = field(default_factory=dict, init=False)
    _lists: dict[tuple[NewHasher, int], HashList] = field(default_factory=dict, init=False)
    _indexes: dict[tuple[IndexKind, NewHasher, int], Index] = field(
        default_factory=dict, init=False
    )

    def __post_init__(self) -> None:
        """Protect what was given."""
        if self.given is not None:
            self.given = _protected(self.given)

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
            (self._hashes[key],) = read_only([np.stack(rows)])
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
            made = make_list(hasher.name, hasher.bits, size=size, seed=self.seed, planted=planted)
            self._lists[key] = _protected(made)
        return self._lists[key]

    def index_of(self, kind: IndexKind, new_hasher: NewHasher, size: int) -> Index:
        """Return a list ready for look-ups at the hash's own radius. Raises NotInstalled."""
        key = (kind, new_hasher, size)
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


def _protected(hash_list: HashList) -> HashList:
    return dataclasses.replace(hash_list, hashes=read_only_view(hash_list.hashes))
