"""From a clip's frame to the decoder's: changed, scaled to a rung, encoded there, decoded."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import av
import msgspec
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from bench.clips.errors import ClipError
from bench.clips.names import RUNGS, Rung
from pipelines.codecs.decoder import Decoder
from pipelines.codecs.encoder import Encoder
from pipelines.codecs.picture import picture_of
from pipelines.codecs.settings import CodecSettings, conference_settings
from pipelines.media import U8, EncodedFrame, RawFrame


class Sent(msgspec.Struct, frozen=True, kw_only=True, gc=False, eq=False):
    """One access unit and the frame that was decoded from it."""

    unit: EncodedFrame
    frame: RawFrame


def settings_at_rung(
    clip: str, codec: str, rung: Rung, *, native: tuple[int, int], changed: RawFrame, fps: Fraction
) -> CodecSettings:
    """Return how `changed`, a frame of `clip` after its change, is sent at `rung`.

    The short side of what is sent is that of the rung and the aspect that of the changed picture;
    the bitrate is the rung's, or the ladder's for that size. A picture that the change made smaller
    is scaled up again, as a sender would. Raises ClipError where the clip itself, of `native` width
    and height, is smaller than the rung.
    """
    lines, clip_lines = RUNGS[rung.size], min(native)
    if lines > clip_lines:
        raise ClipError(
            f"rung {rung.size!r}: clip {clip!r} is {native[0]}x{native[1]}; making it larger would"
            " invent detail"
        )
    if codec == "raw" and rung.bitrate_bps is not None:
        raise ClipError(f"rung '{rung.size}@{rung.bitrate_bps // 1000}k': raw frames have one rate")
    height, width = changed.planes[0].shape
    short = min(height, width)
    settings = conference_settings(
        codec, _even(width * lines / short), _even(height * lines / short), fps
    )
    if rung.bitrate_bps is None:
        return settings
    return replace(settings, bitrate_bps=rung.bitrate_bps)


def send(
    frames: Sequence[RawFrame],
    change: Callable[[RawFrame], RawFrame],
    settings: CodecSettings,
) -> Iterator[Sent]:
    """Yield the unit and the decoded frame of each of `frames`, one at a time.

    Raises CodecError.
    """
    encoder = Encoder(settings)
    decoder = Decoder(settings.codec, settings.width, settings.height)
    scale = Scaler(settings.width, settings.height)
    for frame in frames:
        unit = encoder.encode(scale(change(frame)))
        yield Sent(unit=unit, frame=decoder.decode(unit))


class Scaler:
    """Scales frames by swscale, bicubic, as clips are made smaller in `bench.clips.footage`."""

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._reformatter = VideoReformatter()

    def __call__(self, frame: RawFrame) -> RawFrame:
        """Return `frame` in the size asked for, with its index and pts."""
        height, width = frame.planes[0].shape
        if (width, height) == self._size:
            return frame
        scaled = self._reformatter.reformat(
            picture_of(frame.planes), *self._size, "yuv420p", interpolation=Interpolation.BICUBIC
        )
        y, u, v = (_plane(plane) for plane in scaled.planes)
        return RawFrame(index=frame.index, pts_ns=frame.pts_ns, planes=(y, u, v))


def _plane(plane: av.video.plane.VideoPlane) -> U8:
    """Return a plane without the padding of its rows, as memory that an encoder may take."""
    rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width].copy()


def _even(length: float) -> int:
    return 2 * round(length / 2)
