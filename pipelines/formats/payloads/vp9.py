"""VP9 in RTP (RFC 9628), non-flexible mode, 15-bit picture IDs, one spatial and temporal layer.

The scalability structure belongs to scalable streams (RFC 9628 4.2.1), so ours, which have a single
layer, send neither it nor layer indices; both are parsed where another sender puts them.
"""

from pipelines.formats.payloads import fragments
from pipelines.formats.payloads.contract import (
    Joined,
    PacketRows,
    PayloadFormat,
    UnitBuffer,
    UnitPackets,
)
from pipelines.formats.payloads.fragments import Descriptor
from pipelines.media import U8
from pipelines.stage import Malformed

# RFC 9628 4.2: I|P|L|F|B|E|V|Z, then M|PictureID.
_PICTURE_ID = 0x80
_PREDICTED = 0x40
_LAYERS = 0x20
_FLEXIBLE = 0x10
_BEGIN = 0x08
_END = 0x04
_STRUCTURE = 0x02
_LONG_PICTURE_ID = 0x80
_SID = 0x0E
_SID_AND_D = 0x0F
_MOST_REFERENCES = 3


def split(unit: U8, is_keyframe: bool, picture_id: int, mtu: int, rows: PacketRows) -> int:  # noqa: FBT001 - one shape for all formats
    """Write the fragments of one VP9 frame or superframe."""
    if not len(unit):
        raise Malformed("VP9 frame of 0 bytes")
    flags = _PICTURE_ID | (0 if is_keyframe else _PREDICTED)
    tail = bytes([_LONG_PICTURE_ID | picture_id >> 8, picture_id & 0xFF])
    return fragments.cut(
        unit,
        first=bytes([flags | _BEGIN]) + tail,
        middle=bytes([flags]) + tail,
        last=bytes([flags | _END]) + tail,
        only=bytes([flags | _BEGIN | _END]) + tail,
        mtu=mtu,
        rows=rows,
    )


def join(packets: UnitPackets, out: UnitBuffer) -> Joined:
    """Write the frame whose fragments are `packets`; further spatial layers are Malformed.

    The B bit begins the frame of a layer: above the base it does not prove that none came before.
    """
    size, first = fragments.join(packets, _descriptor, out)
    predicted, _, _, layers = first.identity
    # RFC 9628 4.2: P is clear where nothing is predicted from other pictures. A frame above the
    # base layer (SID), or predicted from a lower one (D), is no key frame for that.
    is_base = layers < 0 or not layers & _SID_AND_D
    return Joined(
        size,
        is_keyframe=is_base and not predicted,
        begins_unit=layers < 0 or not layers & _SID,
    )


def _descriptor(payload: memoryview) -> Descriptor:
    picture_id = layers = -1
    try:
        first, size = payload[0], 1
        if first & _PICTURE_ID:
            picture_id, size = payload[1], 2
            if picture_id & _LONG_PICTURE_ID:
                picture_id, size = (picture_id & 0x7F) << 8 | payload[2], 3
        if first & _LAYERS:
            # T|U|SID|D, and in non-flexible mode TL0PICIDX.
            layers = payload[size]
            size += 1 if first & _FLEXIBLE else 2
        if first & _FLEXIBLE and first & _PREDICTED:
            size += _references_size(payload[size : size + _MOST_REFERENCES])
        if first & _STRUCTURE:
            size += _structure_size(payload[size:])
    except IndexError as error:
        raise Malformed(f"VP9 payload of {len(payload)} bytes ends in its descriptor") from error
    if first & _FLEXIBLE and not first & _PICTURE_ID:
        raise Malformed("VP9 descriptor in flexible mode without a picture ID")
    if size >= len(payload):
        raise Malformed(f"VP9 payload of {len(payload)} bytes has no room for frame data")
    identity = (first & _PREDICTED, first & _FLEXIBLE, picture_id, layers)
    return Descriptor(size, bool(first & _BEGIN), bool(first & _END), identity)


def _references_size(references: memoryview) -> int:
    # RFC 9628 4.2: P_DIFF|N, up to three octets, the last with N clear.
    for index, octet in enumerate(references):
        if not octet & 1:
            return index + 1
    raise Malformed(f"VP9 descriptor with more references than {_MOST_REFERENCES}, or cut short")


def _structure_size(structure: memoryview) -> int:
    # RFC 9628 4.2.1: N_S|Y|G, then per spatial layer width and height (Y), then (G) N_G pictures
    # of T|U|R each with R reference octets.
    head = structure[0]
    size = 1
    if head & 0x10:
        size += 4 * ((head >> 5) + 1)
    if head & 0x08:
        pictures = structure[size]
        size += 1
        for _ in range(pictures):
            size += 1 + (structure[size] >> 2 & 0x03)
    return size


FORMAT = PayloadFormat(name="vp9", source="RFC 9628", smallest_mtu=4, split=split, join=join)
