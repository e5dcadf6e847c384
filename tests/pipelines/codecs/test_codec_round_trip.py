import dataclasses
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from bench.clips.library import load_footage
from pipelines.codecs.decoder import Decoder
from pipelines.codecs.encoder import Encoder
from pipelines.codecs.settings import CodecError, CodecSettings, conference_settings
from pipelines.media import CODECS, EncodedFrame, RawFrame

N_FRAMES = 24
FORCED = 13
LOSSY = [codec for codec in CODECS if codec != "raw"]


@pytest.fixture(scope="module")
def frames() -> tuple[RawFrame, ...]:
    return load_footage("webcam-360p", N_FRAMES).frames


@pytest.fixture(scope="module")
def units(frames: tuple[RawFrame, ...]) -> dict[str, list[EncodedFrame]]:
    return {codec: encode(codec, frames) for codec in CODECS}


def settings_of(codec: str) -> CodecSettings:
    return conference_settings(codec, 640, 360, Fraction(30))


def encode(codec: str, frames: tuple[RawFrame, ...]) -> list[EncodedFrame]:
    encoder = Encoder(settings_of(codec))
    return [encoder.encode(frame, force_keyframe=frame.index == FORCED) for frame in frames]


def blank(width: int, height: int) -> RawFrame:
    y = np.full((height, width), 90, dtype=np.uint8)
    u = np.full(((height + 1) // 2, (width + 1) // 2), 128, dtype=np.uint8)
    return RawFrame(index=0, pts_ns=0, planes=(y, u, u.copy()))


@pytest.mark.parametrize("codec", CODECS)
def test_each_frame_gives_one_unit_with_its_index_and_pts(
    codec: str, units: dict[str, list[EncodedFrame]], frames: tuple[RawFrame, ...]
) -> None:
    numbers = [(unit.index, unit.pts_ns) for unit in units[codec]]
    assert numbers == [(frame.index, frame.pts_ns) for frame in frames]
    assert all(unit.codec == codec and unit.payload.size > 0 for unit in units[codec])
    assert all(unit.payload.dtype == np.uint8 for unit in units[codec])


@pytest.mark.parametrize("codec", LOSSY)
def test_forced_key_frame_is_one_and_stands_alone(
    codec: str, units: dict[str, list[EncodedFrame]]
) -> None:
    assert [unit.index for unit in units[codec] if unit.is_keyframe] == [0, FORCED]
    decoder = Decoder(codec, 640, 360)
    assert decoder.decode(units[codec][FORCED]).planes[0].shape == (360, 640)


@pytest.mark.parametrize("codec", LOSSY)
def test_key_frames_come_at_the_interval(codec: str, frames: tuple[RawFrame, ...]) -> None:
    encoder = Encoder(dataclasses.replace(settings_of(codec), keyframe_interval_frames=8))
    keys = [frame.index for frame in frames if encoder.encode(frame).is_keyframe]
    assert keys == [0, 8, 16]


@pytest.mark.parametrize("codec", LOSSY)
def test_same_pictures_give_the_same_bytes(
    codec: str, units: dict[str, list[EncodedFrame]], frames: tuple[RawFrame, ...]
) -> None:
    again = encode(codec, frames)
    assert [unit.payload.tobytes() for unit in again] == [
        unit.payload.tobytes() for unit in units[codec]
    ]


@pytest.mark.parametrize("codec", CODECS)
def test_each_unit_decodes_to_its_frame_at_once(
    codec: str, units: dict[str, list[EncodedFrame]], frames: tuple[RawFrame, ...]
) -> None:
    decoder = Decoder(codec, 640, 360)
    for unit, original in zip(units[codec], frames, strict=True):
        decoded = decoder.decode(unit)
        assert (decoded.index, decoded.pts_ns) == (original.index, original.pts_ns)
        assert [p.shape for p in decoded.planes] == [p.shape for p in original.planes]
        for plane, source in zip(decoded.planes, original.planes, strict=True):
            # Limited bitrate on a face: a few levels of error, not another picture.
            error = np.abs(plane.astype(np.int16) - source).mean()
            assert error < 6 if codec != "raw" else error == 0


@pytest.mark.parametrize("codec", LOSSY)
def test_decoded_frames_stay_valid_after_later_ones(
    codec: str, units: dict[str, list[EncodedFrame]]
) -> None:
    decoder = Decoder(codec, 640, 360)
    first = decoder.decode(units[codec][0])
    copy = first.planes[0].copy()
    for unit in units[codec][1:]:
        decoder.decode(unit)
    del decoder
    assert np.array_equal(first.planes[0], copy)


@pytest.mark.parametrize("codec", LOSSY)
def test_decoded_views_encode_like_their_copies(
    codec: str, units: dict[str, list[EncodedFrame]]
) -> None:
    decoder = Decoder(codec, 640, 360)
    views = tuple(decoder.decode(unit) for unit in units[codec])
    copies = []
    for frame in views:
        y, u, v = (plane.copy() for plane in frame.planes)
        y.flags.writeable = False
        copies.append(msgspec.structs.replace(frame, planes=(y, u, v)))
    assert [unit.payload.tobytes() for unit in encode(codec, views)] == [
        unit.payload.tobytes() for unit in encode(codec, tuple(copies))
    ]


def test_h265_units_have_only_long_start_codes_and_headers_on_key_frames(
    units: dict[str, list[EncodedFrame]],
) -> None:
    for unit in units["h265"]:
        data = unit.payload.tobytes()
        assert data.startswith(b"\x00\x00\x00\x01")
        assert data.count(b"\x00\x00\x01") == data.count(b"\x00\x00\x00\x01")
        nal_types = {part[0] >> 1 for part in data.split(b"\x00\x00\x00\x01")[1:]}
        # ITU-T H.265 table 7-1: 32 VPS, 33 SPS, 34 PPS, 20 IDR without leading pictures, 1 other.
        assert nal_types == ({32, 33, 34, 20} if unit.is_keyframe else {1})


def test_h264_units_have_only_long_start_codes_and_headers_on_key_frames(
    units: dict[str, list[EncodedFrame]],
) -> None:
    for unit in units["h264"]:
        data = unit.payload.tobytes()
        assert data.startswith(b"\x00\x00\x00\x01")
        assert data.count(b"\x00\x00\x01") == data.count(b"\x00\x00\x00\x01")
        nal_types = {part[0] & 31 for part in data.split(b"\x00\x00\x00\x01")[1:]}
        # ITU-T H.264 table 7-1: 7 SPS, 8 PPS, 5 IDR slice, 1 other slice, 6 SEI.
        assert nal_types - {6} == ({7, 8, 5} if unit.is_keyframe else {1})


@pytest.mark.parametrize("codec", CODECS)
def test_frame_of_another_size_is_refused(codec: str) -> None:
    with pytest.raises(CodecError, match="640x360 was given a frame of 320x180"):
        Encoder(settings_of(codec)).encode(blank(320, 180))


def test_size_that_the_library_refuses_is_a_codec_error() -> None:
    settings = conference_settings("av1", 16, 16, Fraction(30))
    with pytest.raises(CodecError, match=r"av1 \(libsvtav1\) cannot encode 16x16"):
        Encoder(settings)


@pytest.mark.parametrize("codec", CODECS)
def test_what_is_no_unit_is_refused(codec: str, units: dict[str, list[EncodedFrame]]) -> None:
    key_unit = units[codec][0]
    noise = np.random.default_rng(1).integers(0, 256, 700, dtype=np.uint8)
    for payload in (key_unit.payload[:0], noise, np.zeros(100, dtype=np.uint8)):
        decoder = Decoder(codec, 640, 360)
        with pytest.raises(CodecError):
            decoder.decode(msgspec.structs.replace(key_unit, payload=payload))


@pytest.mark.parametrize("codec", LOSSY)
def test_decoder_goes_on_after_a_unit_it_refused(
    codec: str, units: dict[str, list[EncodedFrame]]
) -> None:
    decoder = Decoder(codec, 640, 360)
    decoder.decode(units[codec][0])
    empty = msgspec.structs.replace(units[codec][1], payload=units[codec][1].payload[:0])
    with pytest.raises(CodecError, match="empty"):
        decoder.decode(empty)
    assert decoder.decode(units[codec][1]).planes[0].shape == (360, 640)


def test_unit_of_another_codec_is_refused(units: dict[str, list[EncodedFrame]]) -> None:
    with pytest.raises(CodecError, match="vp9 decoder was given a unit of vp8"):
        Decoder("vp9", 640, 360).decode(units["vp8"][0])


@pytest.mark.parametrize("codec", CODECS)
def test_unit_of_another_size_is_refused(codec: str, units: dict[str, list[EncodedFrame]]) -> None:
    with pytest.raises(CodecError, match=r"640x360|1382400 bytes"):
        Decoder(codec, 1280, 720).decode(units[codec][0])


@pytest.mark.parametrize("codec", LOSSY)
def test_damaged_units_give_a_frame_or_a_codec_error(
    codec: str, units: dict[str, list[EncodedFrame]]
) -> None:
    random = np.random.default_rng(7)
    decoder = Decoder(codec, 640, 360)
    refused = 0
    for trial in range(60):
        unit = units[codec][trial % 8]
        payload = unit.payload[: random.integers(1, unit.payload.size + 1)].copy()
        payload[random.integers(0, payload.size, 8)] ^= np.uint8(1 << random.integers(0, 8))
        try:
            frame = decoder.decode(msgspec.structs.replace(unit, payload=payload))
        except CodecError:
            refused += 1
        else:
            assert frame.planes[0].shape == (360, 640)
    assert refused > 0


def test_raw_unit_is_contiguous_planes_in_order() -> None:
    frame = blank(6, 4)
    frame.planes[0][:] = np.arange(24, dtype=np.uint8).reshape(4, 6)
    unit = Encoder(conference_settings("raw", 6, 4, Fraction(30))).encode(frame)
    assert unit.is_keyframe
    assert unit.payload.tolist() == [*range(24), *[128] * 12]
