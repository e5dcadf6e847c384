from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bench.clips.encoded import EncodedClip, cached_clip, encode_clip
from bench.clips.footage import Footage
from bench.clips.library import load_footage
from pipelines.codecs.settings import CodecSettings, conference_settings
from pipelines.media import CODECS, EncodedFrame

LOSSY = [codec for codec in CODECS if codec != "raw"]


@pytest.fixture(scope="module")
def footage() -> Footage:
    return load_footage("webcam-360p->180p", 20)


def settings_of(codec: str, bitrate_bps: int | None = None) -> CodecSettings:
    settings = conference_settings(codec, 320, 180, Fraction(30))
    if bitrate_bps is None:
        return settings
    return CodecSettings(
        codec=codec,
        width=320,
        height=180,
        fps=Fraction(30),
        bitrate_bps=bitrate_bps,
        keyframe_interval_frames=settings.keyframe_interval_frames,
    )


def contents(clip: EncodedClip) -> list[tuple[int, int, bool, str, bytes]]:
    def of(unit: EncodedFrame) -> tuple[int, int, bool, str, bytes]:
        payload = unit.payload.tobytes()
        return unit.index, unit.pts_ns, unit.is_keyframe, unit.codec, payload

    return [of(unit) for unit in clip.frames]


@pytest.mark.parametrize("codec", LOSSY)
def test_clip_from_the_cache_is_the_clip_that_was_encoded(
    codec: str, footage: Footage, tmp_path: Path
) -> None:
    made = encode_clip(footage, settings_of(codec), cache=tmp_path)
    cached = cached_clip(footage.facts, settings_of(codec), cache=tmp_path)
    assert cached is not None
    assert contents(cached) == contents(made)
    assert (cached.facts, cached.settings) == (made.facts, made.settings)
    assert made.frames[0].is_keyframe
    assert all(unit.payload.flags.c_contiguous for unit in cached.frames)


@pytest.mark.parametrize("codec", ["vp8", "raw"])
def test_nobody_writes_into_what_cases_share(codec: str, footage: Footage, tmp_path: Path) -> None:
    made = encode_clip(footage, settings_of(codec), cache=tmp_path)
    cached = cached_clip(footage.facts, settings_of(codec), cache=tmp_path) or made
    payloads = [unit.payload for clip in (made, cached) for unit in clip.frames]
    for array in [*payloads, *(plane for frame in footage.frames for plane in frame.planes)]:
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.setflags(write=True)


def test_cached_clip_is_not_encoded_again(footage: Footage, tmp_path: Path) -> None:
    settings = settings_of("h264")
    first = encode_clip(footage, settings, cache=tmp_path)
    # Without frames there is nothing to encode: whatever comes back came from the cache.
    empty = Footage(facts=footage.facts, frames=())
    assert contents(encode_clip(empty, settings, cache=tmp_path)) == contents(first)


def test_other_settings_and_other_pictures_have_their_own_entries(
    footage: Footage, tmp_path: Path
) -> None:
    encode_clip(footage, settings_of("vp8"), cache=tmp_path)
    assert cached_clip(footage.facts, settings_of("vp8", 90_000), cache=tmp_path) is None
    other = load_footage("webcam-360p->180p", 19).facts
    assert cached_clip(other, settings_of("vp8"), cache=tmp_path) is None


@pytest.mark.parametrize("damage", ["flipped", "truncated", "emptied", "replaced"])
def test_damaged_entry_is_made_again(damage: str, footage: Footage, tmp_path: Path) -> None:
    settings = settings_of("vp8")
    first = encode_clip(footage, settings, cache=tmp_path)
    (entry,) = (tmp_path / "encoded").iterdir()
    whole = entry.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    damaged = {
        "flipped": bytes(flipped),
        "truncated": whole[: len(whole) // 2],
        "emptied": b"",
        "replaced": b"something else altogether" * 10,
    }
    entry.write_bytes(damaged[damage])
    assert cached_clip(footage.facts, settings, cache=tmp_path) is None
    assert contents(encode_clip(footage, settings, cache=tmp_path)) == contents(first)
    assert entry.read_bytes() == whole


def test_entry_is_an_npz_that_numpy_opens(footage: Footage, tmp_path: Path) -> None:
    clip = encode_clip(footage, settings_of("h264"), cache=tmp_path)
    (entry,) = (tmp_path / "encoded").iterdir()
    with np.load(entry, allow_pickle=False) as arrays:
        assert arrays["blob"].size == sum(unit.payload.size for unit in clip.frames)


def test_raw_clip_is_exact_and_not_written_to_disk(footage: Footage, tmp_path: Path) -> None:
    clip = encode_clip(footage, settings_of("raw"), cache=tmp_path)
    assert not (tmp_path / "encoded").exists()
    for unit, frame in zip(clip.frames, footage.frames, strict=True):
        assert unit.is_keyframe
        assert unit.payload.tobytes() == b"".join(plane.tobytes() for plane in frame.planes)
    assert clip.achieved_bitrate_bps == clip.settings.bitrate_bps


def test_achieved_bitrate_is_bits_over_time(footage: Footage, tmp_path: Path) -> None:
    clip = encode_clip(footage, settings_of("h264"), cache=tmp_path)
    total_bits = 8 * sum(unit.payload.size for unit in clip.frames)
    assert clip.achieved_bitrate_bps == pytest.approx(total_bits / (20 / 30))
    assert clip.description.startswith("libx264, 320x180 at 30 frames/s, 150000 bit/s")
