"""A hash against every entry of a list, eight entries at a time where the CPU has the words."""

import numpy as np
from numba import types

from pipelines.compiled import kernel, ready, step
from pipelines.scanning.hasher import U64
from pipelines.scanning.native.matches import (
    I64,
    OWN,
    SEARCH_ARGUMENTS,
    Search,
    columns,
    i64_at,
    u64_at,
)
from pipelines.scanning.native.words import popcount

BLOCK = 256
"""Entries between two looks at the radius: their distances stay in the first cache."""

# Words of the state.
_PLANES, _WORDS, _ENTRIES, _RADIUS, _DISTANCES = range(OWN, OWN + 5)
_STATE = OWN + 5


def scan_state(planes: U64, radius: int, distances: I64) -> I64:
    """Return the state of a scan.

    `planes` is uint64 of shape (words, entries): all first words of a list, then all second ones;
    `distances`, int64 of shape (BLOCK,), is scratch. Both must outlive the state.
    """
    state = np.zeros(_STATE, dtype=np.int64)
    state[_PLANES], state[_DISTANCES] = planes.ctypes.data, distances.ctypes.data
    state[_WORDS], state[_ENTRIES] = planes.shape
    state[_RADIUS] = radius
    return state


@step
def _measure_block(words: U64, planes: U64, start: int, size: int, distances: I64) -> int:
    """Fill in the distances of `size` entries from `start` on; return the smallest."""
    # One simple loop per word: this is what LLVM turns into VPOPCNTQ and VPADDQ on full registers.
    for word in range(len(words)):
        wanted, plane = words[word], planes[word, start : start + size]
        if word == 0:
            for place in range(size):
                distances[place] = popcount(plane[place] ^ wanted)
        else:
            for place in range(size):
                distances[place] += popcount(plane[place] ^ wanted)
    nearest = 64 * len(words)
    for place in range(size):
        nearest = min(nearest, distances[place])
    return nearest


@kernel
def _scan(queries: U64, state: I64) -> int:
    words, entries, radius = state[_WORDS], state[_ENTRIES], state[_RADIUS]
    planes = u64_at(state[_PLANES], words * entries).reshape((words, entries))
    distances = i64_at(state[_DISTANCES], BLOCK)
    query, entry, distance = columns(state)
    found = 0
    for row in range(len(queries) // words):
        wanted = queries[row * words : (row + 1) * words]
        for start in range(0, entries, BLOCK):
            size = min(BLOCK, entries - start)
            if _measure_block(wanted, planes, start, size, distances) > radius:
                continue
            for place in range(size):
                if distances[place] <= radius:
                    if found < len(entry):
                        query[found], entry[found] = row, start + place
                        distance[found] = distances[place]
                    found += 1
    return found


def ready_scan() -> Search:
    """Return the kernel, which takes a `scan_state`."""
    return ready(_scan, *SEARCH_ARGUMENTS, returns=types.int64)
