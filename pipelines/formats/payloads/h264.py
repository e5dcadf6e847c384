"""H.264 in RTP (RFC 6184), packetization mode 1: single NAL units, STAP-A and FU-A.

Access units are Annex-B byte streams (ITU-T H.264 annex B) with 4-byte start codes only, which is
what makes the way back byte-exact: a start code's length does not travel.
"""

from collections.abc import Iterator

from pipelines.formats.payloads.contract import (
    Joined,
    PacketRows,
    PayloadFormat,
    UnitBuffer,
    UnitPackets,
)
from pipelines.media import U8
from pipelines.stage import Incomplete, Malformed

START_CODE = b"\x00\x00\x00\x01"
_SHORT_START_CODE = START_CODE[1:]

# RFC 6184 5.2 and table 1: F|NRI|type; types a NAL unit may have, and those of RTP's own.
_TYPE = 0x1F
_NRI = 0x60
_F = 0x80
_NAL_TYPES = range(1, 24)
_IDR_SLICE = 5
_SPS = 7
_ACCESS_UNIT_DELIMITER = 9
_STAP_A = 24
_FU_A = 28

# RFC 6184 5.8: S|E|R|type.
_FU_START = 0x80
_FU_END = 0x40

_LENGTH_SIZE = 2

Parts = list[bytes | memoryview]


def normalise_annex_b(data: bytes) -> bytes:
    """Return `data` with 4-byte start codes only and no zero bytes between NAL units.

    Returns `data` itself where it is so already. Raises Malformed where it does not begin with a
    start code or holds an empty NAL unit.
    """
    # Emulation prevention keeps 00 00 01 out of NAL units, and none ends with a zero byte.
    before, *nals = data.split(_SHORT_START_CODE)
    if not nals or before.strip(b"\x00"):
        raise Malformed("H.264 access unit does not begin with a start code")
    nals = [nal.rstrip(b"\x00") for nal in nals]
    if not all(nals):
        raise Malformed("H.264 access unit with an empty NAL unit")
    normal = b"".join([START_CODE + nal for nal in nals])
    return data if normal == data else normal


def split(unit: U8, _is_keyframe: bool, _picture_id: int, mtu: int, rows: PacketRows) -> int:  # noqa: FBT001 - one shape for all formats
    """Write the NAL units of an access unit: small ones together, large ones in fragments."""
    packets: list[Parts] = []
    together: list[memoryview] = []
    together_size = 1
    for nal in _nal_units(unit.tobytes()):
        if together and together_size + _LENGTH_SIZE + len(nal) > mtu:
            packets.append(_aggregate(together))
            together = []
            together_size = 1
        if len(nal) > mtu:
            packets += _fragments(nal, mtu)
        else:
            together.append(nal)
            together_size += _LENGTH_SIZE + len(nal)
    if together:
        packets.append(_aggregate(together))
    return rows.write(packets)


def _nal_units(unit: bytes) -> Iterator[memoryview]:
    if not unit.startswith(START_CODE):
        raise Malformed("H.264 access unit does not begin with a 4-byte start code")
    view = memoryview(unit)
    begin = len(START_CODE)
    while begin:
        found = unit.find(_SHORT_START_CODE, begin)
        end = len(unit) if found < 0 else found - 1
        if end <= begin:
            raise Malformed(f"H.264 NAL unit at byte {begin} is empty")
        if unit[end - 1] == 0 or (found > 0 and unit[end] != 0):
            raise Malformed(
                f"H.264 NAL unit at byte {begin} ends in a zero byte or a 3-byte start code: "
                "normalise_annex_b() first"
            )
        if unit[begin] & _TYPE not in _NAL_TYPES:
            # RFC 6184 5.2: the other types mean RTP's own packets.
            raise Malformed(f"H.264 NAL unit of type {unit[begin] & _TYPE}; RTP carries 1 to 23")
        yield view[begin:end]
        begin = found + len(_SHORT_START_CODE) if found > 0 else 0


