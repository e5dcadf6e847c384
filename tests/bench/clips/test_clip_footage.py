import itertools
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from bench.clips.cache import cache_dir
from bench.clips.catalogue import load_catalogue
from bench.clips.errors import ClipError
from bench.clips.fetch import cached_path, fetch
from bench.clips.footage import Footage, open_footage
from bench.clips.names import ClipName, parse_clip_name

MINE = ClipName(clip="mine")


def write_video(
    path: Path,
    *,
    codec: str = "libx264",
    size: tuple[int, int] = (64, 48),
    pix_fmt: str = "yuv420p",
    fps: Fraction = Fraction(25),
    pts: Sequence[int] = range(10),
    options: dict[str, str] | None = None,
    color_trc: int = 0,
    rotation: int = 0,
) -> Path:
    """Write frames whose luma is 40 + 10 n, shown at `pts` (in frame intervals)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = 1 / fps
        stream.codec_context.options = options or {}
        stream.codec_context.color_trc = color_trc
        if rotation:
            stream.set_display_rotation(rotation)
        for number, time in enumerate(pts):
            gray = np.full((size[1], size[0], 3), 40 + 10 * number, dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(gray, format="rgb24").reformat(format=pix_fmt)
            frame.color_trc = color_trc
            frame.pts, frame.time_base = time, 1 / fps
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_audio(path: Path, codec: str = "aac") -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48000)
        assert isinstance(stream, av.AudioStream)
        silence = np.zeros((1, 48000), dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def refusal(path: Path, name: ClipName = MINE) -> str:
    with pytest.raises(ClipError) as caught:
        open_footage(path, name)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def numbers(footage: Footage) -> list[int]:
    """Which of the written frames these are, from their luma (16 + 219/255 of the gray)."""
    return [
        round(((float(frame.planes[0].mean()) - 16) * 255 / 219 - 40) / 10)
        for frame in footage.frames
    ]


@pytest.fixture(scope="module")
def webcam() -> Path:
    clip = load_catalogue().clip("webcam-360p")
    fetch([clip])
    return cached_path(clip, cache_dir())


@pytest.mark.parametrize(
    ("file", "codec"),
    [
        ("a.mp4", "libx264"),
        ("a.mkv", "libx264"),
        ("a.mkv", "ffv1"),
        ("a.webm", "libvpx-vp9"),
        ("a.avi", "mpeg4"),
        ("a.ivf", "libvpx"),
        ("a.mov", "mjpeg"),
        ("a.ts", "libx264"),
        ("with:colon.mp4", "libx264"),
    ],
)
def test_any_container_gives_its_frames_in_order(file: str, codec: str, tmp_path: Path) -> None:
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = write_video(tmp_path / file, codec=codec, pix_fmt=pix_fmt)
    footage = open_footage(path, MINE)
    assert numbers(footage) == list(range(10))
    facts = footage.facts
    assert (facts.width, facts.height, facts.fps, facts.frames) == (64, 48, Fraction(25), 10)
    assert facts.note == ("" if codec != "mjpeg" else "converted from yuvj420p to 8-bit yuv420p")
    assert not facts.synthetic
    assert [frame.index for frame in footage.frames] == list(range(10))
    assert [frame.pts_ns for frame in footage.frames] == [n * 40_000_000 for n in range(10)]
    for plane in itertools.chain.from_iterable(frame.planes for frame in footage.frames):
        assert plane.flags.c_contiguous
        assert plane.dtype == np.uint8
    assert footage.memory_bytes == 10 * 64 * 48 * 3 // 2


def test_real_clip_is_what_the_catalogue_says(webcam: Path) -> None:
    clip = load_catalogue().clip("webcam-360p")
    footage = open_footage(webcam, ClipName(clip=clip.id))
    facts = footage.facts
    assert (facts.width, facts.height, facts.fps) == (clip.width, clip.height, clip.frame_rate)
    assert (facts.frames, facts.note) == (clip.frames, "")
    assert facts.source_sha256 == clip.sha256
    again = open_footage(webcam, ClipName(clip=clip.id))
    assert again.facts == facts


def test_scaled_footage_says_so(webcam: Path) -> None:
    footage = open_footage(webcam, parse_clip_name("webcam-360p->180p"), max_frames=2)
    assert [plane.shape for plane in footage.frames[0].planes] == [(180, 320), (90, 160), (90, 160)]
    assert footage.facts.name == "webcam-360p->180p"
    assert footage.facts.note == "scaled from 640x360, bicubic; first 2 of 72 frames"


def test_memory_is_bounded(webcam: Path) -> None:
    footage = open_footage(webcam, MINE, max_bytes=1_100_000)
    assert len(footage.frames) == 3
    assert footage.memory_bytes <= 1_100_000
    assert footage.facts.note == "first 3 of 72 frames"


def test_odd_sides_are_cropped_to_even_ones(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", codec="ffv1", size=(65, 49))
    footage = open_footage(path, MINE)
    assert [plane.shape for plane in footage.frames[0].planes] == [(48, 64), (24, 32), (24, 32)]
    assert footage.facts.note == "cropped from 65x49 to even sides"


def test_ten_bit_hdr_is_converted_and_said(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", codec="ffv1", pix_fmt="yuv420p10le", color_trc=16)
    footage = open_footage(path, MINE)
    assert numbers(footage) == list(range(10))
    assert "converted from yuv420p10le to 8-bit yuv420p" in footage.facts.note
    assert "HDR (PQ), not tone-mapped" in footage.facts.note


def test_rgb_is_converted_and_said(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", codec="ffv1", pix_fmt="bgr0")
    footage = open_footage(path, MINE)
    assert numbers(footage) == list(range(10))
    assert footage.facts.note == "converted from bgr0 to 8-bit yuv420p"


def test_rotation_is_said_and_not_applied(tmp_path: Path) -> None:
    footage = open_footage(write_video(tmp_path / "a.mp4", rotation=90), MINE)
    assert (footage.facts.width, footage.facts.height) == (64, 48)
    assert "display rotation of 90 degrees not applied" in footage.facts.note.replace("-", "")


def test_variable_frame_rate_becomes_its_average(tmp_path: Path) -> None:
    pts = [0, 1, 2, 3, 8, 9, 10, 15, 16, 18]
    footage = open_footage(write_video(tmp_path / "a.mp4", pts=pts), MINE)
    assert numbers(footage) == list(range(10))
    assert footage.facts.fps == Fraction(9, 18) * 25
    assert footage.facts.note == "variable frame rate: the average of 12.50 used"


@pytest.mark.parametrize("fps", [Fraction(30000, 1001), Fraction(24000, 1001), Fraction(30)])
def test_rounded_timestamps_are_a_constant_rate(fps: Fraction, tmp_path: Path) -> None:
    # Matroska's clock ticks in milliseconds.
    path = write_video(tmp_path / "a.mkv", fps=fps, pts=range(20))
    footage = open_footage(path, MINE)
    assert footage.facts.note == ""
    assert float(footage.facts.fps) == pytest.approx(float(fps), rel=1e-3)


def test_one_frame_is_a_clip(tmp_path: Path) -> None:
    footage = open_footage(write_video(tmp_path / "a.mp4", pts=[0]), MINE)
    assert numbers(footage) == [0]


def test_missing_file_directory_and_empty_file_are_told_apart(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nothing.mp4").endswith("no such file")
    assert refusal(tmp_path).endswith("is a directory, not a video")
    (tmp_path / "empty.mp4").touch()
    assert refusal(tmp_path / "empty.mp4").endswith("empty file")
    assert refusal(Path("/dev/null")).endswith("not a regular file")


@pytest.mark.parametrize("name", ["noise.mp4", "noise.bin", "noise.webm"])
def test_noise_is_not_a_video(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(np.random.default_rng(3).bytes(5000))
    assert "not a video, or broken" in refusal(path)


@pytest.mark.parametrize("name", ["notes.txt", "notes.nfo", "page.html", "list.m3u8"])
def test_text_is_not_a_video(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\nplain words\n" * 20)
    refusal(path)


@pytest.mark.parametrize(("name", "codec"), [("a.m4a", "aac"), ("a.mka", "aac")])
def test_audio_alone_is_refused(name: str, codec: str, tmp_path: Path) -> None:
    assert refusal(write_audio(tmp_path / name, codec)).endswith("has audio but no video")


def test_video_without_frames_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", codec="mpeg4", pts=[])
    assert "frames" in refusal(path) or "not a video" in refusal(path)


def test_huge_picture_is_refused_from_its_header(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", codec="ffv1", size=(7682, 16), pts=[0])
    assert refusal(path).endswith("7682x16 is too large; the limit is 7680x4320")


def test_tiny_picture_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", codec="ffv1", size=(64, 8))
    assert refusal(path).endswith("64x8 is too small; the least side is 16")


def test_changing_picture_size_is_refused(tmp_path: Path) -> None:
    small = write_video(tmp_path / "small.h264", pts=range(3))
    large = write_video(tmp_path / "large.h264", size=(96, 64), pts=range(3))
    path = tmp_path / "both.h264"
    path.write_bytes(small.read_bytes() + large.read_bytes())
    assert "the picture size changes from 64x48 to 96x64 at frame" in refusal(path)


def test_scaling_up_a_file_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4")
    with pytest.raises(ClipError, match="64x48; making it larger would invent detail"):
        open_footage(path, parse_clip_name("mine->720p"))


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_truncated_file_gives_the_frames_before_the_damage(
    share: float, webcam: Path, tmp_path: Path
) -> None:
    # Matroska keeps its header in front, so that half a file is half a video.
    path = tmp_path / "cut.mkv"
    with av.open(str(webcam)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    whole = open_footage(path, MINE)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    cut = open_footage(path, MINE)
    assert 0 < len(cut.frames) < len(whole.frames)
    assert whole.facts.note == ""
    assert cut.facts.note.startswith("damaged file: ")
    # The unit that was cut through, and a B frame that leans on it, may be painted over.
    for early, original in zip(cut.frames[:-3], whole.frames, strict=False):
        assert np.array_equal(early.planes[0], original.planes[0])


def test_truncated_mp4_with_its_index_in_front_says_so(webcam: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    with av.open(str(webcam)) as source:
        target = av.open(str(path), "w", options={"movflags": "faststart"})
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
        target.close()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    footage = open_footage(path, MINE)
    assert 0 < len(footage.frames) < 72
    assert f"damaged file: the {len(footage.frames)} frames before the damage used" in (
        footage.facts.note
    )


@pytest.mark.parametrize("seed", range(6))
def test_fuzzed_files_give_footage_or_one_clear_line(
    seed: int, webcam: Path, tmp_path: Path
) -> None:
    random = np.random.default_rng(seed)
    sources = [
        webcam.read_bytes(),
        write_video(tmp_path / "s.webm", codec="libvpx").read_bytes(),
        write_video(tmp_path / "s.mp4").read_bytes(),
        write_video(tmp_path / "s.avi", codec="mpeg4").read_bytes(),
        write_video(tmp_path / "s.ivf", codec="libvpx").read_bytes(),
    ]
    path = tmp_path / "fuzzed.bin"
    for source in sources:
        for _ in range(5):
            data = np.frombuffer(source, dtype=np.uint8).copy()
            # Mostly in the headers at both ends, where the structure is.
            ends = np.concatenate([np.arange(600), np.arange(data.size - 600, data.size)])
            places = random.choice(ends % data.size, size=random.integers(1, 12))
            data[places] = random.integers(0, 256, places.size, dtype=np.uint8)
            length = data.size if random.random() < 0.6 else random.integers(1, data.size)
            path.write_bytes(data[:length].tobytes())
            outcome = open_or_refuse(path)
            if isinstance(outcome, str):
                assert "\n" not in outcome
            else:
                assert 1 <= len(outcome.frames) <= 8
                assert outcome.facts.fps > 0


def open_or_refuse(path: Path) -> Footage | str:
    try:
        return open_footage(path, MINE, max_frames=8)
    except ClipError as error:
        return str(error)
