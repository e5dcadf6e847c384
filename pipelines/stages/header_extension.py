"""Stages that put a header extension into RTP packets and take it out again (RFC 8285).

Packetizers here write none. What a conference sends with each packet (which stream it belongs to,
how loud it is, when it left) goes there, and SRTP alone leaves it readable to the network.
"""

import numpy as np

from pipelines.formats.rtp import FIXED_SIZE, PLAIN_FIRST_BYTE
from pipelines.media import U8, PacketBatch, Unit
from pipelines.memory import GrowOnlyMemory
from pipelines.stage import StageKind
from pipelines.stages.units import packets

MID_BYTES = 11

_ONE_BYTE_HEADERS = 0xBEDE
_MID_ID = 1
_EXTENSION_BIT = 0x10
_EXTENDED_FIRST_BYTE = PLAIN_FIRST_BYTE | _EXTENSION_BIT


def mid_extension(ssrc: int) -> U8:
    """Return an extension that names the stream, as RFC 9143 15 sends it in each packet: its MID.

    Sixteen bytes: the extension's header, then one element of twelve (RFC 8285 4.2), whose
    identifier is made of the SSRC, so that it is another one in each session.
    """
    element = bytes([_MID_ID << 4 | MID_BYTES - 1]) + f"mid{ssrc:08x}".encode()
    words = len(element) // 4
    header = _ONE_BYTE_HEADERS.to_bytes(2) + words.to_bytes(2)
    return np.frombuffer(header + element, dtype=np.uint8)


class ExtendHeader:
    """Puts `extension` into packets whose header is a plain one, as packetizers write it."""

    name = "extend-header"
    kind = StageKind.PACKETS

    def __init__(self, extension: U8) -> None:
        self._extension = extension
        self._memory = GrowOnlyMemory()

    def __call__(self, unit: Unit, /) -> PacketBatch:
        """Return the longer packets. ValueError where a header has sources or an extension."""
        batch = packets(unit)
        if (batch.data[:, 0] != PLAIN_FIRST_BYTE).any():
            raise ValueError("extend-header: a packet has more than the fixed RTP header")
        added = len(self._extension)
        rows, stride = batch.data.shape
        data = self._memory.lend(rows * (stride + added)).reshape(rows, stride + added)
        data[:, :FIXED_SIZE] = batch.data[:, :FIXED_SIZE]
        data[:, 0] |= _EXTENSION_BIT
        data[:, FIXED_SIZE : FIXED_SIZE + added] = self._extension
        data[:, FIXED_SIZE + added :] = batch.data[:, FIXED_SIZE:]
        return PacketBatch(data=data, size=batch.size + added)


class StripHeader:
    """Takes the extension out where every packet has `extension` alone; hands on any others."""

    name = "strip-header"
    kind = StageKind.PACKETS

    def __init__(self, extension: U8) -> None:
        self._extension = extension
        self._memory = GrowOnlyMemory()

    def __call__(self, unit: Unit, /) -> PacketBatch:
        """Return packets with the fixed header, or `unit` as it is: reassembly reads any header."""
        batch = packets(unit)
        added = len(self._extension)
        end = FIXED_SIZE + added
        rows, stride = batch.data.shape
        if stride < end or (batch.size < end).any():
            return batch
        same = batch.data[:, FIXED_SIZE:end] == self._extension
        if not same.all() or (batch.data[:, 0] != _EXTENDED_FIRST_BYTE).any():
            return batch
        data = self._memory.lend(rows * (stride - added)).reshape(rows, stride - added)
        data[:, :FIXED_SIZE] = batch.data[:, :FIXED_SIZE]
        data[:, 0] = PLAIN_FIRST_BYTE
        data[:, FIXED_SIZE:] = batch.data[:, end:]
        return PacketBatch(data=data, size=batch.size - added)
