"""Reading a video file with PyAV: frames as they are, or one clear line about what is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from av.stream import Disposition

from bench.clips.errors import ClipError
from bench.clips.pyav import as_fraction, open_input

MAX_WIDTH, MAX_HEIGHT = 7680, 4320
MIN_SIDE = 16
ASSUMED_FPS = Fraction(30)
MIN_FPS, MAX_FPS = 1, 1000
# Timestamps of a constant rate jitter by the rounding of the container's clock (Matroska counts
# milliseconds); beyond one and a half ticks and a tenth of the interval the rate really varies.
JITTER_TICKS = 1.5
JITTER_SHARE = 0.1
STATED_DURATION_SHARE = 0.95
"""A clip that lasts less than this of what its header states was cut short."""


@dataclass(slots=True, kw_only=True)
class Reading:
    """What was noticed while frames were read."""

    timestamps: list[int] = field(default_factory=list)
    damaged: bool = False


@contextmanager
def open_video(path: Path) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    """Open the first real video stream of a file. Raises ClipError with one line."""
    _check_is_file(path)
    try:
        container = open_input(path)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise ClipError(f"{path}: not a video, or broken: {_reason(error)}") from error
    with container:
        stream = _video_stream(container, path)
        if stream.codec_context is None:
            # PyAV has no context for a codec that its FFmpeg has no decoder of.
            raise ClipError(f"{path}: in a codec that this FFmpeg cannot decode")
        check_size(path, stream.codec_context.width, stream.codec_context.height)
        # One thread, so that a damaged file gives the same frames on every machine.
        stream.codec_context.thread_count = 1
        # The header may lie: the decoder itself refuses larger pictures too.
        stream.codec_context.options = {"max_pixels": str(MAX_WIDTH * MAX_HEIGHT)}
        yield container, stream


def check_size(path: Path, width: int, height: int) -> None:
    """Raise ClipError for a picture larger or smaller than we measure with."""
    if max(width, height) > MAX_WIDTH or min(width, height) > MAX_HEIGHT:
        raise ClipError(
            f"{path}: {width}x{height} is too large; the limit is {MAX_WIDTH}x{MAX_HEIGHT}"
        )
    if min(width, height) == 0:
        raise ClipError(f"{path}: broken: the header gives no picture size")
    if min(width, height) < MIN_SIDE:
        raise ClipError(f"{path}: {width}x{height} is too small; the least side is {MIN_SIDE}")


def read_frames(
    path: Path, container: av.container.InputContainer, stream: av.VideoStream, reading: Reading
) -> Iterator[av.VideoFrame]:
    """Yield decoded frames of one size, up to the end or the first damage after a good frame.

    Where a file stops inside an access unit, its decoder may paint over what is missing of the
    last frames without saying so.

    Raises ClipError where the size changes or is out of bounds.
    """
    size: tuple[int, int] | None = None
    try:
        for packet in container.demux(stream):
            for frame in packet.decode():
                if not isinstance(frame, av.VideoFrame):
                    continue
                if frame.is_corrupt:
                    reading.damaged = True
                    if size is not None:
                        return
                    continue
                if size is None:
                    size = frame.width, frame.height
                    check_size(path, *size)
                if (frame.width, frame.height) != size:
                    raise ClipError(
                        f"{path}: the picture size changes from {size[0]}x{size[1]} to "
                        f"{frame.width}x{frame.height} at frame {len(reading.timestamps)}"
                    )
                reading.timestamps.append(-1 if frame.pts is None else frame.pts)
                yield frame
    except (av.FFmpegError, ValueError) as error:
        reading.damaged = True
        if size is None:
            raise ClipError(f"{path}: no frame could be decoded: {_reason(error)}") from error


def ends_early(
    container: av.container.InputContainer, stream: av.VideoStream, timestamps: list[int]
) -> bool:
    """Return whether the file states more frames, or a longer time, than could be read."""
    if stream.frames > len(timestamps):
        return True
    # Matroska counts no frames, but its header states a duration; other formats may estimate
    # theirs, and a longer sound track would count as well.
    alone = container.format.name == "matroska,webm" and len(container.streams) == 1
    tick = as_fraction(stream.time_base)
    if not alone or not container.duration or not tick or len(timestamps) < 2:
        return False
    # The last frame is shown for an interval too.
    intervals = len(timestamps) / (len(timestamps) - 1)
    shown_s = float((timestamps[-1] - timestamps[0]) * tick) * intervals
    return shown_s < STATED_DURATION_SHARE * container.duration / av.time_base


def frame_rate(stream: av.VideoStream, timestamps: list[int]) -> tuple[Fraction, str]:
    """Return the constant rate to measure at, and a note where the file has no constant rate."""
    measured, constant = _measured_rate(as_fraction(stream.time_base), timestamps)
    if measured is not None and not constant:
        return measured, f"variable frame rate: the average of {float(measured):.2f} used"
    stated = as_fraction(stream.average_rate), as_fraction(stream.guessed_rate)
    for rate in (*stated, measured):
        plausible = _plausible(rate)
        if plausible is not None:
            return plausible, ""
    return ASSUMED_FPS, f"no usable frame rate: {ASSUMED_FPS} frames/s assumed"


def _measured_rate(tick: Fraction | None, timestamps: list[int]) -> tuple[Fraction | None, bool]:
    """Return the average rate that the time stamps give, if any, and whether it is constant."""
    steps = [late - early for early, late in pairwise(timestamps)]
    if not tick or not steps or min(timestamps) < 0 or min(steps) <= 0:
        return None, True
    mean_step = sum(steps) / len(steps)
    worst = max(abs(step - mean_step) for step in steps)
    constant = worst <= max(JITTER_TICKS, JITTER_SHARE * mean_step)
    return _plausible(len(steps) / (sum(steps) * tick)), constant


def _plausible(rate: Fraction | None) -> Fraction | None:
    """Return a rate in simple terms, or None where no camera could have it."""
    if rate is None or not MIN_FPS <= rate <= MAX_FPS:
        return None
    return rate.limit_denominator(1001)


def _check_is_file(path: Path) -> None:
    if not path.exists():
        raise ClipError(f"{path}: no such file")
    if path.is_dir():
        raise ClipError(f"{path}: is a directory, not a video")
    if not path.is_file():
        raise ClipError(f"{path}: not a regular file")
    if path.stat().st_size == 0:
        raise ClipError(f"{path}: empty file")


def _video_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    if container.format.name == "tty":
        # FFmpeg draws any text file as a picture of a terminal.
        raise ClipError(f"{path}: a text file, not a video")
    for stream in container.streams.video:
        # A cover picture of an audio file is no video.
        if not stream.disposition & Disposition.attached_pic:
            return stream
    if container.streams.audio:
        raise ClipError(f"{path}: has audio but no video")
    raise ClipError(f"{path}: has no video stream")


def _reason(error: Exception) -> str:
    if isinstance(error, av.FFmpegError):
        return str(error.strerror)
    return str(error)
