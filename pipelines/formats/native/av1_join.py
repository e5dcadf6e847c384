"""AV1 RTP payloads to temporal units, compiled: the units of `payloads.av1`."""

# ruff: noqa: PLR0917 - compiled code takes addresses and numbers, not objects

from pipelines.compiled import kernel, step
from pipelines.formats.native.contract import BEGINS_UNIT, KEYFRAME, NOT_TAKEN, Sizes
from pipelines.formats.native.headers import run_of
from pipelines.formats.native.memory import (
    byte_at,
    copy_bytes,
    move_bytes,
    put_byte,
    put_half,
)
from pipelines.formats.native.obu import (
    CONTINUED,
    CONTINUES,
    COUNT_SHIFT,
    DELIMITER,
    LONGEST_SIZE_FIELD,
    MOST_COUNTED,
    NEW_SEQUENCE,
    is_carried,
    leb128_at,
    put_leb128,
    size_of_leb128,
)
from pipelines.formats.payloads.obu import HAS_EXTENSION, HAS_SIZE
from pipelines.formats.rtp import FIXED_SIZE
from pipelines.media import U8

_Written = tuple[int, int, int]
"""Where the next byte of the unit goes, where the payload of the OBU that is open begins (0 for
none), and the bytes left for its size field before that. The place 0 stands for packets not taken.
"""

_REFUSED = (0, 0, 0)


@step
def _begin_obu(element: int, size: int, to: int) -> int:
    """Write the header of the OBU that `element` begins; return its bytes, 0 if not taken."""
    header = byte_at(element)
    if not is_carried(header) or header & HAS_SIZE:
        return 0
    put_byte(to, header | HAS_SIZE)
    if not header & HAS_EXTENSION:
        return 1
    if size < 2:
        return 0
    put_byte(to + 1, byte_at(element + 1))
    return 2


@step
def _put_piece(
    element: int, size: int, more: int, to: int, obu: int, room: int, is_cut: int
) -> _Written:
    """Write an element, which is an OBU or a piece of one; `is_cut` says that the OBU goes on."""
    header_bytes = 0
    if not obu:
        header_bytes = _begin_obu(element, size, to)
        if header_bytes == 0:
            return _REFUSED
        # Room for the size field, as long as it will be: for an OBU that goes on a guess, which
        # the bytes of all packets make good in nearly all cases.
        room = size_of_leb128(more if is_cut else size - header_bytes)
        to += header_bytes + room
        obu = to
    copy_bytes(to, element + header_bytes, size - header_bytes)
    to += size - header_bytes
    if is_cut:
        return to, obu, room
    exact = size_of_leb128(to - obu)
    if exact != room:
        move_bytes(obu - room + exact, obu, to - obu)
    put_leb128(obu - room, to - obu)
    return to + exact - room, 0, 0


@step
def _put_payload(payload: int, size: int, total: int, to: int, obu: int, room: int) -> _Written:
    """Write the OBU elements of one payload (section 4.5)."""
    flags = byte_at(payload)
    counted = flags >> COUNT_SHIFT & MOST_COUNTED
    seen = 0
    at = 1
    while at < size or not seen:
        seen += 1
        end = size
        if seen != counted:
            length, at = leb128_at(payload, at, size)
            if at < 0 or length > size - at:
                return _REFUSED
            end = at + length
        if end <= at:
            return _REFUSED
        is_cut = end == size and flags & CONTINUED != 0
        to, obu, room = _put_piece(payload + at, end - at, total, to, obu, room, is_cut)
        if to == 0:
            return _REFUSED
        at = end
    return _REFUSED if counted and seen != counted else (to, obu, room)


@kernel
def join_av1(packets: U8, sizes: Sizes, out: U8) -> tuple[int, int, int, int]:
    """Write the temporal unit whose OBUs lie in sequence, each with a size field."""
    count, total, first_word, timestamp = run_of(packets, sizes)
    if not count:
        return NOT_TAKEN
    # An OBU gains a size field where it is the last in its packet; elsewhere its length in the
    # packet, at least as long, stays behind. Nothing else keeps the steps within `out`.
    wanted = 2 + total + LONGEST_SIZE_FIELD * count
    if wanted > len(out):
        return -wanted, 0, 0, 0
    begin = out.ctypes.data
    put_half(begin, DELIMITER)
    to, obu, room, first_flags = begin + 2, 0, 0, 0
    for index in range(count):
        payload = packets.ctypes.data + index * packets.strides[0] + FIXED_SIZE
        size = sizes[index] - FIXED_SIZE
        flags = byte_at(payload) if size > 0 else CONTINUES
        if index == 0:
            first_flags = flags
        if (flags & CONTINUES != 0) != (obu > 0) or (index and flags & NEW_SEQUENCE) or size < 1:
            return NOT_TAKEN
        to, obu, room = _put_payload(payload, size, total, to, obu, room)
        if to == 0:
            return NOT_TAKEN
    if obu:
        return NOT_TAKEN
    return (
        to - begin,
        first_word,
        timestamp,
        BEGINS_UNIT | KEYFRAME if first_flags & NEW_SEQUENCE else 0,
    )
