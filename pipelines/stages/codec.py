"""Codec stages: what the client pays before and after all crypto."""

from pipelines.codecs.decoder import Decoder
from pipelines.codecs.encoder import Encoder
from pipelines.media import EncodedFrame, RawFrame, Unit
from pipelines.stage import StageKind
from pipelines.stages.units import access_unit, raw_frame


class Encode:
    """Decoded frame to access unit."""

    name = "encode"
    kind = StageKind.CODEC

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        """Return the access unit of the frame. Raises CodecError."""
        return self._encoder.encode(raw_frame(unit))


class Decode:
    """Access unit to decoded frame."""

    name = "decode"
    kind = StageKind.CODEC

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    def __call__(self, unit: Unit, /) -> RawFrame:
        """Return the decoded frame. Raises CodecError."""
        return self._decoder.decode(access_unit(unit))
