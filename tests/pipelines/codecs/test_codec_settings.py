from fractions import Fraction

import pytest

from pipelines.codecs.settings import (
    LADDER_KBPS,
    CodecSettings,
    conference_settings,
    describe,
    ladder_bitrate_bps,
)
from pipelines.media import CODECS

ENCODED = [codec for codec in CODECS if codec != "raw"]


@pytest.mark.parametrize("codec", ENCODED)
def test_ladder_gives_its_own_rungs_at_thirty_frames(codec: str) -> None:
    for (width, height), kbps in LADDER_KBPS.items():
        assert ladder_bitrate_bps(codec, width, height, Fraction(30)) == kbps[codec] * 1000


@pytest.mark.parametrize("codec", ENCODED)
def test_ladder_never_falls_as_the_picture_grows(codec: str) -> None:
    rates = [ladder_bitrate_bps(codec, 16 * n, 9 * n, Fraction(30)) for n in range(2, 300, 7)]
    assert rates == sorted(rates)
    assert min(rates) > 0


def test_ladder_interpolates_linearly_in_pixels() -> None:
    between = ladder_bitrate_bps("h264", 640, 480, Fraction(30))
    share = (640 * 480 - 640 * 360) / (960 * 540 - 640 * 360)
    assert between == pytest.approx(600_000 + share * 600_000, abs=1000)


def test_four_times_the_frame_rate_doubles_the_bitrate() -> None:
    slow, fast = (ladder_bitrate_bps("vp9", 1280, 720, Fraction(fps)) for fps in (15, 60))
    assert fast == pytest.approx(2 * slow, abs=2000)


def test_raw_rate_is_exact() -> None:
    assert ladder_bitrate_bps("raw", 640, 360, Fraction(30)) == 640 * 360 * 3 // 2 * 8 * 30


@pytest.mark.parametrize("codec", CODECS)
def test_description_names_what_the_bytes_depend_on(codec: str) -> None:
    small = conference_settings(codec, 640, 360, Fraction(30000, 1001))
    large = conference_settings(codec, 1280, 720, Fraction(30000, 1001))
    assert describe(small) != describe(large)
    assert "640x360 at 30000/1001 frames/s" in describe(small)
    if codec != "raw":
        assert "key frame every 90 frames" in describe(small)
        assert f"{small.bitrate_bps} bit/s" in describe(small)


def test_unknown_codec_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown codec 'h266'; known: h264, h265, vp8"):
        conference_settings_of("h266")


def test_bitrate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="must be positive"):
        conference_settings_of("h264", bitrate_bps=0)


def conference_settings_of(codec: str, bitrate_bps: int = 1) -> CodecSettings:
    return CodecSettings(
        codec=codec,
        width=64,
        height=64,
        fps=Fraction(30),
        bitrate_bps=bitrate_bps,
        keyframe_interval_frames=30,
    )
