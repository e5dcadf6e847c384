"""VP8 in RTP (RFC 7741), with 15-bit picture IDs and no scalability fields."""

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

# RFC 7741 4.2: X|R|N|S|R|PID, then I|L|T|K|RSV, M|PictureID.
_EXTENDED = 0x80
_START = 0x10
_PARTITION = 0x07
_PICTURE_ID = 0x80
_TL0PICIDX = 0x40
_TID_OR_KEYIDX = 0x30
_LONG_PICTURE_ID = 0x80


def split(unit: U8, _is_keyframe: bool, picture_id: int, mtu: int, rows: PacketRows) -> int:  # noqa: FBT001 - one shape for all formats
    """Write the fragments of one VP8 frame."""
    if not len(unit):
        raise Malformed("VP8 frame of 0 bytes")
    tail = bytes([_PICTURE_ID, _LONG_PICTURE_ID | picture_id >> 8, picture_id & 0xFF])
    # RFC 7741 4.2: partition indices may stay 0, then S is set on the first packet alone.
    begin, going_on = bytes([_EXTENDED | _START]) + tail, bytes([_EXTENDED]) + tail
    return fragments.cut(
        unit, first=begin, middle=going_on, last=going_on, only=begin, mtu=mtu, rows=rows
    )


def join(packets: UnitPackets, out: UnitBuffer) -> Joined:
    """Write the frame whose fragments are `packets`."""
    size, _ = fragments.join(packets, _descriptor, out)
    # RFC 7741 4.3: bit 0 of the frame is 0 for a key frame.
    return Joined(size, is_keyframe=not out.memory[0] & 1, begins_unit=True)


def _descriptor(payload: memoryview) -> Descriptor:
    picture_id = -1
    try:
        first, size = payload[0], 1
        if first & _EXTENDED:
            present, size = payload[1], 2
            if present & _PICTURE_ID:
                picture_id = payload[2]
                size = 3
                if picture_id & _LONG_PICTURE_ID:
                    picture_id = (picture_id & 0x7F) << 8 | payload[3]
                    size = 4
            size += bool(present & _TL0PICIDX) + bool(present & _TID_OR_KEYIDX)
    except IndexError as error:
        raise Malformed(f"VP8 payload of {len(payload)} bytes ends in its descriptor") from error
    if size >= len(payload):
        raise Malformed(f"VP8 payload of {len(payload)} bytes has no room for frame data")
    starts_unit = bool(first & _START) and not first & _PARTITION
    return Descriptor(size, starts_unit, None, (picture_id,))


FORMAT = PayloadFormat(name="vp8", source="RFC 7741", smallest_mtu=5, split=split, join=join)
