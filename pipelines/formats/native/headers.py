"""RTP headers of the packets of one unit (RFC 3550 5.1), written and checked as a run."""

# ruff: noqa: PLR0917 - compiled code takes addresses and numbers, not objects

from pipelines.compiled import step
from pipelines.formats.native.contract import Sizes
from pipelines.formats.native.memory import put_word, word_at
from pipelines.formats.rtp import FIXED_SIZE, PLAIN_FIRST_BYTE
from pipelines.media import U8

_MARKER = 1 << 23
_SEQUENCE_NUMBER = 0xFFFF
_MOST_PACKETS = 1 << 15


@step
def write_headers(
    rows: U8, count: int, first_word: int, sequence_number: int, timestamp: int, ssrc: int
) -> int:
    """Write the headers of `count` packets, the marker on the last; return `count`."""
    address = rows.ctypes.data
    for index in range(count):
        word = first_word | (sequence_number + index) & _SEQUENCE_NUMBER
        # RFC 3550 5.1: for video the marker is on the last packet of a frame.
        put_word(address, word | _MARKER if index == count - 1 else word)
        put_word(address + 4, timestamp)
        put_word(address + 8, ssrc)
        address += rows.strides[0]
    return count


@step
def run_of(packets: U8, sizes: Sizes) -> tuple[int, int, int, int]:
    """Return (packets, payload bytes, first word, timestamp) of a unit that lies in sequence.

    0 packets unless all have a plain header (no padding, extension or contributing sources), one
    SSRC, payload type and timestamp, rising sequence numbers, and the marker on the last alone.
    """
    count = len(sizes)
    if not 0 < count <= _MOST_PACKETS or count > packets.shape[0] or packets.strides[1] != 1:
        return 0, 0, 0, 0
    address = packets.ctypes.data
    stride = packets.shape[1]
    total = 0
    if not FIXED_SIZE <= sizes[0] <= stride:
        return 0, 0, 0, 0
    first = word_at(address) & ~_MARKER
    timestamp = word_at(address + 4)
    ssrc = word_at(address + 8)
    if first >> 24 != PLAIN_FIRST_BYTE:
        return 0, 0, 0, 0
    same = first & ~_SEQUENCE_NUMBER
    for index in range(count):
        size = sizes[index]
        if not FIXED_SIZE <= size <= stride:
            return 0, 0, 0, 0
        expected = same | (first + index) & _SEQUENCE_NUMBER
        if index == count - 1:
            expected |= _MARKER
        if (
            word_at(address) != expected
            or word_at(address + 4) != timestamp
            or word_at(address + 8) != ssrc
        ):
            return 0, 0, 0, 0
        total += size - FIXED_SIZE
        address += packets.strides[0]
    return count, total, first, timestamp
