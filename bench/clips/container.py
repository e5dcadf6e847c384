"""Opening a video file with PyAV: the stream that is meant, or one clear line of refusal."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.stream import Disposition

from bench.clips.errors import ClipError
from bench.clips.extent import is_cut_short
from bench.clips.pyav import open_input

MAX_WIDTH, MAX_HEIGHT = 7680, 4320
MIN_SIDE = 16
NO_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails
"""Covers of audio files and thumbnails of chapters."""

CUT_SHORT = "the file is cut short, before what is needed to read its first frame"


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """An open file and the stream of it that is read. `place` counts from 1, the best first."""

    path: Path
    container: av.container.InputContainer
    stream: av.VideoStream
    place: int
    places: int

    @property
    def remark(self) -> str:
        """Which video stream of how many this is, in the order of the file."""
        if self.places == 1:
            return ""
        order = sorted(stream.index for stream in _candidates(self.container))
        return f"video stream {order.index(self.stream.index) + 1} of {self.places}"


@contextmanager
def open_video(path: Path, place: int = 1) -> Iterator[Video]:
    """Open the best video stream of a file, or the next ones. Raises ClipError with one line."""
    _check_is_file(path)
    try:
        container = open_input(path)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise ClipError(f"{path}: {reason(path, error)}") from error
    with container:
        streams = _ranked_streams(container, path)
        stream = streams[place - 1]
        context = stream.codec_context
        # Where the header gives no size, the first frame will.
        if context.width and context.height:
            check_size(path, context.width, context.height)
        # One thread, so that a damaged file gives the same frames on every machine.
        context.thread_count = 1
        # What is there after decoding is then the stream's own timing, not the container's.
        context.framerate = Fraction(0)
        # The header may lie: the decoder itself refuses larger pictures too.
        context.options = {"max_pixels": str(MAX_WIDTH * MAX_HEIGHT)}
        yield Video(path=path, container=container, stream=stream, place=place, places=len(streams))


def check_size(path: Path, width: int, height: int) -> None:
    """Raise ClipError for a picture larger or smaller than we measure with."""
    if max(width, height) > MAX_WIDTH or min(width, height) > MAX_HEIGHT:
        raise ClipError(
            f"{path}: {width}x{height} is too large; the limit is {MAX_WIDTH}x{MAX_HEIGHT}"
        )
    if min(width, height) < MIN_SIDE:
        raise ClipError(f"{path}: {width}x{height} is too small; the least side is {MIN_SIDE}")


def _check_is_file(path: Path) -> None:
    if not path.exists():
        raise ClipError(f"{path}: no such file")
    if path.is_dir():
        raise ClipError(f"{path}: is a directory, not a video")
    if not path.is_file():
        raise ClipError(f"{path}: not a regular file")
    if path.stat().st_size == 0:
        raise ClipError(f"{path}: empty file")


def _ranked_streams(container: av.container.InputContainer, path: Path) -> list[av.VideoStream]:
    """Return the streams that may be meant, the best first: what every player would show."""
    if container.format.name == "tty":
        # FFmpeg draws any text file as a picture of a terminal.
        raise ClipError(f"{path}: a text file, not a video")
    candidates = _candidates(container)
    # PyAV has no context for a codec that its FFmpeg has no decoder of.
    contexts: dict[int, av.VideoCodecContext | None] = {
        stream.index: stream.codec_context for stream in candidates
    }
    decodable = [stream for stream in candidates if contexts[stream.index] is not None]
    if decodable:
        return sorted(decodable, key=_rank, reverse=True)
    if candidates:
        raise ClipError(
            f"{path}: {CUT_SHORT}"
            if is_cut_short(path)
            else f"{path}: in a codec that this FFmpeg cannot decode"
        )
    if container.streams.audio:
        raise ClipError(f"{path}: has audio but no video")
    raise ClipError(f"{path}: has no video stream")


def _candidates(container: av.container.InputContainer) -> list[av.VideoStream]:
    return [stream for stream in container.streams.video if not stream.disposition & NO_VIDEO]


def _rank(stream: av.VideoStream) -> tuple[bool, bool, int, int]:
    context = stream.codec_context
    return (
        # The still that stands for an animation is not the animation.
        stream.frames != 1,
        bool(stream.disposition & Disposition.default),
        context.width * context.height,
        -stream.index,
    )


def reason(path: Path, error: Exception) -> str:
    """Return what is wrong with a file, in a few words."""
    if isinstance(error, av.PatchWelcomeError) or _is_animated_webp(path):
        return "cannot be decoded by this FFmpeg"
    if is_cut_short(path):
        return CUT_SHORT
    said = str(error.strerror) if isinstance(error, av.FFmpegError) else str(error)
    return f"not a video, or broken: {said}"


def _is_animated_webp(path: Path) -> bool:
    """Return whether a file is WebP with the flag of animations, which FFmpeg only skips over."""
    with path.open("rb") as file:
        head = file.read(21)
    return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and bool(head[20] & 2)
