"""Videos as users have them: every fact is that of the frames, and what is odd is said."""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from bench.clips.errors import ClipError
from bench.clips.footage import FootageFacts, open_footage
from bench.clips.names import ClipName

Packets = list["av.Packet[Any]"]
B_FRAMES = {"bf": "3", "preset": "medium"}
TRUNCATED = "damaged file: the {} frames before the damage used (truncated)"


def write(
    path: Path,
    *,
    codec: str = "libx264",
    pts: Sequence[int] = range(40),
    fps: Fraction = Fraction(30),
    size: tuple[int, int] = (96, 64),
    pix_fmt: str = "yuv420p",
    gop: int = 15,
    options: dict[str, str] | None = None,
    muxer: dict[str, str] | None = None,
) -> Path:
    """Write a moving grid, shown at `pts` (in frame intervals)."""
    with av.open(str(path), "w", options=muxer or {}) as container:
        stream = container.add_stream(codec, rate=fps)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.codec_context.gop_size = gop
        stream.codec_context.time_base = 1 / fps
        stream.codec_context.options = options or {}
        y, x = np.mgrid[0 : size[1], 0 : size[0]]
        for time in pts:
            picture = np.repeat(((x + 3 * time) ^ (y + 5 * time)).astype(np.uint8)[..., None], 3, 2)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = time, 1 / fps
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def remux(source: Path, path: Path, change: Callable[[Packets, Fraction], Packets]) -> Path:
    """Copy the packets of a video as `change` gives them, from them and the time base."""
    with av.open(str(source)) as before, av.open(str(path), "w") as after:
        stream = before.streams.video[0]
        target = after.add_stream_from_template(stream)
        tick = stream.time_base
        assert tick is not None
        packets = [packet for packet in before.demux(stream) if packet.dts is not None]
        for packet in change(packets, Fraction(tick.numerator, tick.denominator)):
            packet.stream = target
            after.mux(packet)
    return path


def moved(packets: Packets, tick: Fraction, seconds: int) -> Packets:
    for packet in packets:
        assert packet.pts is not None
        assert packet.dts is not None
        packet.pts += int(seconds / tick)
        packet.dts += int(seconds / tick)
    return packets


def with_hole(packets: Packets, tick: Fraction) -> Packets:
    return packets[:25] + moved(packets[25:], tick, 98)


def with_last_frame_held(packets: Packets, tick: Fraction) -> Packets:
    packets[-1].duration = int(5 / tick)
    return packets


def facts(path: Path) -> FootageFacts:
    return open_footage(path, ClipName(clip="mine")).facts


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


@pytest.mark.parametrize("kind", ["mp4", "mov", "mkv", "ts", "flv"])
def test_clip_whose_header_average_misleads_has_the_rate_of_its_stamps(
    kind: str, tmp_path: Path
) -> None:
    ten = write(tmp_path / "ten.mp4", fps=Fraction(10), pts=range(20))
    held = facts(remux(ten, tmp_path / f"held.{kind}", with_last_frame_held))
    assert (held.fps, held.frames, held.note) == (Fraction(10), 20, "")
    plain = write(tmp_path / "plain.mp4", options=B_FRAMES)
    hole = facts(remux(plain, tmp_path / f"hole.{kind}", with_hole))
    assert (hole.fps, hole.frames) == (Fraction(30), 40)
    assert hole.note.endswith("in the time stamps left out of the rate")


@pytest.mark.parametrize("kind", ["mp4", "mov", "mkv", "ts", "flv"])
def test_clip_that_begins_late_is_neither_damaged_nor_slow(kind: str, tmp_path: Path) -> None:
    plain = write(tmp_path / "plain.mp4", options=B_FRAMES)
    late = facts(remux(plain, tmp_path / f"late.{kind}", lambda all_, t: moved(all_, t, 7)))
    assert (late.fps, late.frames, late.note) == (Fraction(30), 40, "")


