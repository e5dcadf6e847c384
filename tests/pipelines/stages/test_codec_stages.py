from fractions import Fraction

import numpy as np
import pytest

from pipelines.codecs.decoder import Decoder
from pipelines.codecs.encoder import Encoder
from pipelines.codecs.settings import CodecError, conference_settings
from pipelines.media import CODECS, EncodedFrame, RawFrame
from pipelines.stage import StageKind
from pipelines.stages.codec import Decode, Encode


def picture(index: int) -> RawFrame:
    y, x = np.mgrid[0:128, 0:160]
    luma = (100 + 50 * np.sin((x + y + 5 * index) / 11)).astype(np.uint8)
    chroma = np.full((64, 80), 120, dtype=np.uint8)
    return RawFrame(index=index, pts_ns=index * 33_000_000, planes=(luma, chroma, chroma.copy()))


@pytest.mark.parametrize("codec", CODECS)
def test_encode_then_decode_gives_about_the_same_picture_at_once(codec: str) -> None:
    encode = Encode(Encoder(conference_settings(codec, 160, 128, Fraction(30))))
    decode = Decode(Decoder(codec, 160, 128))
    assert encode.kind == decode.kind == StageKind.CODEC
    for index in range(4):
        original = picture(index)
        unit = encode(original)
        assert isinstance(unit, EncodedFrame)
        assert (unit.codec, unit.index, unit.pts_ns) == (codec, index, original.pts_ns)
        result = decode(unit)
        assert (result.index, result.pts_ns) == (index, original.pts_ns)
        error = np.abs(result.planes[0].astype(int) - original.planes[0])
        assert error.mean() < (8 if codec != "raw" else 1e-9)


def test_what_does_not_decode_is_a_codec_error() -> None:
    unit = Encode(Encoder(conference_settings("vp8", 160, 128, Fraction(30))))(picture(0))
    with pytest.raises(CodecError):
        Decode(Decoder("vp8", 160, 128))(unit.with_payload(unit.payload[:3], "vp8"))
