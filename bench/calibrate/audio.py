"""What audio costs: Opus as conferences use it, and adding one stream to a sum."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
import numpy.typing as npt
from av.audio.codeccontext import AudioCodecContext
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

from bench.calibrate.block import Block, BlockProbe
from bench.calibrate.probe import Bench, ProbePlan
from bench.clips.catalogue import load_catalogue
from bench.clips.fetch import cached_path
from bench.profile import keys
from bench.verdict import WrongAnswer

SAMPLE_RATE = 48_000
FRAME_SAMPLES = SAMPLE_RATE // 50
BITRATE_BPS = 32_000

FRAMES = 250
"""Frames of sound: five seconds."""

CODED = 50
"""Frames of each block: one second, another one each round."""

MIXED = 100
"""Streams in one sum; a block makes a sum of each 20 ms of a second."""

CLIP = "head-360p"
"""A catalogue clip with sound."""

Pcm = npt.NDArray[np.int16]
Packet: TypeAlias = "av.Packet[AudioStream]"


def audio_plan() -> ProbePlan:
    """Return the plan of Opus and of a mixer's sum; which sound it is stands in `on`."""
    path = cached_path(load_catalogue().clip(CLIP))
    recorded = path.is_file()
    sound = f"the sound of {CLIP}" if recorded else f"generated tones ({CLIP} is not cached)"
    opus = f"{sound}; Opus 48 kHz mono, 20 ms, 32 kbit/s, complexity 10"
    return ProbePlan(
        name="audio",
        on={
            keys.AUDIO_ENCODE: opus,
            keys.AUDIO_DECODE: opus,
            keys.AUDIO_MIX: f"{sound}; {MIXED} streams of int16 into an int32 sum, then clipped",
        },
        open=partial(_open, path if recorded else None),
        library=lambda _: f"libopus through PyAV {av.__version__}; NumPy {np.__version__} mixes",
    )


def _open(path: Path | None, bench: Bench) -> BlockProbe:
    sound = generated_sound(bench.seed) if path is None else recorded_sound(path)
    codec = _Opus(sound)
    mixer = _Mixer(sound)
    return BlockProbe(
        (
            Block(
                key=keys.AUDIO_ENCODE,
                calls=CODED,
                prepare=lambda: partial(codec.encode, codec.next_frames()),
                check=codec.check_packets,
            ),
            Block(
                key=keys.AUDIO_DECODE,
                calls=CODED,
                prepare=lambda: partial(codec.decode, codec.next_packets()),
                check=codec.check_frames,
            ),
            Block(
                key=keys.AUDIO_MIX,
                calls=MIXED * CODED,
                prepare=lambda: partial(mixer.mix, CODED),
                check=mixer.check,
            ),
        ),
        seed=bench.seed,
    )


def recorded_sound(path: Path) -> Pcm:
    """Return 48 kHz mono of a file, int16 of shape (FRAMES, FRAME_SAMPLES); repeats a short one."""
    resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    parts: list[Pcm] = []
    with av.open(path) as container:
        for frame in container.decode(audio=0):
            parts += [part.to_ndarray()[0] for part in resampler.resample(frame)]
            if sum(map(len, parts)) >= FRAMES * FRAME_SAMPLES:
                break
    return np.resize(np.concatenate(parts), (FRAMES, FRAME_SAMPLES))


def generated_sound(seed: int) -> Pcm:
    """Return tones of a voice's pitch that swell like syllables, with some noise."""
    time_s = np.arange(FRAMES * FRAME_SAMPLES) / SAMPLE_RATE
    pitch_hz = 140 + 20 * np.sin(2 * np.pi * 0.7 * time_s)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE
    voice = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 20))
    noise = np.random.default_rng(seed).normal(0, 0.02, len(time_s))
    swell = np.clip(np.sin(2 * np.pi * 3 * time_s), 0, 1)
    sound: Pcm = (8000 * (swell * voice + noise)).clip(-32_768, 32_767).astype(np.int16)
    return sound.reshape(FRAMES, FRAME_SAMPLES)


