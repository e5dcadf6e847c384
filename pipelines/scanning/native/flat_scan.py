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
from pipelines.scanning.native.words import aligned_words, popcount

BLOCK = 256
"""Entries between two looks at the radius: their distances stay in the first cache."""

# Words of the state.
_BLOCKS, _WORDS, _ENTRIES, _RADIUS, _DISTANCES = range(OWN, OWN + 5)
_STATE = OWN + 5


def in_blocks(hashes: U64) -> U64:
    """Return `hashes`, shape (entries, words), as uint64 of shape (blocks, words, BLOCK).

    In a block stand the first words of its entries, then the second ones, and so on; the last block
    is filled up with zeros.
    """
    entries, words = hashes.shape
    count = -(-entries // BLOCK)
    blocks = aligned_words(count * words * BLOCK).reshape(count, words, BLOCK)
    whole = entries // BLOCK
    blocks[:whole] = hashes[: whole * BLOCK].reshape(whole, BLOCK, words).transpose(0, 2, 1)
    if whole < count:
        blocks[whole, :, : entries % BLOCK] = hashes[whole * BLOCK :].T
    return blocks


def scan_state(blocks: U64, entries: int, radius: int, distances: I64) -> I64:
    """Return the state of a scan of a list `in_blocks`.

    `distances`, int64 of shape (BLOCK,), is scratch. It and `blocks` must outlive the state.
    """
    state = np.zeros(_STATE, dtype=np.int64)
    state[_BLOCKS], state[_DISTANCES] = blocks.ctypes.data, distances.ctypes.data
    state[_WORDS], state[_ENTRIES], state[_RADIUS] = blocks.shape[1], entries, radius
    return state


@step
def _measure(words: U64, block: U64, distances: I64) -> int:
    """Fill in how far the entries of `block` are from `words`; return the smallest distance."""
    # One simple loop per word: this is what LLVM turns into VPOPCNTQ and VPADDQ on full registers.
    for word in range(len(words)):
        wanted, plane = words[word], block[word * BLOCK : (word + 1) * BLOCK]
        if word == 0:
            for place in range(BLOCK):
                distances[place] = popcount(plane[place] ^ wanted)
        else:
            for place in range(BLOCK):
                distances[place] += popcount(plane[place] ^ wanted)
    nearest = distances[0]
    for place in range(BLOCK):
        nearest = min(nearest, distances[place])
    return int(nearest)


@kernel
def _scan(queries: U64, state: I64) -> int:
    words, entries, radius = state[_WORDS], state[_ENTRIES], state[_RADIUS]
    size = words * BLOCK
    count = (entries + BLOCK - 1) // BLOCK
    blocks = u64_at(state[_BLOCKS], count * size)
    distances = i64_at(state[_DISTANCES], BLOCK)
    query, entry, distance = columns(state)
    found = 0
    for row in range(len(queries) // words):
        wanted = queries[row * words : (row + 1) * words]
        for block in range(count):
            if _measure(wanted, blocks[block * size : (block + 1) * size], distances) > radius:
                continue
            first = block * BLOCK
            for place in range(min(BLOCK, entries - first)):
                if distances[place] <= radius:
                    if found < len(entry):
                        query[found], entry[found] = row, first + place
                        distance[found] = distances[place]
                    found += 1
    return found


def ready_scan() -> Search:
    """Return the kernel, which takes a `scan_state`."""
    return ready(_scan, *SEARCH_ARGUMENTS, returns=types.int64)
