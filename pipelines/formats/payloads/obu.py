"""AV1 temporal units as lists of OBUs (AV1 bitstream specification 5.3, 4.10.5, 7.5)."""

from typing import NamedTuple

from pipelines.stage import Malformed

TEMPORAL_DELIMITER = b"\x12\x00"
"""A temporal delimiter OBU with its size field: the first two bytes of a temporal unit."""

SEQUENCE_HEADER_TYPE = 1
TEMPORAL_DELIMITER_TYPE = 2
TILE_LIST_TYPE = 8

HAS_SIZE = 0x02
HAS_EXTENSION = 0x04
FORBIDDEN = 0x80

Bytes = bytes | memoryview


class Obu(NamedTuple):
    """One OBU: its header (1 or 2 bytes) with the size flag clear, and its payload.

    `is_plain` says that it had a size field of the least length, so that putting that field back
    gives the same bytes.
    """

    header: bytes
    payload: memoryview
    is_plain: bool

    @property
    def type(self) -> int:
        """The obu_type."""
        return obu_type(self.header[0])


def obu_type(header: int) -> int:
    """Return the obu_type in the first byte of an OBU header."""
    return header >> 3 & 0x0F


def leb128(value: int) -> bytes:
    """Return `value` as leb128 of the least length (4.10.5)."""
    if value < 0x80:
        return bytes([value])
    octets = bytearray()
    while value >= 0x80:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    octets.append(value)
    return bytes(octets)


def read_leb128(data: Bytes, begin: int) -> tuple[int, int]:
    """Return the leb128 value at `begin` and the offset behind it; raises Malformed."""
    value = 0
    for index in range(8):
        if begin + index >= len(data):
            break
        octet = data[begin + index]
        value |= (octet & 0x7F) << 7 * index
        if octet < 0x80:
            return value, begin + index + 1
    raise Malformed(f"AV1 leb128 at byte {begin} is cut short or longer than 8 bytes")


def obus(data: memoryview) -> list[Obu]:
    """Return the OBUs in `data`; the last may lack its size field. Raises Malformed."""
    found = []
    begin = 0
    while begin < len(data):
        first = data[begin]
        if first & FORBIDDEN:
            raise Malformed(f"AV1 OBU header 0x{first:02x} with the forbidden bit set")
        payload = begin + (2 if first & HAS_EXTENSION else 1)
        if payload > len(data):
            raise Malformed("AV1 OBU header is cut short")
        header = bytes([first & ~HAS_SIZE]) + data[begin + 1 : payload]
        end = len(data)
        is_plain = False
        if first & HAS_SIZE:
            size, size_end = read_leb128(data, payload)
            is_plain = len(leb128(size)) == size_end - payload
            payload, end = size_end, size_end + size
            if end > len(data):
                raise Malformed(f"AV1 OBU of {size} bytes where {len(data) - payload} are left")
        found.append(Obu(header, data[payload:end], is_plain))
        begin = end
    return found


def normalise_temporal_unit(data: bytes) -> bytes:
    """Return one temporal unit with a temporal delimiter and size fields of the least length.

    Tile list OBUs, which RTP does not carry, are left out. Returns `data` itself where it is so
    already. Raises Malformed for what does not parse, for nothing but a temporal delimiter, and for
    more than one temporal unit.
    """
    units = obus(memoryview(data))
    if units and units[0].type == TEMPORAL_DELIMITER_TYPE:
        del units[0]
    if any(unit.type == TEMPORAL_DELIMITER_TYPE for unit in units):
        raise Malformed("AV1 data holds more than one temporal unit")
    units = [unit for unit in units if unit.type != TILE_LIST_TYPE]
    if not units:
        raise Malformed("AV1 temporal unit without an OBU to carry")
    normal = TEMPORAL_DELIMITER + b"".join(
        bytes([unit.header[0] | HAS_SIZE])
        + unit.header[1:]
        + leb128(len(unit.payload))
        + unit.payload
        for unit in units
    )
    return data if normal == data else normal