class _Opus:
    """One encoder and one decoder that go through the sound, round and round."""

    def __init__(self, sound: Pcm) -> None:
        self._frames = [_as_frame(samples) for samples in sound]
        self._encoder, self._decoder = _encoder(), _decoder()
        packets = _encoder_packets(_encoder(), self._frames)
        self._packets = packets
        self._at_frame = self._at_packet = 0
        self._sent = 0

    def next_frames(self) -> Sequence[av.AudioFrame]:
        frames = [self._frames[(self._at_frame + i) % FRAMES] for i in range(CODED)]
        self._at_frame += CODED
        for frame in frames:
            # Time goes on, or the encoder would take the sound for late.
            frame.pts = self._sent
            self._sent += FRAME_SAMPLES
        return frames

    def encode(self, frames: Sequence[av.AudioFrame]) -> list[Packet]:
        return _encoder_packets(self._encoder, frames)

    def check_packets(self, packets: Sequence[Packet]) -> None:
        bits_per_s = 8 * sum(packet.size for packet in packets) * 50 / CODED
        if len(packets) != CODED or not 0.1 * BITRATE_BPS < bits_per_s < 2 * BITRATE_BPS:
            raise WrongAnswer(f"Opus gave {len(packets)} packets at {bits_per_s:.0f} bit/s")

    def next_packets(self) -> Sequence[Packet]:
        packets = [self._packets[(self._at_packet + i) % len(self._packets)] for i in range(CODED)]
        self._at_packet += CODED
        return packets

    def decode(self, packets: Sequence[Packet]) -> list[av.AudioFrame]:
        return [frame for packet in packets for frame in self._decoder.decode(packet)]

    def check_frames(self, frames: Sequence[av.AudioFrame]) -> None:
        samples = sum(frame.samples for frame in frames)
        # A decoder drops the encoder's pre-skip from what it gives first.
        if not (CODED - 1) * FRAME_SAMPLES <= samples <= CODED * FRAME_SAMPLES:
            raise WrongAnswer(f"Opus gave {samples} samples for {CODED} packets")


def _encoder() -> AudioCodecContext:
    context = av.CodecContext.create("libopus", "w")
    if not isinstance(context, AudioCodecContext):
        raise WrongAnswer("libopus is no audio encoder here")
    context.sample_rate = SAMPLE_RATE
    context.layout = "mono"
    context.format = "s16"
    context.bit_rate = BITRATE_BPS
    context.options = {"application": "voip", "frame_duration": "20"}
    context.open()
    return context


def _decoder() -> AudioCodecContext:
    context = av.CodecContext.create("libopus", "r")
    if not isinstance(context, AudioCodecContext):
        raise WrongAnswer("libopus is no audio decoder here")
    context.sample_rate = SAMPLE_RATE
    context.layout = "mono"
    return context


def _encoder_packets(encoder: AudioCodecContext, frames: Sequence[av.AudioFrame]) -> list[Packet]:
    return [packet for frame in frames for packet in encoder.encode(frame)]


def _as_frame(samples: Pcm) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    return frame


class _Mixer:
    """Streams that are the same sound at other times, added up."""

    def __init__(self, sound: Pcm) -> None:
        self._streams = np.stack([np.roll(sound, stream, axis=0) for stream in range(MIXED)])
        self._sum = np.empty(FRAME_SAMPLES, dtype=np.int32)
        self._mixed: Pcm = np.empty((CODED, FRAME_SAMPLES), dtype=np.int16)

    def mix(self, count: int) -> Pcm:
        for index in range(count):
            total = self._sum
            total[:] = 0
            # Stream by stream, as packets come in: one addition is what a stream costs.
            for stream in self._streams:
                np.add(total, stream[index], out=total)
            np.clip(total, -32_768, 32_767, out=total)
            self._mixed[index] = total
        return self._mixed

    def check(self, mixed: Pcm) -> None:
        right = self._streams[:, :CODED].sum(axis=0, dtype=np.int64).clip(-32_768, 32_767)
        if not np.array_equal(mixed, right):
            raise WrongAnswer("the mixer's sum is wrong")
