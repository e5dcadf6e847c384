"""Real-time encoders: each frame in gives its access unit at once."""

import os
from fractions import Fraction

import av
import numpy as np
from av.video.frame import PictureType

from pipelines.codecs.annex_b import with_long_start_codes
from pipelines.codecs.i420 import pack
from pipelines.codecs.library import new_context
from pipelines.codecs.picture import picture_of
from pipelines.codecs.scheduling import kept_priority
from pipelines.codecs.settings import ENCODER_LIBRARIES, CodecError, CodecSettings, encoder_options
from pipelines.media import U8, EncodedFrame, RawFrame

# SVT-AV1 writes its banner and complaints to stderr itself, past FFmpeg's log; what matters
# reaches the caller as CodecError. Whoever wants to hear it sets the variable before.
os.environ.setdefault("SVT_LOG", "0")


class Encoder:
    """One encoder of one stream, by `settings`.

    Raises CodecError where the library refuses, NotInstalled where there is none.
    """

    def __init__(self, settings: CodecSettings) -> None:
        self.settings = settings
        self._context = None if settings.codec == "raw" else _open(settings)
        self._time_base = 1 / Fraction(settings.fps)
        self._count = 0

    def encode(self, frame: RawFrame, *, force_keyframe: bool = False) -> EncodedFrame:
        """Return the access unit of `frame`, with its index and pts.

        The payload is the encoder's own buffer where that is possible; it stays valid. Raises
        CodecError where the frame has another size or the encoder holds it back.
        """
        self._check_size(frame)
        if self._context is None:
            payload, is_keyframe = pack(frame), True
        else:
            payload, is_keyframe = self._encode(self._context, frame, force_keyframe=force_keyframe)
        return EncodedFrame(
            index=frame.index,
            pts_ns=frame.pts_ns,
            is_keyframe=is_keyframe,
            codec=self.settings.codec,
            payload=payload,
        )

    def _check_size(self, frame: RawFrame) -> None:
        height, width = frame.planes[0].shape
        if (width, height) != (self.settings.width, self.settings.height):
            raise CodecError(
                f"{self.settings.codec} encoder of {self.settings.width}x{self.settings.height} "
                f"was given a frame of {width}x{height}"
            )

    def _encode(
        self, context: av.VideoCodecContext, frame: RawFrame, *, force_keyframe: bool
    ) -> tuple[U8, bool]:
        picture = picture_of(frame.planes)
        # The encoder's own count, so that its rate control sees a constant frame rate whatever
        # the caller's time stamps are.
        picture.pts = self._count
        picture.time_base = self._time_base
        if force_keyframe:
            picture.pict_type = PictureType.I
        try:
            packets = context.encode(picture)
        except av.FFmpegError as error:
            raise CodecError(
                f"{self.settings.codec} encoder, frame {frame.index}: {error}"
            ) from error
        if len(packets) != 1 or packets[0].pts != self._count:
            raise CodecError(
                f"{self.settings.codec} encoder gave {len(packets)} units for frame "
                f"{frame.index}; one was due, at once"
            )
        self._count += 1
        (packet,) = packets
        if self.settings.codec in {"h264", "h265"}:
            unit = bytearray(with_long_start_codes(bytes(packet)))
            return np.frombuffer(unit, dtype=np.uint8), packet.is_keyframe
        return np.frombuffer(memoryview(packet), dtype=np.uint8), packet.is_keyframe


def _open(settings: CodecSettings) -> av.VideoCodecContext:
    library = ENCODER_LIBRARIES[settings.codec]
    context = new_context(library.name, "w", settings.codec)
    try:
        context.width = settings.width
        context.height = settings.height
        context.pix_fmt = "yuv420p"
        context.time_base = 1 / Fraction(settings.fps)
        context.framerate = settings.fps
        context.bit_rate = settings.bitrate_bps
        context.gop_size = settings.keyframe_interval_frames
        context.thread_count = 1
        context.options = encoder_options(settings)
        with kept_priority():
            context.open()
    except av.FFmpegError as error:
        raise CodecError(
            f"{settings.codec} ({library.name}) cannot encode {settings.width}x{settings.height} "
            f"at {settings.fps} frames/s: {error}"
        ) from error
    return context
