"""H.265 in RTP (RFC 7798): single NAL units, aggregation packets and fragmentation units.

One stream in decoding order, so without DONL fields (sprop-max-don-diff = 0). PACI packets, which
carry another payload with extensions, are refused.
"""

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

_NAME = "H.265"

# RFC 7798 1.1.4: F|type|LayerId|TID in 16 bits; types of NAL units end where RTP's own begin.
_F = 0x8000
_TYPE_SHIFT = 9
_TYPE = 0x3F
_LAYER = 0x01F8
_TID = 0x0007
_LAST_NAL_TYPE = 47
_AGGREGATION_PACKET = 48
_FRAGMENTATION_UNIT = 49
_PACI = 50

# ITU-T H.265 table 7-1 and 7.4.2.2: pictures that decoding may begin with; reserved ones as well.
_IRAP_TYPES = range(16, 24)
_ACCESS_UNIT_DELIMITER = 35

_HEADER_SIZE = 2
_FU_OVERHEAD = 3


def normalise_annex_b(data: bytes) -> bytes:
    """Return `data` with 4-byte start codes only and no zero bytes between NAL units.

    Returns `data` itself where it is so already. Raises Malformed where it does not begin with a
    start code or holds an empty NAL unit.
    """
    return nals.normalise(_NAME, data)


def _type(header: int) -> int:
    return header >> _TYPE_SHIFT & _TYPE


def _header(nal: memoryview) -> int:
    """Return the header of a NAL unit. Raises Malformed for one that RTP does not carry."""
    if len(nal) < _HEADER_SIZE:
        raise Malformed(f"H.265 NAL unit of {len(nal)} bytes; its header alone has {_HEADER_SIZE}")
    header = int.from_bytes(nal[:_HEADER_SIZE])
    if _type(header) == _PACI:
        raise Malformed("H.265 PACI packets are not supported")
    if _type(header) > _LAST_NAL_TYPE:
        # RFC 7798 4.4: the other types mean RTP's own packets.
        raise Malformed(f"H.265 NAL unit of type {_type(header)}; RTP carries 0 to 47")
    return header


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
        _header(nal)
        yield nal


def _aggregate(together: list[memoryview]) -> Parts:
    headers = [_header(nal) for nal in together]
    # RFC 7798 4.4.2: F is set if any is, LayerId and TID are the lowest of all.
    f = max(header & _F for header in headers)
    layer = min(header & _LAYER for header in headers)
    tid = min(header & _TID for header in headers)
    header = f | _AGGREGATION_PACKET << _TYPE_SHIFT | layer | tid
    parts: Parts = [header.to_bytes(_HEADER_SIZE)]
    for nal in together:
        parts += (len(nal).to_bytes(nals.LENGTH_SIZE), nal)
    return parts


def _fragments(nal: memoryview, mtu: int) -> Iterator[Parts]:
    # RFC 7798 4.4.3: the NAL unit's type travels in the FU header, the rest in the payload header.
    header = _header(nal)
    begin = (header & ~(_TYPE << _TYPE_SHIFT) | _FRAGMENTATION_UNIT << _TYPE_SHIFT).to_bytes(2)
    for flags, piece in nals.pieces(nal, _HEADER_SIZE, mtu - _FU_OVERHEAD):
        yield [begin, bytes([flags | _type(header)]), piece]


def join(packets: UnitPackets, out: UnitBuffer) -> Joined:
    """Write the access unit whose NAL units are in `packets`.

    Only an access unit delimiter proves that nothing came before it (ITU-T H.265 7.4.2.4.4): a
    picture's first slice segment does not, for parameter sets and messages may stand before it.
    """
    unit = AccessUnit(_NAME, out.reserve(2 * packets.total_bytes + 4 * len(packets)))
    for payload in packets.payloads():
        packet_type = payload[0] >> 1 & _TYPE if payload else 0
        if packet_type == _FRAGMENTATION_UNIT:
            _add_fragment(unit, payload)
        elif packet_type == _AGGREGATION_PACKET:
            for nal in nals.aggregated("H.265 aggregation packet", payload, _HEADER_SIZE):
                unit.add(_header(nal), nal)
        else:
            unit.add(_header(payload), payload)
    unit.close()
    # Of a stream with layers, the base layer alone says where decoding may begin.
    types = [-1 if header & _LAYER else _type(header) for header in unit.headers]
    return Joined(
        unit.size,
        is_keyframe=any(nal_type in _IRAP_TYPES for nal_type in types),
        begins_unit=types[0] == _ACCESS_UNIT_DELIMITER,
    )


def _add_fragment(unit: AccessUnit, payload: memoryview) -> None:
    if len(payload) < _FU_OVERHEAD:
        raise Malformed(f"H.265 fragmentation unit of {len(payload)} bytes")
    nal_type = payload[2] & _TYPE
    header = bytes([payload[0] & 0x81 | nal_type << 1, payload[1]])
    _header(memoryview(header))
    unit.add_fragment(header, payload[2], payload[_FU_OVERHEAD:])


FORMAT = PayloadFormat(name="h265", source="RFC 7798", smallest_mtu=4, split=split, join=join)
