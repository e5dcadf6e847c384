"""What AV1 in RTP and AV1 as a byte stream share, compiled: OBU headers and leb128 (AV1 4.10.5)."""

from pipelines.compiled import step
from pipelines.formats.native.memory import byte_at, put_byte
from pipelines.formats.payloads.obu import FORBIDDEN, TEMPORAL_DELIMITER_TYPE, TILE_LIST_TYPE

DELIMITER = 0x1200
"""A temporal delimiter OBU with its size field: the first two bytes of a temporal unit."""

# Section 4.4: Z|Y|W|N and three reserved bits.
CONTINUES = 0x80
CONTINUED = 0x40
NEW_SEQUENCE = 0x08
COUNT_SHIFT = 4
MOST_COUNTED = 3
"""OBU elements that W can count."""

LONGEST_SIZE_FIELD = 8
"""Bytes of a leb128 value at most (AV1 4.10.5)."""


@step
def size_of_leb128(value: int) -> int:
    """Return the bytes of `value` as leb128 of the least length."""
    size = 1
    while value >= 0x80:
        value >>= 7
        size += 1
    return size


@step
def put_leb128(to: int, value: int) -> None:
    """Write `value` as leb128 of the least length."""
    while value >= 0x80:
        put_byte(to, value & 0x7F | 0x80)
        value >>= 7
        to += 1
    put_byte(to, value)


@step
def leb128_at(data: int, begin: int, end: int) -> tuple[int, int]:
    """Return (value, offset behind it) of the leb128 at `begin`; -1 where it does not end."""
    value = 0
    for index in range(LONGEST_SIZE_FIELD):
        if begin + index >= end:
            break
        octet = byte_at(data + begin + index)
        value |= (octet & 0x7F) << 7 * index
        if octet < 0x80:
            return value, begin + index + 1
    return 0, -1


@step
def is_carried(header: int) -> bool:
    """Say whether RTP carries the OBU with this first byte (section 5), and it is well-formed."""
    obu_type = header >> 3 & 0x0F
    is_left_out = obu_type in (TEMPORAL_DELIMITER_TYPE, TILE_LIST_TYPE)
    return not (header & FORBIDDEN or is_left_out)