def test_stamps_around_the_end_of_the_33_bit_clock_give_the_rate(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain.ts", options=B_FRAMES)
    wrapped = remux(plain, tmp_path / "wrap.ts", lambda all_, t: moved(all_, t, 2**33 // 90_000))
    assert (facts(wrapped).fps, facts(wrapped).note) == (Fraction(30), "")


def test_b_frames_in_avi_do_not_disturb_the_rate(tmp_path: Path) -> None:
    found = facts(write(tmp_path / "a.avi", options=B_FRAMES))
    assert (found.fps, found.frames, found.note) == (Fraction(30), 40, "")


@pytest.mark.parametrize(
    ("name", "codec"), [("a.h264", "libx264"), ("a.m2v", "mpeg2video"), ("a.m1v", "mpeg1video")]
)
@pytest.mark.parametrize("fps", [Fraction(24), Fraction(30), Fraction(60000, 1001)])
def test_raw_stream_has_the_rate_that_it_states_itself(
    name: str, codec: str, fps: Fraction, tmp_path: Path
) -> None:
    found = facts(write(tmp_path / name, codec=codec, fps=fps))
    assert (found.fps, found.note) == (fps, "")


@pytest.mark.parametrize("name", ["a.mjpeg", "a.jpg"])
def test_rate_that_nothing_states_is_assumed_and_said(name: str, tmp_path: Path) -> None:
    pts = range(1 if name == "a.jpg" else 10)
    path = write(tmp_path / name, codec="mjpeg", pix_fmt="yuvj420p", fps=Fraction(15), pts=pts)
    assert facts(path).fps == 30
    assert "no usable frame rate: 30 frames/s assumed" in facts(path).note


def test_rate_of_one_avif_picture_is_assumed_and_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.avif", codec="libsvtav1", pts=range(1))
    assert (facts(path).fps, facts(path).frames) == (Fraction(30), 1)
    assert facts(path).note == "no usable frame rate: 30 frames/s assumed"


def test_slow_avi_has_its_rate(tmp_path: Path) -> None:
    path = write(tmp_path / "a.avi", codec="mpeg4", pts=range(3), fps=Fraction(1))
    assert (facts(path).fps, facts(path).note) == (Fraction(1), "")


def test_few_frames_and_many_of_one_clip_have_one_rate(tmp_path: Path) -> None:
    # It changes its pace on the way, so that sixty frames alone would say 30.
    pts = [*range(70), *range(70, 190, 2)]
    path = write(tmp_path / "a.mp4", pts=pts)
    rates = {open_footage(path, ClipName(clip="a"), max_frames=n).facts.fps for n in (8, 60, 300)}
    assert len(rates) == 1
    (rate,) = rates
    assert float(rate) == pytest.approx(129 / 188 * 30, rel=1e-2)


def test_dropped_frames_of_avi_are_no_damage(tmp_path: Path) -> None:
    pts = [number for number in range(60) if number not in {13, 14, 37}]
    found = facts(write(tmp_path / "a.avi", codec="mpeg4", pts=pts))
    assert (found.fps, found.frames) == (Fraction(30), 57)
    assert found.note == "2 gaps in the time stamps left out of the rate"


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("libx264", B_FRAMES),
        ("libx264", {"x264-params": "open-gop=1:bframes=3"}),
        ("libx265", {"x265-params": "log-level=none"}),
        ("mpeg2video", {"bf": "2"}),
    ],
)
@pytest.mark.parametrize("offset", [20 * 188, 33 * 188 + 50])
def test_recording_joined_between_key_frames_is_read_from_its_first_good_frame(
    codec: str, options: dict[str, str], offset: int, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.ts", codec=codec, options=options, pts=range(60), size=(320, 240))
    data = path.read_bytes()
    path.write_bytes(data[offset:])
    found = facts(path)
    assert (found.width, found.height, found.fps) == (320, 240, Fraction(30))
    assert found.frames >= 30
    assert "packets do not decode and are left out" in found.note
    assert "damaged" not in found.note


def test_first_packet_that_fails_is_left_out_and_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ivf", codec="libvpx")
    data = bytearray(path.read_bytes())
    first_bytes = int.from_bytes(data[32:36], "little")
    path.write_bytes(bytes(data[:32] + data[44 + first_bytes :]))
    found = facts(path)
    assert (found.frames, found.fps) == (25, Fraction(30))
    assert found.note == "its first 14 packets do not decode and are left out"


def test_raw_stream_without_its_first_picture_is_read_from_the_next_key_frame(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "a.h264", size=(320, 240))
    data = path.read_bytes()
    first_other_picture = re.search(rb"\x00\x00\x01[\x01\x41\x61]", data)
    assert first_other_picture is not None
    path.write_bytes(data[first_other_picture.start() :])
    found = facts(path)
    assert (found.width, found.height, found.frames) == (320, 240, 25)
    assert found.note == "its first 14 packets do not decode and are left out"


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "movflags"),
    [
        ("a.mp4", "libx264", "yuv420p", "faststart"),
        ("a.mp4", "libx264", "yuv420p", "frag_keyframe+empty_moov"),
        ("a.mkv", "libx264", "yuv420p", ""),
        ("a.webm", "libvpx", "yuv420p", ""),
        ("a.avi", "mpeg4", "yuv420p", ""),
        ("a.flv", "libx264", "yuv420p", ""),
        ("a.wmv", "wmv2", "yuv420p", ""),
        ("a.ivf", "libvpx", "yuv420p", ""),
        ("a.gif", "gif", "rgb8", ""),
        ("a.apng", "apng", "rgb24", ""),
        ("a.y4m", "wrapped_avframe", "yuv420p", ""),
        ("a.mjpeg", "mjpeg", "yuvj420p", ""),
        ("a.mxf", "mpeg2video", "yuv420p", ""),
    ],
)
def test_truncated_file_is_measured_and_said_to_be_truncated(
    name: str, codec: str, pix_fmt: str, movflags: str, tmp_path: Path
) -> None:
    muxer = {"movflags": movflags} if movflags else {}
    path = write(
        tmp_path / name, codec=codec, pix_fmt=pix_fmt, muxer=muxer, gop=10, size=(192, 128)
    )
    whole = facts(path)
    assert (whole.frames, whole.fps) == (40, Fraction(30))
    assert "damaged" not in whole.note
    found = facts(cut(path, 0.6))
    assert 0 < found.frames < 40
    assert TRUNCATED.format(found.frames) in found.note


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.97])
def test_mp4_cut_before_its_index_ends_is_said_to_be_cut_short(
    share: float, tmp_path: Path
) -> None:
    path = cut(write(tmp_path / "a.mp4"), share)
    with pytest.raises(ClipError, match="the file is cut short"):
        facts(path)


