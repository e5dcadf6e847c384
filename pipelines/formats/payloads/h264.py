"""H.264 in RTP (RFC 6184), packetization mode 1: single NAL units, STAP-A and FU-A."""

from collections.abc import Iterator

from pipelines.formats.payloads import nal as nals
from pipelines.formats.payloads.contract import (
    Joined,
    PacketRows,
    PayloadFormat,
    UnitBuffer,
    UnitPackets,
)
from pipelines.formats.payloads.nal import AccessUnit, Parts
from pipelines.media import U8
from pipelines.stage import Malformed

_NAME = "H.264"

# RFC 6184 5.2 and table 1: F|NRI|type; types a NAL unit may have, and those of RTP's own.
_TYPE = 0x1F
_NRI = 0x60
_F = 0x80
_NAL_TYPES = range(1, 24)
_IDR_SLICE = 5
_ACCESS_UNIT_DELIMITER = 9
_STAP_A = 24
_FU_A = 28

_HEADER_SIZE = 1


def normalise_annex_b(data: bytes) -> bytes:
    """Return `data` with 4-byte start codes only and no zero bytes between NAL units.

    Returns `data` itself where it is so already. Raises Malformed where it does not begin with a
    start code or holds an empty NAL unit.
    """
    return nals.normalise(_NAME, data)


def split(unit: U8, _is_keyframe: bool, _picture_id: int, mtu: int, rows: PacketRows) -> int:  # noqa: FBT001 - one shape for all formats
    """Write the NAL units of an access unit: small ones together, large ones in fragments."""
    return rows.write(
        nals.packed(
            _carried(unit.tobytes()),
            mtu=mtu,
            header_size=_HEADER_SIZE,
            aggregate=_aggregate,
            fragments=_fragments,
        )
    )


def _carried(unit: bytes) -> Iterator[memoryview]:
    for nal in nals.nal_units(_NAME, unit):
        if nal[0] & _TYPE not in _NAL_TYPES:
            # RFC 6184 5.2: the other types mean RTP's own packets.
            raise Malformed(f"H.264 NAL unit of type {nal[0] & _TYPE}; RTP carries 1 to 23")
        yield nal


def _aggregate(together: list[memoryview]) -> Parts:
    # RFC 6184 5.7: F is set if any is, NRI is the largest of all.
    header = _STAP_A
    parts: Parts = [b""]
    for nal in together:
        header = max(header & _NRI, nal[0] & _NRI) | (header | nal[0]) & _F | _STAP_A
        parts += (len(nal).to_bytes(nals.LENGTH_SIZE), nal)
    parts[0] = bytes([header])
    return parts


def _fragments(nal: memoryview, mtu: int) -> Iterator[Parts]:
    # RFC 6184 5.8: the NAL unit's header byte travels in FU indicator and FU header instead.
    indicator = nal[0] & (_F | _NRI) | _FU_A
    nal_type = nal[0] & _TYPE
    for flags, piece in nals.pieces(nal, _HEADER_SIZE, mtu - 2):
        yield [bytes([indicator, flags | nal_type]), piece]


def join(packets: UnitPackets, out: UnitBuffer) -> Joined:
    """Write the access unit whose NAL units are in `packets`.

    Only an access unit delimiter proves that nothing came before it (ITU-T H.264 7.4.1.2.3):
    parameter sets and messages may stand in any order.
    """
    # A payload grows most where every byte of it is a NAL unit of its own.
    unit = AccessUnit(_NAME, out.reserve(2 * packets.total_bytes + 4 * len(packets)))
    for payload in packets.payloads():
        packet_type = payload[0] & _TYPE if payload else 0
        if packet_type == _FU_A:
            _add_fragment(unit, payload)
        elif packet_type == _STAP_A:
            for nal in nals.aggregated("H.264 STAP-A", payload, _HEADER_SIZE):
                unit.add(_header(nal[0]), nal)
        else:
            unit.add(_header(payload[0] if payload else 0), payload)
    unit.close()
    types = [header & _TYPE for header in unit.headers]
    return Joined(
        unit.size,
        is_keyframe=_IDR_SLICE in types,
        begins_unit=types[0] == _ACCESS_UNIT_DELIMITER,
    )


def _header(header: int) -> int:
    """Return the first byte of a NAL unit. Raises Malformed for a type that RTP does not carry."""
    if header & _TYPE not in _NAL_TYPES:
        raise Malformed(f"H.264 packet type {header & _TYPE} is no NAL unit, STAP-A or FU-A")
    return header


def _add_fragment(unit: AccessUnit, payload: memoryview) -> None:
    if len(payload) < 2:
        raise Malformed("H.264 FU-A of 1 byte")
    header = _header(payload[0] & (_F | _NRI) | payload[1] & _TYPE)
    unit.add_fragment(bytes([header]), payload[1], payload[2:])


FORMAT = PayloadFormat(name="h264", source="RFC 6184", smallest_mtu=3, split=split, join=join)
