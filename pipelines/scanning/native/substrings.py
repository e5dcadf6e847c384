"""Multi-index hashing: a table of each 16 bits of the hashes, and the look-up in those tables.

M. Norouzi, A. Punjani, D. J. Fleet, "Fast exact search in Hamming space with multi-index hashing",
2014. A table lists the entries by the value of their substring, so that those with one value stand
side by side: `ids` from `starts[value]` up to `starts[value + 1]`.
"""

# ruff: noqa: PLR0917 - compiled code takes arrays and sizes, not objects

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import types

from pipelines.compiled import kernel, ready, step
from pipelines.scanning.hasher import U64
from pipelines.scanning.native.matches import (
    I32,
    I64,
    OWN,
    SEARCH_ARGUMENTS,
    Search,
    columns,
    i64_at,
    u32_at,
    u64_at,
)
from pipelines.scanning.native.words import popcount, prefetch, signed

U32 = npt.NDArray[np.uint32]

SUBSTRING = 16
"""Bits of a substring."""
VALUES = 1 << SUBSTRING
"""How many values a substring has."""

AT_ONCE = 4
"""Ids that are copied without asking how many there are; arrays of ids have as many to spare."""

_PER_WORD = 64 // SUBSTRING
_AHEAD = 24  # entries whose hash is on its way from memory while one is compared

SPARE = _AHEAD + AT_ONCE
"""How much longer the scratch must be than the candidates that it is for."""

# Words of the state.
_HASHES, _WORDS, _ENTRIES, _RADIUS, _STARTS, _TABLES, _IDS = range(OWN, OWN + 7)
_MASKS, _MASK_COUNT, _PROBES, _SLOTS, _SLOT_COUNT = range(OWN + 7, OWN + 12)
_CANDIDATES, _CANDIDATE_ROOM = OWN + 12, OWN + 13
_STATE = OWN + 14

Arrays = tuple[U64, U32, U32, I64, I64, I64, U32]
"""The hashes and what `Tables` holds, in its order, each as one row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables of a list, and what a look-up in them needs.

    `starts` is uint32 of shape (tables, VALUES + 1); `ids` uint32 of shape (tables, entries +
    AT_ONCE). Table t is asked for the substring with each of the first `probes[t]` of `masks`
    flipped, which come by rising count of bits. `slots`, int64, two per probe, and `candidates`,
    uint32, SPARE longer than there is room for, are scratch. Where a query has more candidates
    than that, all hashes are compared.
    """

    starts: U32
    ids: U32
    masks: I64
    probes: I64
    slots: I64
    candidates: U32

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        held = (self.starts, self.ids, self.masks, self.probes, self.slots, self.candidates)
        return sum(int(array.nbytes) for array in held)


def tables_state(hashes: U64, tables: Tables, radius: int) -> I64:
    """Return the state of look-ups in `tables` of `hashes`; both must outlive it."""
    state = np.zeros(_STATE, dtype=np.int64)
    state[_HASHES], state[_RADIUS] = hashes.ctypes.data, radius
    state[_ENTRIES], state[_WORDS] = hashes.shape
    state[_STARTS], state[_TABLES] = tables.starts.ctypes.data, len(tables.starts)
    state[_IDS] = tables.ids.ctypes.data
    state[_MASKS], state[_MASK_COUNT] = tables.masks.ctypes.data, len(tables.masks)
    state[_PROBES] = tables.probes.ctypes.data
    state[_SLOTS], state[_SLOT_COUNT] = tables.slots.ctypes.data, len(tables.slots)
    state[_CANDIDATES] = tables.candidates.ctypes.data
    state[_CANDIDATE_ROOM] = len(tables.candidates) - SPARE
    return state


