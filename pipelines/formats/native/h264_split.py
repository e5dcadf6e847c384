"""H.264 access units to RTP payloads (RFC 6184), compiled: the packets of `payloads.h264`."""

# ruff: noqa: PLR0917 - compiled code takes addresses and numbers, not objects

from pipelines.compiled import kernel, step
from pipelines.formats.native.contract import Sizes
from pipelines.formats.native.headers import write_headers
from pipelines.formats.native.memory import (
    byte_at,
    copy_bytes,
    put_byte,
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

# RFC 6184 5.2 and table 1: F|NRI|type; types a NAL unit may have, and those of RTP's own.
_TYPE = 0x1F
_NRI = 0x60
_F = 0x80
_LAST_NAL_TYPE = 23
_STAP_A = 24
_FU_A = 28

_SMALLEST_MTU = 3


@step
def _put_fragments(nal: int, nal_bytes: int, room: int, to: int, stride: int, sizes: int) -> int:
    """Write a NAL unit as FU-A payloads of `room` bytes and two, at `to` and each `stride` on.

    The bytes of each packet go to `sizes`. Returns how many there are.
    """
    header = byte_at(nal)
    # RFC 6184 5.8: the NAL unit's header byte travels in FU indicator and FU header instead.
    indicator = header & (_F | _NRI) | _FU_A
    fu_header = header & _TYPE | FU_START
    nal += 1
    left = nal_bytes - 1
    count = 0
    while left:
        part = min(left, room)
        left -= part
        if not left:
            fu_header |= FU_END
        put_byte(to, indicator)
        put_byte(to + 1, fu_header)
        copy_bytes(to + 2, nal, part)
        put_size(sizes + 4 * count, FIXED_SIZE + 2 + part)
        nal += part
        to += stride
        count += 1
        fu_header &= _TYPE
    return count


@kernel
def split_h264(
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
    together, used, alone, alone_bytes = 0, 1, 0, 0
    while begin:
        end, next_begin = nal_unit(unit, begin, size)
        nal, nal_bytes = unit + begin, end - begin
        if end == 0 or not 1 <= byte_at(nal) & _TYPE <= _LAST_NAL_TYPE:
            return 0
        if together and used + LENGTH_BYTES + nal_bytes > mtu:
            sizes[row] = FIXED_SIZE + (alone_bytes if together == 1 else used)
            row += 1
            together, used = 0, 1
        is_whole = nal_bytes <= mtu
        wanted = row + (1 if is_whole else 1 + (nal_bytes - 2) // (mtu - 2))
        if wanted > len(sizes):
            return -wanted
        to = rows.ctypes.data + row * stride + FIXED_SIZE
        if is_whole:
            if together == 0:
                alone, alone_bytes = nal, nal_bytes
                copy_bytes(to, nal, nal_bytes)
            else:
                if together == 1:
                    put_byte(to, byte_at(alone) & (_F | _NRI) | _STAP_A)
                    put_aggregated(to + 1, alone, alone_bytes)
                put_aggregated(to + used, nal, nal_bytes)
                # RFC 6184 5.7: F is set if any is, NRI is the largest of all.
                here, new = byte_at(to), byte_at(nal)
                put_byte(to, max(here & _NRI, new & _NRI) | (here | new) & _F | _STAP_A)
            together += 1
            used += LENGTH_BYTES + nal_bytes
        else:
            row += _put_fragments(nal, nal_bytes, mtu - 2, to, stride, sizes.ctypes.data + 4 * row)
        begin = next_begin
    if together:
        sizes[row] = FIXED_SIZE + (alone_bytes if together == 1 else used)
        row += 1
    return row
