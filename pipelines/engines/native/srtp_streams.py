"""What SRTP remembers of each SSRC, in memory that compiled code finds its way in.

An entry is a row of words: SSRC, highest index, and what the direction adds. Entries stand in order
of first use; a hash table of their numbers finds them, for a relay has thousands.
"""

import numpy as np

from pipelines.compiled import step
from pipelines.engines.native.calls import load_i64, own_words, store_i64
from pipelines.engines.native.evp import Words

SSRC, HIGHEST, MORE = 0, 8, 16
"""Offsets in an entry, in bytes; `MORE` is where the direction's own words begin."""

_COUNT, _CAPACITY, _ENTRY_SIZE, _ENTRIES, _SLOTS, _SLOT_MASK = 0, 8, 16, 24, 32, 40
_FIRST_CAPACITY = 8

FULL = 0
"""What `insert` returns where there is no room: no entry has this address."""


def _scatter(ssrc: int) -> int:
    return (ssrc * 0x9E3779B1 & 0xFFFFFFFF) >> 8


_scattered = step(_scatter)


class StreamTable:
    """The entries of one session. `address` is what compiled code works on; it never moves."""

    __slots__ = ("_control", "_entries", "_slots", "address")

    def __init__(self, more_words: int) -> None:
        self._control: Words = own_words(6)
        self.address = int(self._control.ctypes.data)
        self._entries: Words = np.zeros((0, MORE // 8 + more_words), dtype=np.int64)
        self._slots: Words = np.zeros(0, dtype=np.int64)
        self.grow()

    def grow(self) -> None:
        """Make room for twice as many entries, and keep those there are."""
        count, words = self._entries.shape
        capacity = max(2 * count, _FIRST_CAPACITY)
        entries = own_words(capacity * words).reshape(capacity, words)
        entries[:count] = self._entries
        # At most half of the slots are taken, so a search is short and always ends.
        slots = own_words(2 * capacity)
        for number, ssrc in enumerate(entries[: self._control[_COUNT // 8], 0].tolist()):
            slot = _scatter(ssrc) % len(slots)
            while slots[slot]:
                slot = (slot + 1) % len(slots)
            slots[slot] = number + 1
        self._entries, self._slots = entries, slots
        self._control[1:] = (
            *(len(entries), entries.strides[0], entries.ctypes.data),
            *(slots.ctypes.data, len(slots) - 1),
        )

    def entries(self) -> Words:
        """Return a copy of the entries in use, as int64 of shape (count, words)."""
        return self._entries[: self._control[_COUNT // 8]].copy()


@step
def _slot_of(table: int, ssrc: int) -> int:
    """Return the address of the slot that leads to `ssrc`, or of the empty one where it may go."""
    slots, mask = load_i64(table + _SLOTS), load_i64(table + _SLOT_MASK)
    entries, entry_size = load_i64(table + _ENTRIES), load_i64(table + _ENTRY_SIZE)
    slot = _scattered(ssrc) & mask
    while True:
        number = load_i64(slots + 8 * slot)
        if number == 0 or load_i64(entries + (number - 1) * entry_size + SSRC) == ssrc:
            return slots + 8 * slot
        slot = (slot + 1) & mask


@step
def find(table: int, ssrc: int) -> int:
    """Return the address of the entry of `ssrc`, or 0 where it has none."""
    number = load_i64(_slot_of(table, ssrc))
    if number == 0:
        return 0
    return load_i64(table + _ENTRIES) + (number - 1) * load_i64(table + _ENTRY_SIZE)


@step
def insert(table: int, ssrc: int) -> int:
    """Return the address of a new entry of `ssrc`, which has none yet, or FULL."""
    count = load_i64(table + _COUNT)
    if count == load_i64(table + _CAPACITY):
        return FULL
    store_i64(_slot_of(table, ssrc), count + 1)
    entry = load_i64(table + _ENTRIES) + count * load_i64(table + _ENTRY_SIZE)
    store_i64(entry + SSRC, ssrc)
    store_i64(table + _COUNT, count + 1)
    return entry


@step
def is_full(table: int) -> bool:
    """Return whether `insert` would find no room."""
    return load_i64(table + _COUNT) == load_i64(table + _CAPACITY)


@step
def count_of(table: int) -> int:
    """Return how many entries are in use."""
    return load_i64(table + _COUNT)


@step
def forget_after(table: int, count: int) -> None:
    """Take back the entries inserted since there were `count`, the last first: no gap is left."""
    while load_i64(table + _COUNT) > count:
        last = load_i64(table + _COUNT) - 1
        entry = load_i64(table + _ENTRIES) + last * load_i64(table + _ENTRY_SIZE)
        store_i64(_slot_of(table, load_i64(entry + SSRC)), 0)
        store_i64(table + _COUNT, last)