@step
def _substring(words: U64, table: int) -> int:
    shifted = words[table // _PER_WORD] >> np.uint64(SUBSTRING * (table % _PER_WORD))
    return signed(shifted & np.uint64(VALUES - 1))


@step
def _distance(words: U64, hashes: U64, at: int) -> int:
    """Return how far the hash that begins at `hashes[at]` is from `words`."""
    if len(words) == 4:
        # The usual width, without the loop that takes longer than the counting.
        near = popcount(words[0] ^ hashes[at]) + popcount(words[1] ^ hashes[at + 1])
        return near + popcount(words[2] ^ hashes[at + 2]) + popcount(words[3] ^ hashes[at + 3])
    total = 0
    for word in range(len(words)):
        total += popcount(words[word] ^ hashes[at + word])
    return total


@kernel
def _fill_tables(hashes: U64, starts: U32, ids: U32) -> None:
    entries = len(hashes)
    for table in range(len(starts)):
        start = starts[table]
        # A counting sort: how many have each value, where those begin, then everyone to its place.
        for entry in range(entries):
            start[_substring(hashes[entry], table) + 1] += np.uint32(1)
        for value in range(VALUES):
            start[value + 1] += start[value]
        for entry in range(entries):
            value = _substring(hashes[entry], table)
            ids[table, signed(start[value])] = np.uint32(entry)
            start[value] += np.uint32(1)
        # Every place now says where its value ends, which is where the next one begins.
        for value in range(VALUES, 0, -1):
            start[value] = start[value - 1]
        start[0] = np.uint32(0)


@step
def _note_probes(words: U64, arrays: Arrays, table_ids: int) -> int:
    """Write where each probe's ids begin, and how many they are; return how many in all."""
    starts, ids, masks, probes, slots = arrays[1:6]
    slot, total = 0, 0
    for table in range(len(probes)):
        start = starts[table * (VALUES + 1) : (table + 1) * (VALUES + 1)]
        value = _substring(words, table)
        for probe in range(probes[table]):
            near = value ^ masks[probe]
            begin = signed(start[near])
            count = signed(start[near + 1]) - begin
            # Nothing here waits for an answer from memory, so many questions are open at once.
            prefetch(ids, table * table_ids + begin)
            slots[slot], slots[slot + 1] = table * table_ids + begin, count
            slot += 2
            total += count
    return total


@step
def _gather(ids: U32, slots: I64, first: int, probes: int, candidates: U32, filled: int) -> int:
    """Copy the ids of one table's probes behind the `filled` candidates; return how many are."""
    for slot in range(2 * first, 2 * (first + probes), 2):
        begin, count = slots[slot], slots[slot + 1]
        # Copying too many is faster than a loop whose length the CPU guesses wrong each time.
        for place in range(AT_ONCE):
            candidates[filled + place] = ids[begin + place]
        for place in range(AT_ONCE, count):
            candidates[filled + place] = ids[begin + place]
        filled += count
    return filled


@step
def _reaches(words: U64, hashed: U64, table: int, masks: I64, probes: I64) -> bool:
    """Return whether a probe of `table` leads to the entry `hashed`."""
    apart = _substring(words, table) ^ _substring(hashed, table)
    # Masks come by rising count of bits, so those of a table hold all up to its last one's count.
    last = masks[probes[table] - 1]
    return popcount(np.uint64(apart)) <= popcount(np.uint64(last))


@step
def _is_first(words: U64, hashed: U64, table: int, masks: I64, probes: I64) -> bool:
    """Return whether no table before `table` leads to the entry: each match counts once."""
    for earlier in range(table):  # noqa: SIM110 - compiled code has no generators
        if _reaches(words, hashed, earlier, masks, probes):
            return False
    return True


@step
def _scan(words: U64, hashes: U64, radius: int, entry: I64, distance: I32, found: int) -> int:
    """Add the matches among all entries to the `found` ones; return how many there are then."""
    for candidate in range(len(hashes) // len(words)):
        apart = _distance(words, hashes, candidate * len(words))
        if apart <= radius:
            if found < len(entry):
                entry[found], distance[found] = candidate, apart
            found += 1
    return found


@step
def _search(words: U64, arrays: Arrays, radius: int, entry: I64, distance: I32, found: int) -> int:
    """Add the matches behind the probes in `slots`, as `_scan` does, but in no order."""
    hashes, _, ids, masks, probes, slots, candidates = arrays
    width = len(words)
    first, filled = 0, 0
    for table in range(len(probes)):
        reached = filled
        filled = _gather(ids, slots, first, probes[table], candidates, filled)
        first += probes[table]
        for place in range(reached, min(reached + _AHEAD, filled)):
            prefetch(hashes, width * signed(candidates[place]))
        for place in range(reached, filled):
            # Beyond `filled` stand candidates of old, whose hashes it does no harm to ask for.
            prefetch(hashes, width * signed(candidates[place + _AHEAD]))
            at = width * signed(candidates[place])
            apart = _distance(words, hashes, at)
            if apart <= radius and _is_first(words, hashes[at : at + width], table, masks, probes):
                if found < len(entry):
                    entry[found], distance[found] = signed(candidates[place]), apart
                found += 1
    return found


@step
def _sort(entry: I64, distance: I32) -> None:
    """Sort matches by entry."""
    keys = (entry << 32) | distance
    keys.sort()
    for place in range(len(keys)):
        entry[place], distance[place] = keys[place] >> 32, np.int32(keys[place] & 0xFFFFFFFF)


@kernel
def _look_up(queries: U64, state: I64) -> int:
    width, entries, tables = state[_WORDS], state[_ENTRIES], state[_TABLES]
    radius, room, table_ids = state[_RADIUS], state[_CANDIDATE_ROOM], entries + AT_ONCE
    arrays = (
        u64_at(state[_HASHES], entries * width),
        u32_at(state[_STARTS], tables * (VALUES + 1)),
        u32_at(state[_IDS], tables * table_ids),
        i64_at(state[_MASKS], state[_MASK_COUNT]),
        i64_at(state[_PROBES], tables),
        i64_at(state[_SLOTS], state[_SLOT_COUNT]),
        u32_at(state[_CANDIDATES], room + SPARE),
    )
    query, entry, distance = columns(state)
    found = 0
    for row in range(len(queries) // width):
        words = queries[row * width : (row + 1) * width]
        begin = found
        if _note_probes(words, arrays, table_ids) > room:
            # A list full of hashes that are alike: its tables do not tell them apart.
            found = _scan(words, arrays[0], radius, entry, distance, found)
        else:
            found = _search(words, arrays, radius, entry, distance, found)
            if begin + 1 < found <= len(entry):
                _sort(entry[begin:found], distance[begin:found])
        query[begin:found] = row
    return found


def ready_fill() -> Callable[[U64, U32, U32], None]:
    """Return the kernel `(hashes, starts, ids)` that fills the tables.

    `hashes` is uint64 of shape (entries, words), entries < 2**31; `starts` uint32 zeros of shape
    (tables, VALUES + 1); `ids` uint32 of shape (tables, entries + AT_ONCE).
    """
    return ready(_fill_tables, types.uint64[:, ::1], types.uint32[:, ::1], types.uint32[:, ::1])


def ready_look_up() -> Search:
    """Return the kernel, which takes a `tables_state`."""
    return ready(_look_up, *SEARCH_ARGUMENTS, returns=types.int64)
