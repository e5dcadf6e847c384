"""The words that Python and compiled code share about SFrame units, and where results go."""

from collections.abc import Callable
from typing import cast

import numpy as np
from numba import types

from pipelines.ciphers.aead import Bytes
from pipelines.compiled import step
from pipelines.engines.native.evp import EVP_FUNCTIONS, Words, evp_addresses
from pipelines.engines.native.library import NativeLibrary
from pipelines.engines.native.sframe_keys import AssociatedData
from pipelines.engines.native.srtp_session import meets
from pipelines.formats.batch import plain_metadata
from pipelines.formats.sframe.header import LARGEST_HEADER_BYTES
from pipelines.media import U8, PacketBatch

as_int64 = cast("Callable[[object], int]", np.int64)
"""In compiled code: a number of any integer type with the bits of int64, which calls expect."""

# Positions in the session's words; the address table of evp.py comes first.
KEYS = EVP_FUNCTIONS
METADATA = KEYS + 1
METADATA_BYTES = KEYS + 2
OUT = KEYS + 3
OUT_BYTES = KEYS + 4
SIZES = KEYS + 5
NOTES = KEYS + 6
ROWS = KEYS + 7
OWN = KEYS + 8
"""Where the words of one direction begin."""

NOTE_WORDS = 4
"""Words that compiled code may note about each row."""

# What a kernel returns where Python has to step in; below all reasons to refuse a unit.
NO_ROOM = -101
ODD_LAYOUT = -102
NO_SUCH_SIZE = -103
LIBRARY_FAILED = -104
OVERLAPPING = -105

LARGEST_UNIT = (1 << 31) - 1 - 64
"""Bytes of a unit: the library's lengths have 32 bits, and header and tag come on top."""

BATCH = (
    types.Array(types.uint8, 2, "A", readonly=True),
    types.Array(types.int32, 1, "A", readonly=True),
)
"""A batch's data and sizes, arrays of any layout."""
UNIT = types.Array(types.uint8, 1, "A", readonly=True)
"""A unit, of any layout."""

_CACHE_LINE = 64
_MOST_VIEWS = 256


def row_stride(stride: int, tag_size: int) -> int:
    """Return the bytes between two sealed units whose plaintexts are `stride` bytes apart."""
    size = stride + LARGEST_HEADER_BYTES + tag_size
    return (size + _CACHE_LINE - 1) // _CACHE_LINE * _CACHE_LINE


@step
def overlaps(session: Words, unit: U8) -> bool:
    """Return whether a unit lies where results go."""
    if len(unit) == 0:
        return False
    last = unit.ctypes.data + (len(unit) - 1) * unit.strides[0]
    return meets(unit.ctypes.data, last, 1, session[OUT], session[OUT_BYTES])


@step
def overlaps_batch(session: Words, data: U8) -> bool:
    """Return whether rows of contiguous bytes lie where results go."""
    if len(data) == 0:
        return False
    last = data.ctypes.data + (len(data) - 1) * data.strides[0]
    return meets(data.ctypes.data, last, data.shape[1], session[OUT], session[OUT_BYTES])


class SframeSession:
    """The words of one sender or receiver, and its growing memory for results and notes."""

    __slots__ = ("_aad", "_views", "metadata_bytes", "notes", "out", "sizes", "words")

    def __init__(self, library: NativeLibrary, *, keys: int, own: int = 0) -> None:
        self.words: Words = np.zeros(OWN + own, dtype=np.int64)
        self.words[:EVP_FUNCTIONS] = evp_addresses(library)
        self.words[KEYS] = keys
        self._aad = AssociatedData()
        self.metadata_bytes = 0
        self.words[METADATA] = self._aad.address
        self.out: U8 = np.empty(0, dtype=np.uint8)
        self._views: dict[tuple[int, int], PacketBatch] = {}
        self.sizes = np.empty(0, dtype=np.int32)
        self.notes = np.empty((0, NOTE_WORDS), dtype=np.int64)

    def take(self, metadata: Bytes) -> None:
        """Authenticate `metadata` with the units of the call at hand."""
        if len(metadata) or self.metadata_bytes:
            data = plain_metadata(metadata)
            self._aad.put(data)
            self.metadata_bytes = len(data)
            self.words[METADATA] = self._aad.address
            self.words[METADATA_BYTES] = self.metadata_bytes

    def make_room(self, rows: int, stride: int) -> None:
        """Have memory for `rows` results of up to `stride` bytes. Older views are lost."""
        if rows > len(self.sizes):
            self.sizes = np.empty(2 * rows, dtype=np.int32)
            self.notes = np.empty((2 * rows, NOTE_WORDS), dtype=np.int64)
        if rows * stride > self.words[OUT_BYTES]:
            self.out = np.empty(2 * rows * stride, dtype=np.uint8)
            self.words[OUT] = self.out.ctypes.data
            self.words[OUT_BYTES] = len(self.out)
        self._views = {}
        self.words[SIZES] = self.sizes.ctypes.data
        self.words[NOTES] = self.notes.ctypes.data
        self.words[ROWS] = len(self.sizes)

    def view(self, rows: int, stride: int) -> PacketBatch:
        """Return the first `rows` results; the same object for the same shape.

        Making the views anew would cost as much as sealing several short units.
        """
        found = self._views.get((rows, stride))
        if found is None:
            if len(self._views) == _MOST_VIEWS:
                self._views.clear()
            found = self._views[rows, stride] = PacketBatch(
                data=self.out[: rows * stride].reshape(rows, stride),
                size=self.sizes[:rows],
            )
        return found
