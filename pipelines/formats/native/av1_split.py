"""AV1 temporal units to RTP payloads, compiled: the packets of `payloads.av1`."""

# ruff: noqa: PLR0917 - compiled code takes addresses and numbers, not objects

from pipelines.compiled import kernel, step
from pipelines.formats.native.contract import Sizes
from pipelines.formats.native.headers import write_headers
from pipelines.formats.native.memory import (
    byte_at,
    copy_bytes,
    half_at,
    put_byte,
    put_half,
)
from pipelines.formats.native.obu import (
    CONTINUED,
    CONTINUES,
    COUNT_SHIFT,
    DELIMITER,
    MOST_COUNTED,
    NEW_SEQUENCE,
    is_carried,
    leb128_at,
    put_leb128,
    size_of_leb128,
)
from pipelines.formats.payloads.obu import HAS_EXTENSION, HAS_SIZE, SEQUENCE_HEADER_TYPE
from pipelines.formats.rtp import FIXED_SIZE
from pipelines.media import U8

_NO_LAYER = -1
_SMALLEST_MTU = 4
"""Below this an OBU header may be cut in two, which is left to `payloads.av1`."""


@step
def _read_obu(data: int, at: int, size: int) -> tuple[int, int, int]:
    """Return (bytes of the header, where the payload begins, where it ends) of the OBU at `at`.

    The header has 0 bytes where the OBU would not come back as it is.
    """
    first = byte_at(data + at)
    header_bytes = 2 if first & HAS_EXTENSION else 1
    if not is_carried(first) or not first & HAS_SIZE or at + header_bytes > size:
        return 0, 0, 0
    payload_bytes, begin = leb128_at(data, at + header_bytes, size)
    # Only a size field of the least length comes back.
    if begin < 0 or begin - at - header_bytes != size_of_leb128(payload_bytes):
        return 0, 0, 0
    return (
        (0, 0, 0) if payload_bytes > size - begin else (header_bytes, begin, begin + payload_bytes)
    )


@step
def _put_element(to: int, header: int, header_bytes: int, source: int, size: int) -> None:
    """Write `size` bytes: what is left of an OBU's header, and data from `source` on."""
    if header_bytes == 2:
        put_half(to, header)
    elif header_bytes == 1:
        put_byte(to, header)
    copy_bytes(to + header_bytes, source, size - header_bytes)


@step
def _put_packets(data: int, size: int, is_keyframe: int, rows: U8, sizes: Sizes, mtu: int) -> int:
    """Write the payloads and return as `Split` does. At most three elements share one, as W counts.

    The loop takes a step for each element, which an OBU's end or a packet's end cuts off.
    """
    # Section 4.4: N marks the first packet of a coded video sequence.
    flags = NEW_SEQUENCE if is_keyframe else 0
    row, elements, used, layer = 0, 0, 1, _NO_LAYER
    to = rows.ctypes.data + FIXED_SIZE
    # What is left of the OBU at hand, its header included, and where the next one begins.
    left, header, header_bytes, source, obu_layer, at = 0, 0, 0, 0, _NO_LAYER, 2
    # The last element of the packet at hand is written when it is known whether another follows:
    # only then it has a length.
    last_at, last_header, last_header_bytes, last_source, last_size = 0, 0, 0, 0, 0
    while True:
        is_cut = False
        is_full = left == 0 and at == size
        if left == 0 and at < size:
            header_bytes, begin, end = _read_obu(data, at, size)
            if header_bytes == 0:
                return 0
            header = byte_at(data + at) & ~HAS_SIZE
            obu_layer = _NO_LAYER
            if header_bytes == 2:
                obu_layer = byte_at(data + at + 1)
                header = header << 8 | obu_layer
            # Section 5: OBUs of one layer only share a packet; a sequence header comes first in it.
            is_apart = layer != _NO_LAYER and obu_layer not in (_NO_LAYER, layer)
            is_first = byte_at(data + at) >> 3 & 0x0F == SEQUENCE_HEADER_TYPE
            is_full = elements > 0 and (is_first or is_apart)
            left, source, at = header_bytes + end - begin, data + begin, end
        # An element that is the packet's last needs no length.
        room = 0 if is_full or elements == MOST_COUNTED else mtu - used
        part = left if room >= left else room if room > header_bytes else 0
        if part:
            if row >= len(sizes):
                return -(row + 1)
            if elements:
                put_leb128(to + last_at, last_size)
                start = to + last_at + size_of_leb128(last_size)
                _put_element(start, last_header, last_header_bytes, last_source, last_size)
            last_at, last_header, last_header_bytes = used, header, header_bytes
            last_source, last_size = source, part
            elements += 1
            used += size_of_leb128(part) + part
            source += part - header_bytes
            left -= part
            header_bytes = 0
            is_cut = left > 0
            layer = layer if is_cut or obu_layer == _NO_LAYER else obu_layer
        if left or is_full:
            continued = CONTINUED if is_cut else 0
            put_byte(to, flags | elements << COUNT_SHIFT | continued)
            _put_element(to + last_at, last_header, last_header_bytes, last_source, last_size)
            sizes[row] = FIXED_SIZE + last_at + last_size
            flags = CONTINUES if is_cut else 0
            row, elements, used, layer = row + 1, 0, 1, _NO_LAYER
            to += rows.strides[0]
            if left == 0:
                return row


@kernel
def split_av1(
    unit: U8,
    rows: U8,
    sizes: Sizes,
    mtu: int,
    is_keyframe: int,
    picture_id: int,  # noqa: ARG001 - one shape for all formats
    first_word: int,
    sequence_number: int,
    timestamp: int,
    ssrc: int,
) -> int:
    """Write the packets of one temporal unit."""
    size = len(unit)
    if size <= 2 or unit.strides[0] != 1 or rows.shape[1] < FIXED_SIZE + mtu or mtu < _SMALLEST_MTU:
        return 0
    data = unit.ctypes.data
    count = 0
    if half_at(data) == DELIMITER:
        count = _put_packets(data, size, is_keyframe, rows, sizes, mtu)
    return write_headers(rows, count, first_word, sequence_number, timestamp, ssrc)
