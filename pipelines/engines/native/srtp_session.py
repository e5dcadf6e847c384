"""The words that Python and compiled code share about one SRTP session, and where results go."""

from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from numba import types

from pipelines.compiled import step
from pipelines.engines.native.calls import own_words
from pipelines.engines.native.evp import EVP_FUNCTIONS, Words
from pipelines.formats.batch import check_apart, check_table
from pipelines.media import U8, PacketBatch
from pipelines.memory import GrowOnlyMemory

# Positions in the session's words. The address table of evp.py comes first, so that the words of
# the session are the table as well: an argument less for each call into compiled code.
KEY = EVP_FUNCTIONS
STREAMS = KEY + 1
FIRST_INDEX = KEY + 2
CRYPTEX = KEY + 3
GROWTH = KEY + 4
OUT = KEY + 5
OUT_BYTES = KEY + 6
SIZES = KEY + 7
NOTES = KEY + 8
ROWS = KEY + 9
OWN = KEY + 10
"""Where the words of one direction begin."""

NOTE_WORDS = 4
"""Words that compiled code may note about each row."""

# What a kernel returns where Python has to step in; else how many packets were refused.
NO_ROOM = -1
STREAMS_FULL = -2
ODD_LAYOUT = -3
REFUSED = -4
LIBRARY_FAILED = -5
OVERLAPPING = -6

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

    `functions` are the addresses that the words begin with, `growth` the bytes that a packet grows
    by at most. `results` holds, by the shape of a batch, what was returned for it: views of this
    memory. To make the views anew for each batch would cost as much as protecting several packets.
    """

    __slots__ = ("growth", "memory", "notes", "results", "sizes", "words")

    def __init__(
        self,
        functions: Sequence[int],
        *,
        key: int,
        streams: int,
        first_index: int,
        own: int,
        growth: int = 0,
        cryptex: bool = False,
    ) -> None:
        self.words: Words = own_words(OWN + own)
        self.words[: len(functions)] = functions
        self.words[KEY] = key
        self.words[STREAMS] = streams
        self.words[FIRST_INDEX] = first_index
        self.words[CRYPTEX] = cryptex
        self.words[GROWTH] = growth
        self.growth = growth
        self.memory = GrowOnlyMemory()
        self.results: dict[tuple[int, ...], Result] = {}
        self.sizes = np.empty(0, dtype=np.int32)
        self.notes = np.empty((0, NOTE_WORDS), dtype=np.int64)

    def make_room(self, rows: int, stride: int) -> None:
        """Have memory for the results of `rows` packets of up to `stride` bytes.

        Older views are lost.
        """
        size = max(rows * (stride + self.growth), int(self.words[OUT_BYTES]))
        sizes, notes = self.sizes, self.notes
        if rows > len(sizes):
            sizes = own_words(rows).view(np.int32)
            notes = own_words(2 * rows * NOTE_WORDS).reshape(-1, NOTE_WORDS)
        # The last that may find no memory: what compiled code knows of stays until all is there.
        flat: U8 = self.memory.lend(size)
        self.sizes, self.notes = sizes, notes
        self.results.clear()
        self.words[OUT] = flat.ctypes.data
        self.words[OUT_BYTES] = size
        self.words[SIZES] = self.sizes.ctypes.data
        self.words[NOTES] = self.notes.ctypes.data
        self.words[ROWS] = len(self.sizes)

    def regular(self, batch: PacketBatch) -> PacketBatch:
        """Return `batch` as `regular` does; ValueError too where it is an earlier result."""
        copy = regular(batch)
        check_apart(batch, self.memory)
        return copy

    def view(self, rows: int, stride: int) -> PacketBatch:
        """Return the first `rows` results of packets of up to `stride` bytes."""
        out_stride = stride + self.growth
        data = self.memory.lend(rows * out_stride).reshape(rows, out_stride)
        return PacketBatch(data=data, size=self.sizes[:rows])

    def remember(self, shape: tuple[int, ...], result: Result) -> Result:
        """Return `result`, and have it at hand for the next batch of that shape."""
        if len(self.results) == _MOST_RESULTS:
            self.results.clear()
        self.results[shape] = result
        return result


@step
def unready(session: Words, data: U8, size: npt.NDArray[np.int32], copies: int) -> int:
    """Return why a kernel cannot begin with a batch, or 0; a row has `copies` results."""
    rows, stride = data.shape
    if size.shape[0] != rows or (rows > 0 and stride > 1 and data.strides[1] != 1):
        return ODD_LAYOUT
    if rows > 0:
        last = data.ctypes.data + (rows - 1) * data.strides[0]
        if meets(data.ctypes.data, last, stride, session[OUT], session[OUT_BYTES]):
            return OVERLAPPING
        last = size.ctypes.data + (rows - 1) * size.strides[0]
        if meets(size.ctypes.data, last, 4, session[SIZES], 4 * session[ROWS]):
            return ODD_LAYOUT
    results = rows * copies
    if results > session[ROWS] or results * (stride + session[GROWTH]) > session[OUT_BYTES]:
        return NO_ROOM
    return 0


@step
def meets(first: int, last: int, width: int, other: int, other_size: int) -> bool:
    """Return whether rows of `width` bytes share memory with the `other_size` bytes at `other`."""
    return min(first, last) < other + other_size and other < max(first, last) + width


def regular(batch: PacketBatch) -> PacketBatch:
    """Return `batch` as a copy whose rows are contiguous; ValueError if it is no table of packets.

    Compiled code asks for this only where the bytes of a row do not follow one another, or where
    the sizes are those of an earlier result.
    """
    check_table(batch)
    return PacketBatch(data=np.ascontiguousarray(batch.data), size=batch.size.copy())