def _aggregate(nals: list[memoryview]) -> Parts:
    if len(nals) == 1:
        return [nals[0]]
    # RFC 6184 5.7: F is set if any is, NRI is the largest of all.
    header = _STAP_A
    parts: Parts = [b""]
    for nal in nals:
        header = max(header & _NRI, nal[0] & _NRI) | (header | nal[0]) & _F | _STAP_A
        parts += (len(nal).to_bytes(_LENGTH_SIZE), nal)
    parts[0] = bytes([header])
    return parts


def _fragments(nal: memoryview, mtu: int) -> Iterator[Parts]:
    # RFC 6184 5.8: the NAL unit's header byte travels in FU indicator and FU header instead.
    indicator = nal[0] & (_F | _NRI) | _FU_A
    nal_type = nal[0] & _TYPE
    room = mtu - 2
    last = 1 + (len(nal) - 2) // room * room
    for begin in range(1, len(nal), room):
        flags = (_FU_START if begin == 1 else 0) | (_FU_END if begin == last else 0)
        yield [bytes([indicator, flags | nal_type]), nal[begin : begin + room]]


def join(packets: UnitPackets, out: UnitBuffer) -> Joined:
    """Write the access unit whose NAL units are in `packets`.

    Only an access unit delimiter or a sequence parameter set proves that nothing came before it.
    """
    # A payload grows most where every byte of it is a NAL unit of its own.
    unit = _AccessUnit(out.reserve(2 * packets.total_bytes + 4 * len(packets)))
    for payload in packets.payloads():
        packet_type = payload[0] & _TYPE if payload else 0
        if packet_type == _FU_A:
            unit.add_fragment(payload)
        else:
            for nal in _aggregated(payload) if packet_type == _STAP_A else (payload,):
                unit.add(nal)
    unit.close()
    begins_unit = unit.types[0] in {_SPS, _ACCESS_UNIT_DELIMITER}
    return Joined(unit.size, is_keyframe=_IDR_SLICE in unit.types, begins_unit=begins_unit)


class _AccessUnit:
    """An access unit being written; `types` are those of its NAL units so far."""

    def __init__(self, memory: memoryview) -> None:
        self.types: list[int] = []
        self.size = 0
        self._memory = memory
        self._open_header = -1

    def _write(self, part: bytes | memoryview) -> None:
        end = self.size + len(part)
        self._memory[self.size : end] = part
        self.size = end

    def _begin_nal(self, header: int) -> None:
        self.close()
        if header & _TYPE not in _NAL_TYPES:
            raise Malformed(f"H.264 packet type {header & _TYPE} is no NAL unit, STAP-A or FU-A")
        self.types.append(header & _TYPE)
        self._write(START_CODE)

    def add(self, nal: memoryview) -> None:
        """Write a whole NAL unit."""
        self._begin_nal(nal[0] if nal else 0)
        self._write(nal)

    def add_fragment(self, payload: memoryview) -> None:
        """Write what an FU-A packet carries."""
        if len(payload) < 2:
            raise Malformed("H.264 FU-A of 1 byte")
        flags = payload[1]
        header = payload[0] & (_F | _NRI) | flags & _TYPE
        if flags & _FU_START:
            if flags & _FU_END:
                raise Malformed("H.264 FU-A starts and ends a NAL unit at once")
            self._begin_nal(header)
            self._write(bytes([header]))
        elif not self.types:
            raise Incomplete("the packet that starts the first NAL unit is missing")
        elif header != self._open_header:
            raise Malformed("H.264 FU-A continues a NAL unit that is not open")
        self._write(payload[2:])
        self._open_header = -1 if flags & _FU_END else header

    def close(self) -> None:
        """Make sure that no fragmented NAL unit is open."""
        if self._open_header >= 0:
            raise Malformed("H.264 fragmented NAL unit without its end")


def _aggregated(payload: memoryview) -> Iterator[memoryview]:
    begin = 1
    while begin < len(payload):
        nal_begin = begin + _LENGTH_SIZE
        begin = nal_begin + int.from_bytes(payload[begin:nal_begin])
        if not nal_begin < begin <= len(payload):
            raise Malformed("H.264 STAP-A with an empty NAL unit, or one longer than the packet")
        yield payload[nal_begin:begin]
    if begin == 1:
        raise Malformed("H.264 STAP-A without a NAL unit")


FORMAT = PayloadFormat(name="h264", source="RFC 6184", smallest_mtu=3, split=split, join=join)
