"""Units of real encoders, and of FFmpeg's own RTP packetizer as the other side."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache, partial
from typing import Any

import av
import numpy as np
import pytest

from pipelines.formats.native.packetizer import CompiledPacketizer, CompiledReassembler
from pipelines.formats.packetizer import Packetizer, Reassembler
from pipelines.formats.payloads.av1 import normalise_temporal_unit
from pipelines.formats.payloads.nal import normalise
from pipelines.formats.rtp import parse
from pipelines.media import U8, EncodedFrame, PacketBatch

WIDTH, HEIGHT, FRAMES, FPS = 320, 240, 20, 30
CLOCK = Fraction(1, 90_000)
TICKS = 90_000 // FPS

ENCODERS = {
    "h264": ("libx264", {"tune": "zerolatency", "preset": "superfast"}),
    "h265": (
        "libx265",
        {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "x265-params": "log-level=none:repeat-headers=1:pools=none:frame-threads=1:scenecut=0",
        },
    ),
    "vp8": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    "vp9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    "av1": ("libsvtav1", {"preset": "12", "svtav1-params": "rtc=1:pred-struct=1:lp=2:rc=2"}),
}
NORMAL: Mapping[str, Callable[[bytes], bytes]] = {
    "h264": partial(normalise, "H.264"),
    "h265": partial(normalise, "H.265"),
    "av1": normalise_temporal_unit,
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
    normal = NORMAL.get(codec, bytes)
    return tuple(
        EncodedFrame(
            index=index,
            pts_ns=packet.pts * 1_000_000_000 // FPS,
            is_keyframe=packet.is_keyframe,
            codec=codec,
            payload=np.frombuffer(normal(bytes(packet)), dtype=np.uint8),
        )
        for index, packet in enumerate(packets)
    )


def decoded(codec: str, payloads: Iterable[U8]) -> list[bytes]:
    # FFmpeg's own AV1 decoder works on graphics hardware only.
    name = {"av1": "libdav1d", "h265": "hevc"}.get(codec, codec)
    decoder: Any = av.CodecContext.create(name, "r")
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
    reassembler = Reassembler(codec, first_sequence_number=65_530)
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


def packets_of_ffmpeg(codec: str) -> Iterator[tuple[EncodedFrame, PacketBatch]]:
    wire = Wire()
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
            yield frame, PacketBatch.of(wire.take())


@pytest.mark.parametrize("kind", [Reassembler, CompiledReassembler])
@pytest.mark.parametrize("codec", ENCODERS)
def test_packets_of_ffmpeg_give_the_same_units(codec: str, kind: type[Reassembler]) -> None:
    reassembler = None
    for frame, batch in packets_of_ffmpeg(codec):
        if reassembler is None:
            first = parse(batch.row(0))[0].sequence_number
            reassembler = kind(codec, first_sequence_number=first)
        result = reassembler.reassemble(batch)
        assert bytes(result.payload) == bytes(frame.payload)
        # It leaves VP9's P bit clear on every frame.
        assert result.is_keyframe == (frame.is_keyframe or codec == "vp9")


@pytest.mark.parametrize("kind", [Packetizer, CompiledPacketizer])
@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_payloads_are_those_that_ffmpeg_writes(codec: str, kind: type[Packetizer]) -> None:
    packetizer = kind(codec, ssrc=1, mtu=600)
    seen = set()
    for frame, theirs in packets_of_ffmpeg(codec):
        ours = packetizer.packetize(frame)
        assert len(ours) == len(theirs)
        for packet, other in zip(ours.rows(), theirs.rows(), strict=True):
            payload, expected = bytearray(packet[12:]), bytes(other[12:])
            if codec == "h264" and payload[0] & 31 == 24:
                # RFC 6184 5.7.1 wants the largest NRI there; FFmpeg leaves it 0.
                assert payload[0] & 0x60
                payload[0] &= ~0x60
            assert bytes(payload) == expected
            seen.add(payload[0] & 31 if codec == "h264" else payload[0] >> 1)
    # NAL units together (STAP-A, aggregation packet) and cut up (FU-A, fragmentation unit).
    assert seen >= ({24, 28} if codec == "h264" else {48, 49})
