"""Multi-index hashing: exact, and touches a fraction of the list.

Cut two hashes into m substrings. If they are at most r = m s + a bits apart (0 <= a < m), then one
of the first a + 1 substrings is at most s bits apart, or one of the others at most s - 1: were they
all further apart, it would add up to more than r. So it is enough to look up, in a table for each
substring, all values that near.

M. Norouzi, A. Punjani, D. J. Fleet, "Fast exact search in Hamming space with multi-index hashing",
IEEE TPAMI 36 (2014), section 3.
"""

import math

import numpy as np
import numpy.typing as npt

from pipelines.scanning.hasher import U64
from pipelines.scanning.index.compiled import CompiledIndex
from pipelines.scanning.index.contract import Index, IndexKind
from pipelines.scanning.index.flat import FlatIndex
from pipelines.scanning.index.shapes import check_list
from pipelines.scanning.native.substrings import (
    AT_ONCE,
    SPARE,
    SUBSTRING,
    VALUES,
    Tables,
    ready_fill,
    ready_look_up,
    tables_state,
)
from pipelines.scanning.native.words import aligned_words

SCAN_PER_PROBE = 150
"""Words that a flat scan passes in the time of one probe."""

SCAN_PER_CANDIDATE = 16
"""Entries that a scan of whole hashes passes in the time of one candidate."""

_MOST_ENTRIES = 2**31 - 1


class MultiIndex(CompiledIndex):
    """A table per 16 bits of the hashes, and the hashes."""

    def __init__(self, hashes: U64, radius: int) -> None:
        entries, words = hashes.shape
        self._hashes = aligned_words(hashes.size).reshape(hashes.shape)
        self._hashes[:] = hashes
        probes = probes_per_table(64 * words, radius)
        self._tables = Tables(
            starts=np.zeros((len(probes), VALUES + 1), dtype=np.uint32),
            ids=np.zeros((len(probes), entries + AT_ONCE), dtype=np.uint32),
            masks=_masks_by_bits(int(probes.max())),
            probes=probes,
            slots=np.zeros(2 * int(probes.sum()), dtype=np.int64),
            candidates=np.zeros(entries // SCAN_PER_CANDIDATE + SPARE, dtype=np.uint32),
        )
        ready_fill()(self._hashes, self._tables.starts, self._tables.ids)
        state = tables_state(self._hashes, self._tables, radius)
        super().__init__(ready_look_up(), state, words=words)

    @property
    def nbytes(self) -> int:
        """Bytes of the hashes, the tables and the memory that look-ups use."""
        return int(self._hashes.nbytes) + self._tables.nbytes


def build_multi_index(hashes: U64, radius: int) -> Index:
    """Return the list in tables, or flat where that is faster. Raises ValueError.

    It is where the list is so short, or the radius so large, that asking the tables would take
    longer than passing all entries.
    """
    check_list(hashes, radius)
    bits = 64 * hashes.shape[1]
    radius = min(radius, bits)
    if len(hashes) > _MOST_ENTRIES:
        raise ValueError(f"{len(hashes)} entries: a table numbers at most {_MOST_ENTRIES}")
    if hashes.size < SCAN_PER_PROBE * probes_needed(bits, radius):
        return FlatIndex(hashes, radius)
    return MultiIndex(hashes, radius)


def thresholds(bits: int, radius: int) -> list[int]:
    """Return how far each table's substrings are looked for; tables that need not be are left out.

    Their sum plus their number is radius + 1, the least that finds everything.
    """
    tables = bits // SUBSTRING
    near, more = divmod(radius, tables)
    return [near] * (more + 1) + [near - 1] * (tables - more - 1 if near else 0)


def probes_needed(bits: int, radius: int) -> int:
    """Return how many values one query looks up in all tables."""
    return sum(_ball(distance) for distance in thresholds(bits, radius))


def probes_per_table(bits: int, radius: int) -> npt.NDArray[np.int64]:
    """Return how many values are looked up in each table."""
    return np.array([_ball(distance) for distance in thresholds(bits, radius)], dtype=np.int64)


def _ball(distance: int) -> int:
    """Return how many values differ from a substring in at most `distance` bits."""
    return sum(math.comb(SUBSTRING, bits) for bits in range(distance + 1))


def _masks_by_bits(count: int) -> npt.NDArray[np.int64]:
    """Return the `count` substrings with the fewest bits, those with equally many by value."""
    by_bits = np.argsort(np.bitwise_count(np.arange(VALUES)), kind="stable")
    return by_bits[:count].astype(np.int64)


MULTI_INDEX = IndexKind(
    name="multi-index",
    summary="Compiled multi-index hashing on substrings of 16 bits; flat where that is faster.",
    source="Norouzi, Punjani, Fleet: Fast exact search in Hamming space with multi-index hashing",
    exact=True,
    build=build_multi_index,
)
