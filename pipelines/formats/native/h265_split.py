"""H.265 access units to RTP payloads (RFC 7798), compiled: the packets of `payloads.h265`."""

# ruff: noqa: PLR0917 - compiled code takes addresses and numbers, not objects

from pipelines.compiled import kernel, step
from pipelines.formats.native.contract import Sizes
from pipelines.formats.native.headers import write_headers
from pipelines.formats.native.memory import (
    copy_bytes,
    half_at,
    put_byte,
    put_half,
    put_size,
    word_at,
)
from pipelines.formats.native.nal import (
    FU_END,
    FU_START,
    LENGTH_BYTES,
    START_CODE,
    START_CODE_BYTES,
    nal_unit,
    put_aggregated,
)
from pipelines.formats.rtp import FIXED_SIZE
from pipelines.media import U8

# RFC 7798 1.1.4: F|type|LayerId|TID in 16 bits; types of NAL units end where RTP's own begin.
_F = 0x8000
_TYPE_SHIFT = 9
_TYPE = 0x3F
_LAYER = 0x01F8
_TID = 0x0007
_LAST_NAL_TYPE = 47
_AGGREGATION_PACKET = 48 << _TYPE_SHIFT
_FRAGMENTATION_UNIT = 49 << _TYPE_SHIFT

_HEADER_BYTES = 2
_FU_OVERHEAD = 3
_SMALLEST_MTU = 4


@step
def _aggregated_header(one: int, other: int) -> int:
    """Return the payload header of a packet with both NAL units (RFC 7798 4.4.2).

    F is set if any is, LayerId and TID are the lowest of all.
    """
    layer, tid = min(one & _LAYER, other & _LAYER), min(one & _TID, other & _TID)
    return (one | other) & _F | _AGGREGATION_PACKET | layer | tid


@step
def _put_fragments(nal: int, nal_bytes: int, room: int, to: int, stride: int, sizes: int) -> int:
    """Write a NAL unit as fragments of `room` bytes and three, at `to` and each `stride` on.

    The bytes of each packet go to `sizes`. Returns how many there are.
    """
    header = half_at(nal)
    # RFC 7798 4.4.3: the NAL unit's type travels in the FU header, the rest in the payload header.
    nal_type = header >> _TYPE_SHIFT & _TYPE
    payload_header = header & (_F | _LAYER | _TID) | _FRAGMENTATION_UNIT
    fu_header = nal_type | FU_START
    nal += _HEADER_BYTES
    left = nal_bytes - _HEADER_BYTES
    count = 0
    while left:
        part = min(left, room)
        left -= part
        if not left:
            fu_header |= FU_END
        put_half(to, payload_header)
        put_byte(to + _HEADER_BYTES, fu_header)
        copy_bytes(to + _FU_OVERHEAD, nal, part)
        put_size(sizes + 4 * count, FIXED_SIZE + _FU_OVERHEAD + part)
        nal += part
        to += stride
        count += 1
        fu_header = nal_type
    return count


@kernel
def split_h265(
    unit: U8,
    rows: U8,
    sizes: Sizes,
    mtu: int,
    is_keyframe: int,  # noqa: ARG001 - one shape for all formats
    picture_id: int,  # noqa: ARG001 - same
    first_word: int,
    sequence_number: int,
    timestamp: int,
    ssrc: int,
) -> int:
    """Write the packets of one access unit in Annex-B form with 4-byte start codes."""
    size = len(unit)
    if size <= START_CODE_BYTES or unit.strides[0] != 1 or rows.shape[1] < FIXED_SIZE + mtu:
        return 0
    source = unit.ctypes.data
    count = 0
    if mtu >= _SMALLEST_MTU and word_at(source) == START_CODE:
        count = _put_packets(source, size, rows, sizes, mtu)
    return write_headers(rows, count, first_word, sequence_number, timestamp, ssrc)


@step
def _put_packets(unit: int, size: int, rows: U8, sizes: Sizes, mtu: int) -> int:
    """Write the payloads and return as `Split` does."""
    stride = rows.strides[0]
    begin = START_CODE_BYTES
    row = 0
    # NAL units that share packet `row`: how many, the bytes they take, and the first one, which
    # travels as it is where no other follows.
    together, used, alone, alone_bytes = 0, _HEADER_BYTES, 0, 0
    while begin:
        end, next_begin = nal_unit(unit, begin, size)
        nal, nal_bytes = unit + begin, end - begin
        if nal_bytes < _HEADER_BYTES or half_at(nal) >> _TYPE_SHIFT & _TYPE > _LAST_NAL_TYPE:
            return 0
        if together and used + LENGTH_BYTES + nal_bytes > mtu:
            sizes[row] = FIXED_SIZE + (alone_bytes if together == 1 else used)
            row += 1
            together, used = 0, _HEADER_BYTES
        is_whole = nal_bytes <= mtu
        room = mtu - _FU_OVERHEAD
        wanted = row + (1 if is_whole else 1 + (nal_bytes - _HEADER_BYTES - 1) // room)
        if wanted > len(sizes):
            return -wanted
        to = rows.ctypes.data + row * stride + FIXED_SIZE
        if is_whole:
            if together == 0:
                alone, alone_bytes = nal, nal_bytes
                copy_bytes(to, nal, nal_bytes)
            else:
                if together == 1:
                    put_aggregated(to + _HEADER_BYTES, alone, alone_bytes)
                    put_half(to, half_at(alone))
                put_aggregated(to + used, nal, nal_bytes)
                put_half(to, _aggregated_header(half_at(to), half_at(nal)))
            together += 1
            used += LENGTH_BYTES + nal_bytes
        else:
            row += _put_fragments(nal, nal_bytes, room, to, stride, sizes.ctypes.data + 4 * row)
        begin = next_begin
    if together:
        sizes[row] = FIXED_SIZE + (alone_bytes if together == 1 else used)
        row += 1
    return row
