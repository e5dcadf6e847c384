"""Units of real encoders, and of FFmpeg's own RTP packetizer as the other side."""

import os
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from typing import Any

import av
import numpy as np
import pytest

from pipelines.formats.packetizer import Packetizer, Reassembler
from pipelines.formats.payloads.av1 import normalise_temporal_unit
from pipelines.formats.payloads.h264 import normalise_annex_b
from pipelines.media import U8, EncodedFrame, PacketBatch

WIDTH, HEIGHT, FRAMES, FPS = 320, 240, 20, 30
CLOCK = Fraction(1, 90_000)
TICKS = 90_000 // FPS

ENCODERS = {
    "h264": ("libx264", {"tune": "zerolatency", "preset": "superfast"}),
    "vp8": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    "vp9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    "av1": ("libsvtav1", {"preset": "12", "svtav1-params": "rtc=1:pred-struct=1:lp=2:rc=2"}),
}


def pictures() -> Iterable[U8]:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    for index in range(FRAMES):
        luma = (np.sin((x + 7 * index) / 9) + np.cos((y - 3 * index) / 7)) * 50 + 128
        chroma = np.full((HEIGHT // 2, WIDTH), 128)
        yield np.vstack([luma, chroma]).astype(np.uint8)


@cache
def units(codec: str) -> tuple[EncodedFrame, ...]:
    os.environ["SVT_LOG"] = "1"
    name, options = ENCODERS[codec]
    encoder: Any = av.CodecContext.create(name, "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), FPS
    encoder.bit_rate, encoder.gop_size, encoder.thread_count = 800_000, 8, 1
    encoder.options = options
    packets = []
    for index, picture in enumerate(pictures()):
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = index
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    normalise = {"h264": normalise_annex_b, "av1": normalise_temporal_unit}.get(codec, bytes)
    return tuple(
        EncodedFrame(
            index=index,
            pts_ns=packet.pts * 1_000_000_000 // FPS,
            is_keyframe=packet.is_keyframe,
            codec=codec,
            payload=np.frombuffer(normalise(bytes(packet)), dtype=np.uint8),
        )
        for index, packet in enumerate(packets)
    )


def decoded(codec: str, payloads: Iterable[U8]) -> list[bytes]:
    # FFmpeg's own AV1 decoder works on graphics hardware only.
    decoder: Any = av.CodecContext.create("libdav1d" if codec == "av1" else codec, "r")
    decoder.thread_count = 1
    frames = []
    for payload in payloads:
        frames += decoder.decode(av.Packet(bytes(payload)))
    frames += decoder.decode(None)
    return [frame.to_ndarray().tobytes() for frame in frames]


@pytest.mark.parametrize("codec", ENCODERS)
@pytest.mark.parametrize("mtu", [60, 1200])
def test_encoded_units_come_back_byte_for_byte_and_decode(codec: str, mtu: int) -> None:
    frames = units(codec)
    assert len(frames) == FRAMES
    assert [frame.is_keyframe for frame in frames] == [index % 8 == 0 for index in range(FRAMES)]
    packetizer = Packetizer(codec, ssrc=1, mtu=mtu, first_sequence_number=65_530)
    reassembler = Reassembler(codec)
    came = []
    for frame in frames:
        result = reassembler.reassemble(packetizer.packetize(frame))
        assert bytes(result.payload) == bytes(frame.payload)
        assert (result.index, result.is_keyframe) == (frame.index, frame.is_keyframe)
        assert abs(result.pts_ns - frame.pts_ns) <= 5556
        came.append(result.payload.copy())
    pictures_sent = decoded(codec, (frame.payload for frame in frames))
    assert len(pictures_sent) == FRAMES
    assert decoded(codec, came) == pictures_sent


class Wire:
    """Collects what FFmpeg's RTP muxer writes, one packet per call."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def write(self, packet: bytes) -> int:
        self.packets.append(bytes(packet))
        return len(packet)

    def take(self) -> list[bytes]:
        """Return the RTP packets since the last call, RTCP (types 200 to 204) left out."""
        taken = [packet for packet in self.packets if not 200 <= packet[1] <= 204]
        self.packets.clear()
        return taken


@pytest.mark.parametrize("codec", ENCODERS)
def test_packets_of_ffmpeg_give_the_same_units(codec: str) -> None:
    wire = Wire()
    reassembler = Reassembler(codec)
    # FFmpeg calls its VP9 packetizer experimental.
    options = {"strict": "experimental", "packetsize": "612"}
    with av.open(wire, "w", format="rtp", options=options) as container:
        stream: Any = container.add_stream(ENCODERS[codec][0])
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = CLOCK
        for index, frame in enumerate(units(codec)):
            packet = av.Packet(bytes(frame.payload))
            packet.pts = packet.dts = index * TICKS
            packet.time_base = CLOCK
            packet.is_keyframe = frame.is_keyframe
            packet.stream = stream
            container.mux(packet)
            result = reassembler.reassemble(PacketBatch.of(wire.take()))
            assert bytes(result.payload) == bytes(frame.payload)
            # It leaves VP9's P bit clear on every frame.
            assert result.is_keyframe == (frame.is_keyframe or codec == "vp9")
