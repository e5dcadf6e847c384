"""Stages that move bytes and encrypt nothing: copy, packetize, forward, depacketize."""

from pipelines.formats.native.packetizer import CompiledPacketizer, CompiledReassembler
from pipelines.media import EncodedFrame, PacketBatch, Unit
from pipelines.memory import GrowOnlyMemory
from pipelines.stage import StageKind
from pipelines.stages.units import access_unit, packets


class Copy:
    """Copies the access unit: what a cipher costs beyond this is the cipher."""

    name = "copy"
    kind = StageKind.CRYPTO

    def __init__(self) -> None:
        self._memory = GrowOnlyMemory()

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        """Return the same access unit in the stage's own buffer."""
        frame = access_unit(unit)
        payload = self._memory.lend(len(frame.payload))
        payload[:] = frame.payload
        return frame.with_payload(payload, frame.codec)


class Packetize:
    """Access unit to RTP packets of at most `mtu` payload bytes."""

    name = "packetize"
    kind = StageKind.PACKETS

    def __init__(self, codec: str, *, ssrc: int, mtu: int) -> None:
        self._packetizer = CompiledPacketizer(codec, ssrc=ssrc, mtu=mtu)

    def __call__(self, unit: Unit, /) -> PacketBatch:
        """Return the packets of the access unit."""
        return self._packetizer.packetize(access_unit(unit))


class Depacketize:
    """RTP packets of one access unit back to the access unit."""

    name = "depacketize"
    kind = StageKind.PACKETS

    def __init__(self, codec: str) -> None:
        self._reassembler = CompiledReassembler(codec)

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        """Return the access unit. Raises Incomplete or Malformed."""
        return self._reassembler.reassemble(packets(unit))


class Forward:
    """A relay that copies what it got to where it goes, and can read none of it."""

    name = "forward"
    kind = StageKind.PACKETS

    def __init__(self) -> None:
        self._copy = Copy()
        self._out = PacketBatch.empty(0, 0)

    def __call__(self, unit: Unit, /) -> EncodedFrame | PacketBatch:
        """Return the same packets, or the same sealed frame, in the relay's own buffer."""
        if not isinstance(unit, PacketBatch):
            return self._copy(unit)
        rows, stride = unit.data.shape
        had_rows, had_stride = self._out.data.shape
        if had_rows < rows or had_stride < stride:
            self._out = PacketBatch.empty(max(rows, had_rows), max(stride, had_stride))
        used = int(unit.size.max(initial=0))
        self._out.data[:rows, :used] = unit.data[:, :used]
        self._out.size[:rows] = unit.size
        return PacketBatch(data=self._out.data[:rows], size=self._out.size[:rows])
