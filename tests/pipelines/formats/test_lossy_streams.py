"""Real streams over a lossy network, against what was sent: wrong is worse than missing.

Each unit that comes out is the one that was sent, and each that came whole and can be proven whole
comes out. What was sent and what can be proven is told here without the code under test.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

import av
import numpy as np
import pytest

from pipelines.formats.native.packetizer import CompiledReassembler
from pipelines.formats.packetizer import Packetizer, Reassembler
from pipelines.formats.payloads.av1 import normalise_temporal_unit
from pipelines.formats.payloads.nal import normalise
from pipelines.media import EncodedFrame, PacketBatch
from pipelines.stage import Incomplete, Malformed

WIDTH, HEIGHT, FRAMES, FPS = 160, 128, 18, 30
GOP = 6

X264 = {"tune": "zerolatency", "preset": "ultrafast"}
X265 = {"tune": "zerolatency", "preset": "ultrafast"}
# One slice a picture: with more, x265 4.2 ends the process now and then.
X265_ALWAYS = "log-level=none:repeat-headers=1:pools=none:frame-threads=1:scenecut=0"
VPX = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}

STREAMS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "h264": ("h264", "libx264", X264),
    "h264, delimiters": ("h264", "libx264", {**X264, "x264-params": "aud=1"}),
    "h264, slices": ("h264", "libx264", {**X264, "x264-params": "slices=5:sliced-threads=0"}),
    "h264, all of it": ("h264", "libx264", {**X264, "x264-params": "aud=1:slices=4:nal-hrd=vbr"}),
    "h264, messages": ("h264", "libx264", {**X264, "x264-params": "pic-struct=1:nal-hrd=vbr"}),
    "h264, refresh": ("h264", "libx264", {**X264, "x264-params": "intra-refresh=1"}),
    "h265": ("h265", "libx265", {**X265, "x265-params": X265_ALWAYS}),
    "h265, delimiters": ("h265", "libx265", {**X265, "x265-params": f"{X265_ALWAYS}:aud=1"}),
    "h265, messages": ("h265", "libx265", {**X265, "x265-params": f"{X265_ALWAYS}:hrd=1:hash=1"}),
    "h265, all of it": (
        "h265",
        "libx265",
        {**X265, "x265-params": f"{X265_ALWAYS}:aud=1:hrd=1:hash=2"},
    ),
    "h265, open": ("h265", "libx265", {**X265, "x265-params": f"{X265_ALWAYS}:open-gop=1"}),
    "vp8": ("vp8", "libvpx", VPX),
    "vp8, partitions": ("vp8", "libvpx", {**VPX, "slices": "4", "error-resilient": "1"}),
    "vp9": ("vp9", "libvpx-vp9", VPX),
    "vp9, resilient": ("vp9", "libvpx-vp9", {**VPX, "error-resilient": "1"}),
    "av1": ("av1", "libsvtav1", {"preset": "12", "svtav1-params": "rtc=1:pred-struct=1:lp=1:rc=2"}),
    "av1, tiles": (
        "av1",
        "libsvtav1",
        {"preset": "12", "svtav1-params": "rtc=1:pred-struct=1:lp=1:rc=2:tile-columns=1"},
    ),
    "opaque": ("opaque", "", {}),
}
NORMAL: Mapping[str, Callable[[bytes], bytes]] = {
    "h264": lambda data: normalise("H.264", data),
    "h265": lambda data: normalise("H.265", data),
    "av1": normalise_temporal_unit,
}
PROVEN_BY_THEIR_PACKETS = {"vp8", "vp9", "opaque"}


@cache
def units(stream: str) -> tuple[EncodedFrame, ...]:
    """Return the access units of a stream, the key frames among them told by their bytes."""
    codec, encoder, options = STREAMS[stream]
    payloads = encoded(codec, encoder, options) if encoder else noise()
    return tuple(
        EncodedFrame(
            index=index,
            pts_ns=index * 1_000_000_000 // FPS,
            is_keyframe=key,
            codec=codec,
            payload=np.frombuffer(payload, dtype=np.uint8),
        )
        for index, (payload, key) in enumerate(payloads)
    )


def noise() -> Iterator[tuple[bytes, bool]]:
    random = Random(1)  # noqa: S311 - test data
    for index in range(FRAMES):
        yield random.randbytes(random.choice((0, 1, 40, 900, 5000))), index % GOP == 0


def encoded(codec: str, name: str, options: Mapping[str, str]) -> Iterator[tuple[bytes, bool]]:
    os.environ["SVT_LOG"] = "1"
    encoder: Any = av.CodecContext.create(name, "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), FPS
    encoder.bit_rate, encoder.gop_size, encoder.thread_count = 900_000, GOP, 1
    encoder.options = {"maxrate": "900000", "bufsize": "900000", **options}
    x = np.arange(WIDTH)
    grain = np.random.default_rng(1).normal(0, 9, (HEIGHT, WIDTH))
    for index in range(FRAMES):
        luma = 60 * np.sin((x + 7 * index) / 9) + np.roll(grain, index, axis=1) + 128
        picture = np.vstack([luma, np.full((HEIGHT // 2, WIDTH), 128)]).clip(0, 255)
        frame = av.VideoFrame.from_ndarray(picture.astype(np.uint8), format="yuv420p")
        frame.pts = index
        for packet in encoder.encode(frame):
            data = NORMAL.get(codec, bytes)(bytes(packet))
            yield data, is_key(codec, data, says=packet.is_keyframe)


def nal_types(codec: str, data: bytes) -> list[int]:
    headers = [nal[0] for nal in data.split(b"\0\0\0\1")[1:]]
    return [header & 31 if codec == "h264" else header >> 1 & 63 for header in headers]


def is_key(codec: str, data: bytes, *, says: bool) -> bool:
    """Say whether decoding can begin here; x264 calls the start of a refresh a key frame too."""
    if codec == "h264":
        return 5 in nal_types(codec, data)
    if codec == "h265":
        return any(16 <= nal_type <= 23 for nal_type in nal_types(codec, data))
    return says


def proves_its_start(frame: EncodedFrame) -> bool:
    if frame.codec in PROVEN_BY_THEIR_PACKETS:
        return True
    if frame.codec == "av1":
        return frame.is_keyframe
    delimiter = 9 if frame.codec == "h264" else 35
    return nal_types(frame.codec, frame.payload.tobytes())[0] == delimiter


def one_by_one(frame: EncodedFrame, mtu: int) -> Iterator[bytes]:
    """Yield payloads as a sender that never lets two NAL units share a packet writes them."""
    size = 1 if frame.codec == "h264" else 2
    for nal in frame.payload.tobytes().split(b"\0\0\0\1")[1:]:
        if len(nal) <= mtu:
            yield nal
            continue
        nal_type = nal[0] & 31 if size == 1 else nal[0] >> 1 & 63
        begin = bytes([nal[0] & 0xE0 | 28]) if size == 1 else bytes([nal[0] & 0x81 | 98, nal[1]])
        parts = re.findall(b"(?s).{1,%d}" % (mtu - size - 1), nal[size:])
        for at, part in enumerate(parts):
            flags = (0x80 if at == 0 else 0) | (0x40 if at == len(parts) - 1 else 0)
            yield begin + bytes([flags | nal_type]) + part


def packets_of(frames: tuple[EncodedFrame, ...], random: Random, first: int) -> list[PacketBatch]:
    """Return the packets of each unit, from our packetizer or from a sender of another habit."""
    mtu = random.choice((12, 40, 120, 400, 1200))
    packetizer = Packetizer(frames[0].codec, ssrc=7, mtu=mtu, first_sequence_number=first)
    alone = frames[0].codec in {"h264", "h265"} and random.random() < 0.4
    batches = []
    for frame in frames:
        batch = packetizer.packetize(frame).copy()
        if alone:
            payloads = list(one_by_one(frame, mtu))
            head = bytes(batch.row(0)[4:12])
            last = len(payloads) - 1
            batch = PacketBatch.of(
                bytes([0x80, 0xE0 if at == last else 0x60])
                + ((first + at) & 0xFFFF).to_bytes(2)
                + head
                + payload
                for at, payload in enumerate(payloads)
            )
            first += len(batch)
        batches.append(batch)
    return batches


class Network:
    """Loses packets: alone, in bursts or at the ends of units.

    What it delivers of a unit comes in any order, and some of it twice.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._loss = random.choice((0.002, 0.02, 0.1, 0.3))
        self._burst = random.choice((0.0, 0.6, 0.9))
        self._disorder = random.choice((0.0, 0.3))
        self._loses_ends = random.random() < 0.4
        self._is_losing = False

    def delivered(self, count: int) -> list[int]:
        """Return which of `count` packets come."""
        kept = self._left_of(count)
        if kept and self._random.random() < self._disorder:
            kept += self._random.choices(kept, k=self._random.randint(0, 2))
            self._random.shuffle(kept)
        return kept

    def _left_of(self, count: int) -> list[int]:
        if self._loses_ends:
            # A single packet, which is where a unit looks whole most easily.
            lost = self._random.choice((0, 0, count - 1, self._random.randrange(count), -1, -1))
            return [index for index in range(count) if index != lost]
        kept = []
        for index in range(count):
            going_on = self._is_losing and self._random.random() < self._burst
            self._is_losing = going_on or self._random.random() < self._loss
            if not self._is_losing:
                kept.append(index)
        return kept


