"""The words that Python and compiled code share about one SRTP session, and where results go."""

from typing import Generic, TypeVar

import numpy as np
from numba import types

from pipelines.engines.native.calls import own_words
from pipelines.engines.native.evp import EVP_FUNCTIONS, Words, evp_addresses
from pipelines.engines.native.library import NativeLibrary
from pipelines.formats.rtp import header_size
from pipelines.formats.srtp.sender import PAYLOAD_LIMIT
from pipelines.media import U8, PacketBatch
from pipelines.memory import GrowOnlyMemory
from pipelines.stage import Malformed

# Positions in the session's words. The address table of evp.py comes first, so that the words of
# the session are the table as well: an argument less for each call into compiled code.
KEY = EVP_FUNCTIONS
STREAMS = KEY + 1
FIRST_INDEX = KEY + 2
OUT = KEY + 3
OUT_BYTES = KEY + 4
SIZES = KEY + 5
NOTES = KEY + 6
ROWS = KEY + 7
OWN = KEY + 8
"""Where the words of one direction begin."""

NOTE_WORDS = 4
"""Words that compiled code may note about each row."""

# What a kernel returns where Python has to step in; else how many packets were refused.
NO_ROOM = -1
STREAMS_FULL = -2
ODD_LAYOUT = -3
REFUSED = -4
LIBRARY_FAILED = -5

ARGUMENTS = (
    types.int64[::1],
    types.Array(types.uint8, 2, "A", readonly=True),
    types.Array(types.int32, 1, "A", readonly=True),
)
"""What every kernel takes: the session's words, a batch's data and sizes; arrays of any layout."""

_MOST_RESULTS = 256

Result = TypeVar("Result")
"""What a direction returns where nothing was refused."""


class SessionWords(Generic[Result]):
    """The words of one session, and its growing memory for results and notes.

    `results` holds, by the shape of a batch, what was returned for it: views of this memory. To
    make the views anew for each batch would cost as much as protecting several packets.
    """

    __slots__ = ("_memory", "notes", "results", "sizes", "words")

    def __init__(
        self, library: NativeLibrary, *, key: int, streams: int, first_index: int, own: int = 0
    ) -> None:
        self.words: Words = own_words(OWN + own)
        self.words[:EVP_FUNCTIONS] = evp_addresses(library)
        self.words[KEY] = key
        self.words[STREAMS] = streams
        self.words[FIRST_INDEX] = first_index
        self._memory = GrowOnlyMemory()
        self.results: dict[tuple[int, ...], Result] = {}
        self.sizes = np.empty(0, dtype=np.int32)
        self.notes = np.empty((0, NOTE_WORDS), dtype=np.int64)

    def make_room(self, rows: int, stride: int) -> None:
        """Have memory for `rows` packets of up to `stride` bytes. Older views are lost."""
        size = max(rows * stride, int(self.words[OUT_BYTES]))
        flat: U8 = self._memory.lend(size)
        if rows > len(self.sizes):
            self.sizes = own_words(rows).view(np.int32)
            self.notes = own_words(2 * rows * NOTE_WORDS).reshape(-1, NOTE_WORDS)
        self.results.clear()
        self.words[OUT] = flat.ctypes.data
        self.words[OUT_BYTES] = size
        self.words[SIZES] = self.sizes.ctypes.data
        self.words[NOTES] = self.notes.ctypes.data
        self.words[ROWS] = len(self.sizes)

    def view(self, rows: int, stride: int) -> PacketBatch:
        """Return the first `rows` packets of the results, which lie `stride` bytes apart."""
        data = self._memory.lend(rows * stride).reshape(rows, stride)
        return PacketBatch(data=data, size=self.sizes[:rows])

    def remember(self, shape: tuple[int, ...], result: Result) -> Result:
        """Return `result`, and have it at hand for the next batch of that shape."""
        if len(self.results) == _MOST_RESULTS:
            self.results.clear()
        self.results[shape] = result
        return result


def regular(batch: PacketBatch) -> PacketBatch:
    """Return `batch` as a copy whose rows are contiguous; ValueError if it is no table of packets.

    Compiled code asks for this only where the bytes of a row do not follow one another.
    """
    rows, stride = batch.data.shape
    if batch.size.shape != (rows,):
        raise ValueError(f"batch of {rows} rows of {stride} bytes has {batch.size.shape} sizes")
    return PacketBatch(data=np.ascontiguousarray(batch.data), size=batch.size)


def checked_row(batch: PacketBatch, row: int) -> U8:
    """Return packet `row`; raises Malformed where its size is not one that the row has room for."""
    size, stride = int(batch.size[row]), batch.data.shape[1]
    if not 0 <= size <= stride:
        raise Malformed(f"packet of {size} bytes in a row of {stride}")
    return batch.row(row)


def unfit(batch: PacketBatch, row: int) -> Malformed | None:
    """Return why packet `row` is none that can be protected, or None where it is one."""
    try:
        packet = checked_row(batch, row)
        payload = len(packet) - header_size(packet)
    except Malformed as reason:
        return reason
    if payload > PAYLOAD_LIMIT:
        return Malformed(f"RTP payload of {payload} bytes is beyond {PAYLOAD_LIMIT}")
    return None
