"""The contract of a look-up: all entries of a list within a Hamming distance of a hash."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from pipelines.scanning.hasher import U64


class Matches(msgspec.Struct, frozen=True, kw_only=True, gc=False, eq=False):
    """What was found, one element per pair of query and entry, all arrays of shape (found,).

    `query` (int64) is the row of the batch, 0 for a single query; `entry` (int64) the row of the
    list; `distance` (int32) the Hamming distance. Sorted by query, then by entry; each pair once.
    The arrays may be views that the index's next call overwrites.
    """

    query: npt.NDArray[np.int64]
    entry: npt.NDArray[np.int64]
    distance: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.entry)


class Index(Protocol):
    """A list made ready for look-ups at one radius. Used by one thread at a time."""

    @property
    def exact(self) -> bool:
        """Whether every entry within the radius is found, always."""

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the index holds, the hashes included."""

    def query(self, words: U64) -> Matches:
        """Return the entries within the radius of one hash, uint64 of shape (words,)."""

    def query_batch(self, batch: U64) -> Matches:
        """Return the same for each of several hashes, uint64 of shape (queries, words)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexKind:
    """A back end by name.

    `build` takes the hashes, uint64 of shape (entries, words), and the radius; an entry that comes
    twice is found twice. It raises NotInstalled where a package is missing, and ValueError for a
    radius or a width that it cannot take.
    """

    name: str
    summary: str
    source: str
    exact: bool
    build: Callable[[U64, int], Index]
