"""AV1 in RTP (AOMedia, "RTP Payload Format For AV1", v1.0): OBUs without size fields.

Temporal units begin with a temporal delimiter and have size fields of the least length, which is
what makes the way back byte-exact: neither travels (sections 4.5 and 5).
"""

from collections.abc import Iterator

from pipelines.formats.payloads.contract import (
    Joined,
    PacketRows,
    PayloadFormat,
    UnitBuffer,
    UnitPackets,
)
from pipelines.formats.payloads.obu import (
    FORBIDDEN,
    HAS_EXTENSION,
    HAS_SIZE,
    SEQUENCE_HEADER_TYPE,
    TEMPORAL_DELIMITER,
    TEMPORAL_DELIMITER_TYPE,
    TILE_LIST_TYPE,
    Obu,
    leb128,
    normalise_temporal_unit,
    obu_type,
    obus,
    read_leb128,
)
from pipelines.media import U8
from pipelines.stage import Incomplete, Malformed

__all__ = ["FORMAT", "join", "normalise_temporal_unit", "split"]

# Section 4.4: Z|Y|W|N and three reserved bits.
_CONTINUES = 0x80
_CONTINUED = 0x40
_NEW_SEQUENCE = 0x08
_COUNT_SHIFT = 4
_MOST_COUNTED = 3

Parts = list[bytes | memoryview]


class _Packing:
    """Packets under construction. At most three elements share one, so that W can count them."""

    def __init__(self, mtu: int, *, is_keyframe: bool) -> None:
        self.packets: list[Parts] = []
        self._mtu = mtu
        # Section 4.4: N marks the first packet of a coded video sequence.
        self._flags = _NEW_SEQUENCE if is_keyframe else 0
        self._clear()

    def _clear(self) -> None:
        self._elements: list[tuple[int, Parts]] = []
        self._used = 1
        self._layer = b""

    def add(self, obu: Obu) -> None:
        """Put `obu` behind what there is, cut where packets end."""
        # Section 5: OBUs of one layer only share a packet; a sequence header comes first in one.
        layer = obu.header[1:]
        if self._elements and (
            obu.type == SEQUENCE_HEADER_TYPE or (layer and self._layer and layer != self._layer)
        ):
            self.close()
        header, rest = obu.header, obu.payload
        while (room := self._room()) < len(header) + len(rest):
            if room > len(header):
                taken: Parts = [header, rest[: room - len(header)]]
                header, rest = b"", rest[room - len(header) :]
                self._elements.append((room, taken))
                self.close(continued=True)
            elif room > 0 and not self._elements:
                # Only an mtu of 2 bytes has no room for a header of two.
                taken = [header[:room]]
                header = header[room:]
                self._elements.append((room, taken))
                self.close(continued=True)
            else:
                self.close()
        size = len(header) + len(rest)
        self._elements.append((size, [header, rest]))
        self._used += len(leb128(size)) + size
        self._layer = layer or self._layer

    def _room(self) -> int:
        """Return the bytes left for an element that is the packet's last, so without length."""
        return self._mtu - self._used if len(self._elements) < _MOST_COUNTED else 0

    def close(self, *, continued: bool = False) -> None:
        """End the packet under construction, where there is one."""
        if not self._elements:
            return
        *counted, (_, last) = self._elements
        header = self._flags | len(self._elements) << _COUNT_SHIFT
        parts: Parts = [bytes([header | _CONTINUED if continued else header])]
        for size, element in counted:
            parts += (leb128(size), *element)
        self.packets.append(parts + last)
        self._flags = _CONTINUES if continued else 0
        self._clear()


def split(unit: U8, is_keyframe: bool, _picture_id: int, mtu: int, rows: PacketRows) -> int:  # noqa: FBT001 - one shape for all formats
    """Write the OBUs of a temporal unit, without the temporal delimiter and the size fields."""
    data = unit.data
    if data[:2] != TEMPORAL_DELIMITER:
        raise Malformed("AV1 temporal unit does not begin with a temporal delimiter")
    packing = _Packing(mtu, is_keyframe=is_keyframe)
    units = obus(data[2:])
    if not units:
        raise Malformed("AV1 temporal unit without an OBU to carry")
    for obu in units:
        if not obu.is_plain or obu.type in {TEMPORAL_DELIMITER_TYPE, TILE_LIST_TYPE}:
            raise Malformed(
                f"AV1 OBU of type {obu.type} would not come back as it is: "
                "normalise_temporal_unit() first"
            )
        packing.add(obu)
    packing.close()
    return rows.write(packing.packets)


