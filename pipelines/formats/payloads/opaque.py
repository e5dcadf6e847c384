"""Our own payload format for units that nothing on the way can parse.

An SFrame unit is opaque (RFC 9605 leaves its transport to the application), and raw frames have no
registered format that fits a benchmark, so both travel as plain fragments behind one byte. This is
a private format of this project:

    bit 7  S  the unit starts with this fragment
    bit 6  E  the unit ends with this fragment
    bit 5  K  the unit is a key frame; the same in all its packets (a relay may look at it, which
              is as much as it may know of a sealed unit)
    bits 4-0  zero
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

_START = 0x80
_END = 0x40
_KEYFRAME = 0x20
_RESERVED = 0x1F


def split(unit: U8, is_keyframe: bool, _picture_id: int, mtu: int, rows: PacketRows) -> int:  # noqa: FBT001 - one shape for all formats
    """Write the fragments of `unit`; an empty unit is one packet with the descriptor alone."""
    key = _KEYFRAME if is_keyframe else 0
    return fragments.cut(
        unit,
        first=bytes([_START | key]),
        middle=bytes([key]),
        last=bytes([_END | key]),
        only=bytes([_START | _END | key]),
        mtu=mtu,
        rows=rows,
    )


def join(packets: UnitPackets, out: UnitBuffer) -> Joined:
    """Write the unit whose fragments are `packets`."""
    size, first = fragments.join(packets, _descriptor, out)
    return Joined(size, is_keyframe=bool(first.identity[0]), begins_unit=True)


def _descriptor(payload: memoryview) -> Descriptor:
    if not payload:
        raise Malformed("opaque fragment without its descriptor byte")
    byte = payload[0]
    if byte & _RESERVED:
        raise Malformed(f"opaque descriptor 0x{byte:02x} with reserved bits set")
    return Descriptor(1, bool(byte & _START), bool(byte & _END), (byte & _KEYFRAME,))


FORMAT = PayloadFormat(
    name="opaque",
    source="private to this project: one start/end/key-frame byte",
    smallest_mtu=2,
    split=split,
    join=join,
)
