"""Low-delay decoders: each access unit in gives its frame at once."""

from collections.abc import Mapping
from dataclasses import dataclass

import av
import numpy as np
from av.codec.context import Flags
from av.video.plane import VideoPlane

from pipelines.codecs.i420 import unpack
from pipelines.codecs.library import new_context
from pipelines.codecs.settings import CodecError
from pipelines.media import U8, EncodedFrame, RawFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoderLibrary:
    """The FFmpeg decoder of a codec, and the options it gets."""

    name: str
    options: Mapping[str, str]


DECODER_LIBRARIES: Mapping[str, DecoderLibrary] = {
    # explode: a damaged slice is an error, not something to be painted over.
    "h264": DecoderLibrary(name="h264", options={"err_detect": "explode"}),
    "h265": DecoderLibrary(name="hevc", options={"err_detect": "explode"}),
    "vp8": DecoderLibrary(name="vp8", options={}),
    "vp9": DecoderLibrary(name="vp9", options={}),
    # dav1d keeps as many frames in flight as it has threads unless it is told not to.
    "av1": DecoderLibrary(name="libdav1d", options={"max_frame_delay": "1"}),
}


class Decoder:
    """One decoder of one stream of `width` x `height`, on one thread."""

    def __init__(self, codec: str, width: int, height: int) -> None:
        self.codec = codec
        self.width = width
        self.height = height
        self._context = None if codec == "raw" else _open(codec)

    def decode(self, unit: EncodedFrame) -> RawFrame:
        """Return the frame of `unit`, with its index and pts; planes view the decoder's memory.

        The frame keeps that memory alive (`raw`: its planes are views of the payload). Raises
        CodecError where the bytes do not decode to exactly one frame of the right size.
        """
        if unit.codec != self.codec:
            raise CodecError(f"{self.codec} decoder was given a unit of {unit.codec}")
        if self._context is None:
            planes = unpack(unit.payload, self.width, self.height)
        else:
            planes = self._decode(self._context, unit)
        return RawFrame(index=unit.index, pts_ns=unit.pts_ns, planes=planes)

    def _decode(self, context: av.VideoCodecContext, unit: EncodedFrame) -> tuple[U8, U8, U8]:
        size = len(unit.payload)
        if size == 0:
            # FFmpeg takes an empty packet for the end of the stream.
            raise CodecError(f"{self.codec} decoder, unit {unit.index}: empty")
        # A packet made of its size has the padding that FFmpeg's readers may look into; one made
        # of bytes would end where they end.
        packet = av.Packet(size)
        packet.update(unit.payload.tobytes())
        try:
            frames = context.decode(packet)
        except av.FFmpegError as error:
            raise CodecError(f"{self.codec} decoder, unit {unit.index}: {error}") from error
        if len(frames) != 1:
            raise CodecError(
                f"{self.codec} decoder gave {len(frames)} frames for unit {unit.index}; one was due"
            )
        (frame,) = frames
        if frame.is_corrupt:
            raise CodecError(f"{self.codec} decoder, unit {unit.index}: damaged picture")
        if (frame.format.name, frame.width, frame.height) != ("yuv420p", self.width, self.height):
            raise CodecError(
                f"{self.codec} decoder, unit {unit.index}: {frame.format.name} "
                f"{frame.width}x{frame.height} where yuv420p {self.width}x{self.height} was due"
            )
        y, u, v = (_plane_view(plane) for plane in frame.planes)
        return y, u, v


def _open(codec: str) -> av.VideoCodecContext:
    library = DECODER_LIBRARIES.get(codec)
    if library is None:
        known = ", ".join([*DECODER_LIBRARIES, "raw"])
        raise ValueError(f"unknown codec {codec!r}; known: {known}")
    context = new_context(library.name, "r", codec)
    context.thread_count = 1
    context.flags |= Flags.low_delay
    context.options = dict(library.options)
    return context


def _plane_view(plane: VideoPlane) -> U8:
    """Return the visible part of a plane as a view that keeps the frame alive."""
    # Read-only: the decoder makes later frames from this one.
    memory = memoryview(plane).toreadonly()
    rows = np.frombuffer(memory, dtype=np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]
