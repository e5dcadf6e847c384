"""H.265 RTP payloads to access units (RFC 7798), compiled: the units of `payloads.h265`."""

from pipelines.compiled import kernel, step
from pipelines.formats.native.contract import BEGINS_UNIT, KEYFRAME, NOT_TAKEN, Sizes
from pipelines.formats.native.headers import run_of
from pipelines.formats.native.memory import (
    byte_at,
    copy_bytes,
    half_at,
    put_half,
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

# RFC 7798 1.1.4: F|type|LayerId|TID in 16 bits; types of NAL units end where RTP's own begin.
_TYPE_SHIFT = 9
_TYPE = 0x3F
_LAYER = 0x01F8
_LAST_NAL_TYPE = 47
_AGGREGATION_PACKET = 48
_FRAGMENTATION_UNIT = 49

# ITU-T H.265 table 7-1 and 7.4.2.2: pictures that decoding may begin with; reserved ones as well.
_FIRST_IRAP = 16
_LAST_IRAP = 23
_ACCESS_UNIT_DELIMITER = 35

_HEADER_BYTES = 2
_FU_OVERHEAD = 3

_Written = tuple[int, int, int]
"""Where the next byte of the unit goes, the header of the NAL unit that is open (-1 for none), and
KEYFRAME once a NAL unit of such a picture was seen. The place 0 stands for packets not taken."""

_REFUSED = (0, -1, 0)


@step
def _flag_of(header: int) -> int:
    """Return KEYFRAME for a NAL unit that says its unit is one: of the base layer, and IRAP."""
    is_irap = _FIRST_IRAP <= header >> _TYPE_SHIFT & _TYPE <= _LAST_IRAP
    return KEYFRAME if is_irap and not header & _LAYER else 0


@step
def _put_fragment(payload: int, size: int, to: int, open_header: int, flags: int) -> _Written:
    """Write what a fragmentation unit carries."""
    if size < _FU_OVERHEAD:
        return _REFUSED
    fu_header = byte_at(payload + _HEADER_BYTES)
    nal_type = fu_header & _TYPE
    header = half_at(payload) & ~(_TYPE << _TYPE_SHIFT) | nal_type << _TYPE_SHIFT
    if fu_header & FU_START:
        if open_header >= 0 or fu_header & FU_END or nal_type > _LAST_NAL_TYPE:
            return _REFUSED
        put_word(to, START_CODE)
        put_half(to + START_CODE_BYTES, header)
        to += START_CODE_BYTES + _HEADER_BYTES
        flags |= _flag_of(header)
    elif header != open_header:
        return _REFUSED
    copy_bytes(to, payload + _FU_OVERHEAD, size - _FU_OVERHEAD)
    return to + size - _FU_OVERHEAD, -1 if fu_header & FU_END else header, flags


@step
def _put_nal_unit(nal: int, size: int, to: int, flags: int) -> _Written:
    """Write a whole NAL unit of at least 2 bytes."""
    header = half_at(nal)
    if header >> _TYPE_SHIFT & _TYPE > _LAST_NAL_TYPE:
        return _REFUSED
    put_word(to, START_CODE)
    copy_bytes(to + START_CODE_BYTES, nal, size)
    return to + START_CODE_BYTES + size, -1, flags | _flag_of(header)


@step
def _put_aggregated(nal: int, end: int, to: int, flags: int) -> _Written:
    """Write the NAL units of an aggregation packet, each behind its length."""
    if nal == end:
        return _REFUSED
    while nal < end:
        nal_bytes = half_at(nal) if end - nal > LENGTH_BYTES else 0
        nal += LENGTH_BYTES
        if not _HEADER_BYTES <= nal_bytes <= end - nal:
            return _REFUSED
        to, _, flags = _put_nal_unit(nal, nal_bytes, to, flags)
        if to == 0:
            return _REFUSED
        nal += nal_bytes
    return to, -1, flags


@step
def _put_payload(payload: int, size: int, to: int, open_header: int, flags: int) -> _Written:
    """Write what one payload carries."""
    if size < _HEADER_BYTES:
        return _REFUSED
    packet_type = half_at(payload) >> _TYPE_SHIFT & _TYPE
    if packet_type == _FRAGMENTATION_UNIT:
        return _put_fragment(payload, size, to, open_header, flags)
    if open_header >= 0:
        return _REFUSED
    if packet_type == _AGGREGATION_PACKET:
        return _put_aggregated(payload + _HEADER_BYTES, payload + size, to, flags)
    return _put_nal_unit(payload, size, to, flags)


@step
def _proves_its_start(payload: int) -> bool:
    """Say whether a payload that was taken begins with an access unit delimiter."""
    header = half_at(payload)
    packet_type = header >> _TYPE_SHIFT & _TYPE
    if packet_type == _FRAGMENTATION_UNIT:
        packet_type = byte_at(payload + _HEADER_BYTES) & _TYPE
    elif packet_type == _AGGREGATION_PACKET:
        header = half_at(payload + _HEADER_BYTES + LENGTH_BYTES)
        packet_type = header >> _TYPE_SHIFT & _TYPE
    return packet_type == _ACCESS_UNIT_DELIMITER and not header & _LAYER


@kernel
def join_h265(packets: U8, sizes: Sizes, out: U8) -> tuple[int, int, int, int]:
    """Write the access unit whose NAL units lie in sequence."""
    count, total, first_word, timestamp = run_of(packets, sizes)
    if not count:
        return NOT_TAKEN
    # A NAL unit gains 4 bytes, or 3 in fragments, and where it shares a packet leaves 2 behind and
    # has at least 2: a payload never becomes longer than twice itself and 4 bytes. Nothing else
    # keeps the steps within `out`.
    wanted = 2 * total + 4 * count
    if wanted > len(out):
        return -wanted, 0, 0, 0
    begin = out.ctypes.data
    to, open_header, flags = begin, -1, 0
    for index in range(count):
        payload = packets.ctypes.data + index * packets.strides[0] + FIXED_SIZE
        size = sizes[index] - FIXED_SIZE
        to, open_header, flags = _put_payload(payload, size, to, open_header, flags)
        if to == 0:
            return NOT_TAKEN
    if open_header >= 0:
        return NOT_TAKEN
    if _proves_its_start(packets.ctypes.data + FIXED_SIZE):
        flags |= BEGINS_UNIT
    return to - begin, first_word, timestamp, flags
