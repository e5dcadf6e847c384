"""H.264 RTP payloads to access units (RFC 6184), compiled: the units of `payloads.h264`."""

from pipelines.compiled import kernel, step
from pipelines.formats.native.contract import BEGINS_UNIT, KEYFRAME, NOT_TAKEN, Sizes
from pipelines.formats.native.headers import run_of
from pipelines.formats.native.memory import (
    byte_at,
    copy_bytes,
    half_at,
    put_byte,
    put_word,
)
from pipelines.formats.native.nal import (
    FU_END,
    FU_START,
    LENGTH_BYTES,
    START_CODE,
    START_CODE_BYTES,
)
from pipelines.formats.rtp import FIXED_SIZE
from pipelines.media import U8

# RFC 6184 5.2 and table 1: F|NRI|type; types a NAL unit may have, and those of RTP's own.
_TYPE = 0x1F
_NRI = 0x60
_F = 0x80
_LAST_NAL_TYPE = 23
_IDR_SLICE = 5
_ACCESS_UNIT_DELIMITER = 9
_STAP_A = 24
_FU_A = 28


_Written = tuple[int, int, int]
"""Where the next byte of the unit goes, the header of the NAL unit that is open (-1 for none), and
the types of the NAL units so far, one bit each. The place 0 stands for packets not taken."""

_REFUSED = (0, -1, 0)


@step
def _put_fragment(payload: int, size: int, to: int, open_header: int, types: int) -> _Written:
    """Write what an FU-A payload carries."""
    if size < 2:
        return _REFUSED
    fu_header = byte_at(payload + 1)
    nal_type = fu_header & _TYPE
    header = byte_at(payload) & (_F | _NRI) | nal_type
    if fu_header & FU_START:
        if open_header >= 0 or fu_header & FU_END or not 1 <= nal_type <= _LAST_NAL_TYPE:
            return _REFUSED
        put_word(to, START_CODE)
        put_byte(to + START_CODE_BYTES, header)
        to += START_CODE_BYTES + 1
        types |= 1 << nal_type
    elif header != open_header:
        return _REFUSED
    copy_bytes(to, payload + 2, size - 2)
    return to + size - 2, -1 if fu_header & FU_END else header, types


@step
def _put_nal_unit(nal: int, size: int, to: int, types: int) -> _Written:
    """Write a whole NAL unit."""
    nal_type = byte_at(nal) & _TYPE
    if not 1 <= nal_type <= _LAST_NAL_TYPE:
        return _REFUSED
    put_word(to, START_CODE)
    copy_bytes(to + START_CODE_BYTES, nal, size)
    return to + START_CODE_BYTES + size, -1, types | 1 << nal_type


@step
def _put_payload(payload: int, size: int, to: int, open_header: int, types: int) -> _Written:
    """Write what one payload carries."""
    packet_type = byte_at(payload) & _TYPE if size > 0 else 0
    if packet_type == _FU_A:
        return _put_fragment(payload, size, to, open_header, types)
    if open_header >= 0 or packet_type == 0 or (packet_type == _STAP_A and size == 1):
        return _REFUSED
    if packet_type != _STAP_A:
        return _put_nal_unit(payload, size, to, types)
    nal, end = payload + 1, payload + size
    while nal < end:
        nal_bytes = half_at(nal) if end - nal > LENGTH_BYTES else 0
        nal += LENGTH_BYTES
        if not 1 <= nal_bytes <= end - nal:
            return _REFUSED
        to, _, types = _put_nal_unit(nal, nal_bytes, to, types)
        if to == 0:
            return _REFUSED
        nal += nal_bytes
    return to, -1, types


@step
def _proves_its_start(payload: int) -> bool:
    """Say whether a payload that was taken begins with an access unit delimiter."""
    packet_type = byte_at(payload) & _TYPE
    if packet_type == _FU_A:
        packet_type = byte_at(payload + 1) & _TYPE
    elif packet_type == _STAP_A:
        packet_type = byte_at(payload + 1 + LENGTH_BYTES) & _TYPE
    return packet_type == _ACCESS_UNIT_DELIMITER


@kernel
def join_h264(packets: U8, sizes: Sizes, out: U8) -> tuple[int, int, int, int]:
    """Write the access unit whose NAL units lie in sequence."""
    count, total, first_word, timestamp = run_of(packets, sizes)
    if not count:
        return NOT_TAKEN
    # A NAL unit gains 4 bytes, and in a STAP-A leaves 2 behind and has at least 1: a payload never
    # becomes longer than twice itself and 4 bytes. Nothing else keeps the steps within `out`.
    wanted = 2 * total + 4 * count
    if wanted > len(out):
        return -wanted, 0, 0, 0
    begin = out.ctypes.data
    to, open_header, types = begin, -1, 0
    for index in range(count):
        payload = packets.ctypes.data + index * packets.strides[0] + FIXED_SIZE
        size = sizes[index] - FIXED_SIZE
        to, open_header, types = _put_payload(payload, size, to, open_header, types)
        if to == 0:
            return NOT_TAKEN
    if open_header >= 0:
        return NOT_TAKEN
    flags = KEYFRAME if types >> _IDR_SLICE & 1 else 0
    if _proves_its_start(packets.ctypes.data + FIXED_SIZE):
        flags |= BEGINS_UNIT
    return to - begin, first_word, timestamp, flags