@dataclass(kw_only=True)
class Tally:
    """How many units came in, and what became of them."""

    units: int = 0
    lossy: int = 0
    out: int = 0


def outcome(reassembler: Reassembler, batch: PacketBatch) -> tuple[Any, ...]:
    try:
        frame = reassembler.reassemble(batch)
    except (Incomplete, Malformed) as refusal:
        return type(refusal), str(refusal), reassembler.state()
    told = frame.index, frame.pts_ns, frame.is_keyframe, frame.codec, reassembler.state()
    return frame.payload.tobytes(), *told


def send(stream: str, seed: int, tally: Tally) -> None:
    """Send a stream once, and check every unit that comes out or does not."""
    random = Random(f"{stream} {seed}")  # noqa: S311 - test data
    frames = units(stream)
    first = random.choice((0, 1, 65_530, random.randrange(1 << 16)))
    known = first if random.random() < 0.7 else None
    python = Reassembler(frames[0].codec, first_sequence_number=known)
    compiled = CompiledReassembler(frames[0].codec, first_sequence_number=known)
    network = Network(random)
    # The unit whose beginning is certain: it follows a packet that came, or is the first.
    certain = 0 if known is not None else -1
    sent = list(zip(frames, packets_of(frames, random, first), strict=True))
    is_in_order = random.random() < 0.8
    if not is_in_order:
        sent.sort(key=lambda unit: unit[0].index + random.choice((0, 0, 0, 1.5)))
    for frame, batch in sent:
        kept = network.delivered(len(batch))
        if not kept:
            continue
        came = batch.take(kept)
        result = outcome(python, came)
        assert outcome(compiled, came) == result
        is_whole = len(set(kept)) == len(batch)
        tally.units += 1
        tally.lossy += not is_whole
        if isinstance(result[0], bytes):
            assert is_whole, f"{stream}, seed {seed}, unit {frame.index} came out in part"
            assert result[0] == frame.payload.tobytes()
            assert result[3] == frame.is_keyframe
            # RTP carries 90 kHz ticks: half a tick is lost at most.
            assert abs(result[2] - frame.pts_ns) <= 5556
            tally.out += 1
        else:
            is_provable = proves_its_start(frame) or frame.index == certain
            is_needless = is_whole and is_provable and is_in_order
            assert not is_needless, f"{stream}, seed {seed}: unit {frame.index} was lost"
        certain = frame.index + 1 if len(batch) - 1 in kept else -1


@pytest.mark.parametrize("stream", STREAMS)
def test_what_comes_out_of_a_lossy_network_is_what_was_sent(stream: str) -> None:
    tally = Tally()
    for seed in range(25):
        send(stream, seed, tally)
    assert tally.lossy > 40
    assert tally.out > 60
