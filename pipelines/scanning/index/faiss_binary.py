"""The binary indexes of faiss, as peers: an optional package, one thread."""

from typing import Any

import numpy as np

from pipelines.not_installed import NotInstalled
from pipelines.scanning.hasher import U64
from pipelines.scanning.index.contract import IndexKind, Matches
from pipelines.scanning.index.shapes import check_batch, check_list, check_query

_SUBSTRING = 16
_FLIPS = 1

# What a std::unordered_map of vectors holds on a 64-bit machine, as faiss does not tell: per key a
# node, a bucket, the block of its vector; per id a number. At 10^5 entries the process grew by 2 %
# more than this says.
_KEY_BYTES = 80
_ID_BYTES = 8

_SOURCE = "faiss (github.com/facebookresearch/faiss), one thread"


class FaissIndex:
    """An index of faiss at one radius; `search` is faiss's own object, with the list in it."""

    def __init__(self, search: Any, *, words: int, radius: int, exact: bool, nbytes: int) -> None:
        self._search_in = search
        self._words = words
        self._beyond = min(radius, 64 * words) + 1  # faiss finds what is nearer than its radius
        self._exact = exact
        self._nbytes = nbytes

    @property
    def exact(self) -> bool:
        """Whether every entry within the radius is found."""
        return self._exact

    @property
    def nbytes(self) -> int:
        """Bytes of the hashes and, by their number, of the containers that faiss keeps beside."""
        return self._nbytes

    def query(self, words: U64) -> Matches:
        """Return the entries within the radius of one hash."""
        check_query(words, self._words)
        return self._search(words.reshape(1, -1))

    def query_batch(self, batch: U64) -> Matches:
        """Return the same for each of several hashes."""
        check_batch(batch, self._words)
        return self._search(batch)

    def _search(self, batch: U64) -> Matches:
        limits, distances, entries = self._search_in.range_search(_as_bytes(batch), self._beyond)
        query = np.repeat(np.arange(len(batch)), np.diff(limits.astype(np.int64)))
        if len(entries) > 1:
            order = np.lexsort((entries, query))
            query, entries, distances = query[order], entries[order], distances[order]
        return Matches(query=query, entry=entries, distance=distances.astype(np.int32))


def _as_bytes(hashes: U64) -> Any:
    """Return hashes, shape (count, words), as the bytes that faiss takes, shape (count, bytes)."""
    together = np.ascontiguousarray(hashes)
    return together.view(np.uint8).reshape(len(hashes), 8 * hashes.shape[1])


def _faiss() -> Any:
    try:
        import faiss  # noqa: PLC0415 - an optional package
    except ImportError as error:
        raise NotInstalled("faiss is not installed: pip install 'sealbench[scan]'") from error
    faiss.omp_set_num_threads(1)
    return faiss


def build_faiss_flat(hashes: U64, radius: int) -> FaissIndex:
    """Return IndexBinaryFlat. Raises NotInstalled, ValueError."""
    check_list(hashes, radius)
    faiss = _faiss()
    entries, words = hashes.shape
    search = faiss.IndexBinaryFlat(64 * words)
    if entries:
        search.add(_as_bytes(hashes))
    return FaissIndex(search, words=words, radius=radius, exact=True, nbytes=int(hashes.nbytes))


def build_faiss_multi_hash(hashes: U64, radius: int) -> FaissIndex:
    """Return IndexBinaryMultiHash: a hash map per 16 bits, one of which may be wrong.

    Exact up to the radius at which one substring is sure to be at most one bit off: 31 for 256
    bits, 7 for 64. Beyond, entries can be missed. Raises NotInstalled, ValueError.
    """
    check_list(hashes, radius)
    faiss = _faiss()
    entries, words = hashes.shape
    maps = 64 * words // _SUBSTRING
    search = faiss.IndexBinaryMultiHash(64 * words, maps, _SUBSTRING)
    search.nflip = _FLIPS
    if entries:
        search.add(_as_bytes(hashes))
    stored = search.hashtable_size() * _KEY_BYTES + maps * entries * _ID_BYTES
    return FaissIndex(
        search,
        words=words,
        radius=radius,
        exact=radius // maps <= _FLIPS,
        nbytes=int(hashes.nbytes) + int(stored),
    )


FAISS_FLAT = IndexKind(
    name="faiss-flat",
    summary="faiss's linear scan (IndexBinaryFlat).",
    source=_SOURCE,
    exact=True,
    build=build_faiss_flat,
)
FAISS_MULTI_HASH = IndexKind(
    name="faiss-multi-hash",
    summary="faiss's multi-index hashing, one wrong bit per 16; exact up to 31 of 256 bits.",
    source=_SOURCE,
    exact=False,
    build=build_faiss_multi_hash,
)
