"""Reading the frames of an open video, and noticing on the way what a user must know of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
from av.format import Flags

from bench.clips.container import Video, check_size, reason
from bench.clips.errors import ClipError
from bench.clips.frame_rate import FrameRate, frame_rate
from bench.clips.pyav import as_fraction

MAX_FAILURES = 3000
"""A stream whose first so many packets all fail to decode has no picture for us."""

YUV4MPEG = "yuv4mpegpipe"
"""A format of whole frames and nothing else: what is left over at the end is half a frame."""


class NoFramesError(ClipError):
    """A stream of the file has no frame that could be decoded; another one may have."""


class DamagedPictureError(Exception):
    """A decoder marked a picture as damaged."""

    def __str__(self) -> str:
        """Return it in words."""
        return "damaged pictures only"


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyPacket:
    """A packet before the first frame came out of the decoder."""

    stamp: int | None
    is_key: bool
    failed: bool


@dataclass(slots=True, kw_only=True)
class Reading:
    """What was noticed while frames were read."""

    stamps: list[int | None] = field(default_factory=list)
    early: list[EarlyPacket] = field(default_factory=list)
    failures: int = 0
    """Of the early packets: how many did not decode."""

    damaged: bool = False
    cut: bool = False
    """Whether the last packet that was read is not whole."""

    def go_on(self, packet: "av.Packet[Any] | None", *, failed: bool) -> bool:
        """Keep that a packet gave no frame, before any did; return whether more may be tried."""
        # What an edit list takes out of a video is no loss.
        if packet is not None and not packet.is_discard:
            self.early.append(
                EarlyPacket(stamp=packet.pts, is_key=packet.is_keyframe, failed=failed)
            )
        self.failures += failed
        return self.failures < MAX_FAILURES

    @property
    def skipped(self) -> int:
        """Packets whose pictures come before the first one that could be decoded."""
        first = self.stamps[0] if self.stamps else None
        keys = [place for place, packet in enumerate(self.early) if packet.is_key]
        first_key = keys[0] if keys else len(self.early)
        return sum(
            packet.failed
            or (
                place < first_key if packet.stamp is None or first is None else packet.stamp < first
            )
            for place, packet in enumerate(self.early)
        )


def read_frames(video: Video, reading: Reading) -> Iterator[av.VideoFrame]:
    """Yield decoded frames of one size, from the first good one to the end or the first damage.

    Where a file stops inside an access unit, its decoder may paint over what is missing of the
    last frames without saying so.

    Raises NoFramesError where nothing decodes, and ClipError where the size changes or is out of
    bounds.
    """
    size: tuple[int, int] | None = None
    why: Exception | None = None
    for packet in _packets(video, reading):
        frames, error = _decode(video.stream.codec_context, packet, begun=size is not None)
        for frame in frames:
            if size is None:
                size = frame.width, frame.height
                check_size(video.path, *size)
            if (frame.width, frame.height) != size:
                raise ClipError(
                    f"{video.path}: the picture size changes from {size[0]}x{size[1]} to "
                    f"{frame.width}x{frame.height} at frame {len(reading.stamps)}"
                )
            reading.stamps.append(frame.pts)
            yield frame
        if size is None:
            why = why or error
            if not reading.go_on(packet, failed=error is not None):
                break
        elif error is not None:
            reading.damaged = True
            return
    if size is None:
        said = "the video has no frames" if why is None else reason(video.path, why)
        raise NoFramesError(f"{video.path}: {said}")


def _decode(
    context: av.VideoCodecContext, packet: "av.Packet[Any] | None", *, begun: bool
) -> tuple[list[av.VideoFrame], Exception | None]:
    """Return the good frames that come out, and what is wrong behind them, if anything is.

    Where no frame came out before, damaged ones are passed over until the first good one.
    """
    try:
        frames = context.decode(packet)
    except (av.FFmpegError, ValueError) as error:
        return [], error
    damaged = [frame.is_corrupt for frame in frames]
    start = 0 if begun or False not in damaged else damaged.index(False)
    end = damaged.index(True, start) if True in damaged[start:] else len(frames)
    return frames[start:end], None if end == len(frames) else DamagedPictureError()


def _packets(video: Video, reading: Reading) -> Iterator["av.Packet[Any] | None"]:
    """Yield the packets of the stream, and None at their end."""
    end: int | None = None
    try:
        for packet in video.container.demux(video.stream):
            # An empty one would end the decoder's stream; AVI has one for each dropped frame.
            if packet.size:
                reading.cut = packet.is_corrupt
                end = None if packet.pos is None else packet.pos + packet.size
                yield packet
    except (av.FFmpegError, ValueError):
        reading.cut = True
    except IndexError:
        # Behind the last packet PyAV trips over streams that turned up while it read.
        pass
    if end is not None and video.container.format.name == YUV4MPEG:
        reading.cut = end < video.path.stat().st_size
    yield None


def rate_of(video: Video, stamps: list[int | None]) -> FrameRate:
    """Return the constant rate to measure at. Call it when frames have been decoded."""
    stream = video.stream
    own = as_fraction(stream.codec_context.framerate)
    if _is_untimed(video):
        # Stamps and rate of such a file are FFmpeg's invention.
        return frame_rate([], None, [own])
    stated: tuple[Fraction | None, ...] = own, as_fraction(stream.average_rate)
    return frame_rate(stamps, as_fraction(stream.time_base), stated)


def _is_untimed(video: Video) -> bool:
    """Return whether a stream has no time stamps: raw ones, and pictures."""
    form = video.container.format
    untimed = bool(Flags(form.flags) & Flags.no_timestamps)
    picture = form.name == "image2" or form.name.endswith("_pipe")
    # One picture of AVIF or HEIF: its clock ticks once a second.
    item = video.stream.frames == 1 and as_fraction(video.stream.time_base) == 1
    return untimed or picture or item