def join(packets: UnitPackets, out: UnitBuffer) -> Joined:
    """Write the temporal unit whose OBUs are in `packets`.

    Only the first packet of a coded video sequence proves that nothing came before it.
    """
    payloads = packets.payloads()
    found: list[list[memoryview]] = []
    is_open = False
    for index, payload in enumerate(payloads):
        if not payload:
            raise Malformed("AV1 payload of 0 bytes")
        flags = payload[0]
        if flags & _CONTINUES and not index:
            raise Incomplete("the packet that starts the first OBU is missing")
        if bool(flags & _CONTINUES) != is_open or (flags & _NEW_SEQUENCE and index):
            raise Malformed(f"AV1 aggregation header 0x{flags:02x} does not fit packet {index}")
        for element in _elements(payload):
            if is_open:
                found[-1].append(element)
                is_open = False
            else:
                found.append([element])
        is_open = bool(flags & _CONTINUED)
    if is_open:
        raise Malformed("AV1 temporal unit ends inside an OBU")
    # Each OBU gains its size field: at most 8 bytes.
    memory = out.reserve(len(TEMPORAL_DELIMITER) + packets.total_bytes + 8 * len(found))
    end = len(TEMPORAL_DELIMITER)
    memory[:end] = TEMPORAL_DELIMITER
    for pieces in found:
        for part in _with_size_field(pieces):
            begin, end = end, end + len(part)
            memory[begin:end] = part
    return Joined(
        end,
        is_keyframe=bool(payloads[0][0] & _NEW_SEQUENCE),
        begins_unit=bool(payloads[0][0] & _NEW_SEQUENCE),
    )


def _elements(payload: memoryview) -> Iterator[memoryview]:
    """Yield the OBU elements of one payload (section 4.5); none is empty."""
    count = payload[0] >> _COUNT_SHIFT & _MOST_COUNTED
    begin = 1
    seen = 0
    while begin < len(payload) or not seen:
        seen += 1
        end = len(payload)
        if seen != count:
            size, begin = read_leb128(payload, begin)
            end = begin + size
        if not begin < end <= len(payload):
            raise Malformed("AV1 OBU element is empty, or longer than its packet")
        yield payload[begin:end]
        begin = end
    if count and seen != count:
        raise Malformed(f"AV1 payload with {seen} OBU elements, not {count}")


def _with_size_field(pieces: list[memoryview]) -> Parts:
    """Return the parts of an OBU with its size field; none for an OBU receivers must ignore."""
    header = pieces[0][0]
    if header & FORBIDDEN:
        raise Malformed(f"AV1 OBU header 0x{header:02x} with the forbidden bit set")
    # Section 5: receivers ignore temporal delimiters and tile lists.
    if obu_type(header) in {TEMPORAL_DELIMITER_TYPE, TILE_LIST_TYPE}:
        return []
    if header & HAS_EXTENSION and len(pieces) == 1 and not header & HAS_SIZE:
        piece = pieces[0]
        if len(piece) < 2:
            raise Malformed("AV1 OBU header is cut short")
        return [bytes([header | HAS_SIZE, piece[1]]), leb128(len(piece) - 2), piece[2:]]
    if header & (HAS_EXTENSION | HAS_SIZE):
        # A second header byte may stand in another fragment, a size field may end anywhere.
        obu, *others = obus(memoryview(b"".join(pieces)))
        if others:
            raise Malformed("AV1 OBU element holds more than one OBU")
        first, *extension = obu.header
        return [
            bytes([first | HAS_SIZE, *extension]),
            leb128(len(obu.payload)),
            obu.payload,
        ]
    size = sum(map(len, pieces)) - 1
    return [bytes([header | HAS_SIZE]), leb128(size), pieces[0][1:], *pieces[1:]]


FORMAT = PayloadFormat(
    name="av1",
    source="AOMedia, RTP Payload Format For AV1, v1.0",
    smallest_mtu=2,
    split=split,
    join=join,
)