def test_truncated_file_is_noted_where_its_first_frames_are_enough(tmp_path: Path) -> None:
    path = cut(write(tmp_path / "a.mkv"), 0.9)
    few = open_footage(path, ClipName(clip="a"), max_frames=5).facts
    assert few.note == "first 5 frames; the file is truncated"


def two_streams(path: Path, *, default: int | None) -> Path:
    """Write a small stream of 15 frames/s and then a large one of 30; one may be flagged."""
    small = write(path.with_name("small.mp4"), fps=Fraction(15), pts=range(15))
    large = write(path.with_name("large.mp4"), size=(192, 128))
    with (
        av.open(str(small)) as first,
        av.open(str(large)) as second,
        av.open(str(path), "w") as out,
    ):
        sources = [first.streams.video[0], second.streams.video[0]]
        targets = [out.add_stream_from_template(source) for source in sources]
        for place, target in enumerate(targets):
            target.disposition = Disposition.default if place == default else Disposition(0)
        for container, source, target in zip((first, second), sources, targets, strict=True):
            for packet in container.demux(source):
                if packet.dts is not None:
                    packet.stream = target
                    out.mux(packet)
    return path


@pytest.mark.parametrize(
    ("default", "width", "note"),
    [(0, 96, "video stream 1 of 2"), (1, 192, "video stream 2 of 2")],
)
@pytest.mark.parametrize("kind", ["mkv", "mp4"])
def test_flagged_stream_is_taken_and_said(
    default: int, width: int, note: str, kind: str, tmp_path: Path
) -> None:
    found = facts(two_streams(tmp_path / f"two.{kind}", default=default))
    assert (found.width, found.note) == (width, note)


def test_without_a_flag_the_largest_stream_is_taken_and_said(tmp_path: Path) -> None:
    found = facts(two_streams(tmp_path / "two.ts", default=None))
    assert (found.width, found.frames, found.note) == (192, 40, "video stream 2 of 2")


def test_stream_without_frames_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "two.mkv"
    plain = write(tmp_path / "plain.mp4")
    with av.open(str(plain)) as source, av.open(str(path), "w") as out:
        stream = source.streams.video[0]
        empty = out.add_stream_from_template(stream)
        target = out.add_stream_from_template(stream)
        empty.disposition, target.disposition = Disposition.default, Disposition(0)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = target
                out.mux(packet)
    found = facts(path)
    assert (found.frames, found.note) == (40, "video stream 2 of 2")


def test_animation_is_taken_and_not_its_still(tmp_path: Path) -> None:
    path = write(tmp_path / "a.avif", codec="libsvtav1", pts=range(12))
    found = facts(path)
    assert (found.frames, found.fps, found.note) == (12, Fraction(30), "video stream 2 of 2")


def test_animated_webp_is_read_or_not_called_broken(tmp_path: Path) -> None:
    path = write(tmp_path / "a.webp", codec="libwebp_anim")
    try:
        found = facts(path)
    except ClipError as error:
        # FFmpeg 8.1 skips over animations; a later one plays them.
        said = str(error)
    else:
        said = f"{path}: {found.frames} frames, {found.fps}/s"
    known = ("cannot be decoded by this FFmpeg", "40 frames, 30/s")
    assert said in {f"{path}: {outcome}" for outcome in known}


@pytest.mark.parametrize(
    "name", ["50%.mp4", "f%03d.png", "a,b;c[1].mp4", "-x.mp4", "new\nline.mp4"]
)
def test_any_file_name_is_opened(name: str, tmp_path: Path) -> None:
    codec, pix_fmt = ("png", "rgb24") if name.endswith("png") else ("libx264", "yuv420p")
    suffix = Path(name).suffix
    plain = write(tmp_path / f"plain{suffix}", codec=codec, pix_fmt=pix_fmt, pts=range(1))
    path = plain.rename(tmp_path / name)
    assert facts(path).frames == 1
