from dataclasses import replace
from fractions import Fraction

import pytest

from pipelines.codecs import decoder, library
from pipelines.codecs.decoder import DECODER_LIBRARIES, Decoder
from pipelines.codecs.encoder import Encoder
from pipelines.codecs.library import can_encode
from pipelines.codecs.settings import ENCODER_LIBRARIES, conference_settings
from pipelines.media import CODECS
from pipelines.not_installed import NotInstalled


@pytest.fixture
def without_x265(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask FFmpeg for libraries that no build has: it then says what a build without them says."""
    encoders = {**ENCODER_LIBRARIES, "h265": replace(ENCODER_LIBRARIES["h265"], name="libx266")}
    decoders = {**DECODER_LIBRARIES, "h265": replace(DECODER_LIBRARIES["h265"], name="hevk")}
    for module in ("pipelines.codecs.encoder", "pipelines.codecs.library"):
        monkeypatch.setattr(f"{module}.ENCODER_LIBRARIES", encoders)
    monkeypatch.setattr(decoder, "DECODER_LIBRARIES", decoders)


def test_the_wheels_of_pyav_have_every_codec() -> None:
    assert all(can_encode(codec) for codec in CODECS)


@pytest.mark.usefixtures("without_x265")
def test_a_codec_that_this_ffmpeg_lacks_is_not_installed() -> None:
    assert [codec for codec in CODECS if not library.can_encode(codec)] == ["h265"]
    with pytest.raises(NotInstalled, match="libx266, which encodes h265, is not in this FFmpeg"):
        Encoder(conference_settings("h265", 320, 180, Fraction(30)))
    with pytest.raises(NotInstalled, match="hevk, which decodes h265, is not in this FFmpeg"):
        Decoder("h265", 320, 180)
