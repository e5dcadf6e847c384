"""The steps of a hook where the media is encoded: reassemble and decode, for the hook alone."""

from pipelines.codecs.decoder import Decoder
from pipelines.formats.native.packetizer import CompiledReassembler
from pipelines.media import EncodedFrame, PacketBatch, Unit
from pipelines.stage import StageKind
from pipelines.stages.scan.state import Scan
from pipelines.stages.units import access_unit


class Reassemble:
    """RTP packets to the hook's own copy of their access unit; the packets go on as they are.

    Every unit is put together, sampled or not, since H.264, H.265 and AV1 packets may prove that
    their unit is whole only by following on the one before. What is no packets (a raw pipeline's
    frame) is taken as it is.
    """

    name = "scan-reassemble"
    kind = StageKind.SCAN

    def __init__(self, scan: Scan, codec: str) -> None:
        self._scan = scan
        self._reassembler = CompiledReassembler(codec)

    def __call__(self, unit: Unit, /) -> Unit:
        """Return `unit`. Raises Incomplete or Malformed."""
        self._scan.unit = (
            self._reassembler.reassemble(unit) if isinstance(unit, PacketBatch) else unit
        )
        return unit


class Decode:
    """Access unit to the hook's own picture.

    `each`: units that are not sampled are decoded too, since later ones are made from them.
    """

    name = "scan-decode"
    kind = StageKind.SCAN

    def __init__(self, scan: Scan, decoder: Decoder, *, own: bool, each: bool) -> None:
        self._scan = scan
        self._decoder = decoder
        self._own = own
        self._each = each

    def __call__(self, unit: Unit, /) -> Unit:
        """Return `unit`. Raises CodecError."""
        scan = self._scan
        if self._each or scan.sampled:
            encoded: EncodedFrame = access_unit(scan.unit if self._own else unit)
            scan.unit = self._decoder.decode(encoded)
        return unit
