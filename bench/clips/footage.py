"""Decoded clips: normalised once to 8-bit 4:2:0 at a constant frame rate, and hashed."""

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, ColorTrc, Interpolation, VideoReformatter

from bench.clips.cache import file_sha256
from bench.clips.container import Video, open_video
from bench.clips.extent import ends_early
from bench.clips.names import ClipName, scaled_size
from bench.clips.pyav import as_fraction
from bench.clips.reading import NoFramesError, Reading, rate_of, read_frames
from bench.progress import Progress, Silent
from bench.read_only import read_only
from pipelines.media import U8, RawFrame

NORMALISATION = "yuv420p 8 bit limited range, swscale bicubic, one constant frame rate; version 2"
MAX_FRAMES = 300
MAX_BYTES = 512 << 20
"""Decoded frames are held in memory: at most 300, and at most 512 MiB (172 frames of 1080p)."""

HDR_TRANSFERS = {int(ColorTrc.SMPTE2084): "PQ", int(ColorTrc.ARIB_STD_B67): "HLG"}


class FootageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a decoded clip but its frames. `note` is what a reader must know of it."""

    name: str
    note: str
    width: int
    height: int
    fps_numerator: int
    fps_denominator: int
    frames: int
    synthetic: bool
    content_sha256: str
    source_sha256: str

    @property
    def fps(self) -> Fraction:
        """Frames per second."""
        return Fraction(self.fps_numerator, self.fps_denominator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """Decoded frames of one clip.

    Planes are contiguous uint8 that nobody can write into, sides even, indices from 0.
    """

    facts: FootageFacts
    frames: tuple[RawFrame, ...]

    @property
    def memory_bytes(self) -> int:
        """Bytes that the frames take in memory."""
        return sum(plane.nbytes for frame in self.frames for plane in frame.planes)


def open_footage(
    path: Path,
    name: ClipName,
    *,
    max_frames: int = MAX_FRAMES,
    max_bytes: int = MAX_BYTES,
    progress: Progress | None = None,
) -> Footage:
    """Decode the start of a video, scaled to the rung of `name`.

    Holds up to `max_frames` frames and `max_bytes` bytes, but at least one frame. Raises ClipError
    with one line.
    """
    progress = progress or Silent()
    for place in itertools.count(1):
        with open_video(path, place) as video:
            try:
                return _read(video, name, max_frames, max_bytes, progress)
            except NoFramesError:
                if place == video.places:
                    raise
    raise AssertionError  # The last place returns or raises.


def _read(
    video: Video, name: ClipName, max_frames: int, max_bytes: int, progress: Progress
) -> Footage:
    path, stream, scaled = video.path, video.stream, name.rung is not None
    reading = Reading()
    planes: list[tuple[U8, U8, U8]] = []
    remarks: list[str] = []
    progress.begin(f"decoding {name}", min(stream.frames or max_frames, max_frames))
    reformatter = VideoReformatter()
    for frame in read_frames(video, reading):
        if not planes:
            size = scaled_size(name, frame.width, frame.height)
            remarks = _remarks(stream, frame, size, scaled=scaled)
            max_frames = _most_frames(size, max_frames, max_bytes)
            # The rate is that of the clip, however few frames of it are kept.
            most_stamps = _most_frames((frame.width, frame.height), MAX_FRAMES, MAX_BYTES)
        if len(planes) < max_frames:
            planes.append(_normalised(reformatter, frame, size, scaled=scaled))
            progress.advance(len(planes))
        elif len(reading.stamps) > most_stamps:
            break
    seen = len(reading.stamps)
    rate = rate_of(video, reading.stamps[:most_stamps])
    frames = raw_frames(planes, rate.fps)
    height, width = planes[0][0].shape
    truncated = reading.cut or ends_early(path, video.container)
    if seen > len(planes):
        in_file = f" of {stream.frames}" if stream.frames else ""
        remarks.append(f"first {len(planes)}{in_file} frames")
        remarks.append("the file is truncated" if truncated else "")
    elif truncated or reading.damaged:
        how = " (truncated)" if truncated else ""
        remarks.append(f"damaged file: the {len(planes)} frames before the damage used{how}")
    if reading.skipped:
        remarks.append(f"its first {reading.skipped} packets do not decode and are left out")
    facts = FootageFacts(
        name=str(name),
        note="; ".join(filter(None, (video.remark, *remarks, rate.remark))),
        width=width,
        height=height,
        fps_numerator=rate.fps.numerator,
        fps_denominator=rate.fps.denominator,
        frames=len(frames),
        synthetic=False,
        content_sha256=content_sha256(frames),
        source_sha256=file_sha256(path),
    )
    return Footage(facts=facts, frames=frames)


def _most_frames(size: tuple[int, int], max_frames: int, max_bytes: int) -> int:
    return min(max_frames, max(1, max_bytes // (size[0] * size[1] * 3 // 2)))


def raw_frames(planes: Sequence[tuple[U8, U8, U8]], fps: Fraction) -> tuple[RawFrame, ...]:
    """Return frames numbered from 0 whose time stamps are those of a constant rate."""
    return tuple(
        RawFrame(index=index, pts_ns=round(index * 1_000_000_000 / fps), planes=frame)
        for index, frame in enumerate(planes)
    )


def content_sha256(frames: Sequence[RawFrame]) -> str:
    """Return the sha256 of size and planes of all frames, in hex."""
    digest = hashlib.sha256()
    for frame in frames:
        for plane in frame.planes:
            digest.update(repr(plane.shape).encode())
            digest.update(plane.data)
    return digest.hexdigest()


def _remarks(
    stream: av.VideoStream, frame: VideoFrame, size: tuple[int, int], *, scaled: bool
) -> list[str]:
    """Return what normalising changes or leaves, where it is not plain 8-bit limited 4:2:0."""
    remarks = []
    if scaled:
        remarks.append(f"scaled from {frame.width}x{frame.height}, bicubic")
    elif size != (frame.width, frame.height):
        remarks.append(f"cropped from {frame.width}x{frame.height} to even sides")
    if frame.format.name != "yuv420p":
        remarks.append(f"converted from {frame.format.name} to 8-bit yuv420p")
    elif frame.color_range == ColorRange.JPEG:
        remarks.append("converted from full to limited range")
    if frame.color_trc in HDR_TRANSFERS:
        remarks.append(f"HDR ({HDR_TRANSFERS[frame.color_trc]}), not tone-mapped")
    if frame.rotation:
        remarks.append(f"display rotation of {frame.rotation} degrees not applied")
    if frame.interlaced_frame:
        remarks.append("interlaced, left as it is")
    aspect = as_fraction(stream.sample_aspect_ratio)
    if aspect and aspect != 1:
        remarks.append(f"pixels are not square ({aspect}), left as they are")
    return remarks


def _normalised(
    reformatter: VideoReformatter, frame: VideoFrame, size: tuple[int, int], *, scaled: bool
) -> tuple[U8, U8, U8]:
    """Return new contiguous planes of `size`, read-only."""
    full_range = frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
    width, height = size if scaled else (frame.width, frame.height)
    if scaled or full_range or frame.format.name != "yuv420p":
        frame = reformatter.reformat(
            frame,
            width,
            height,
            "yuv420p",
            interpolation=Interpolation.BICUBIC,
            src_color_range=ColorRange.JPEG if full_range else None,
            dst_color_range=ColorRange.MPEG if full_range else None,
        )
    y, u, v = (
        np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(plane.height, plane.line_size)
        for plane in frame.planes
    )
    # Cropping to even sides, and dropping the padding of the rows.
    width, height = size
    half_width, half_height = width // 2, height // 2
    y, u, v = read_only(
        [y[:height, :width], u[:half_height, :half_width], v[:half_height, :half_width]]
    )
    return y, u, v
