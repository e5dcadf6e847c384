"""What a stream is on the wire: units, packets and bytes per second, from frame-size traces."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from bench.profile.schema import Trace
from bench.sizing.model.draws import Draws, ProfileDraws

Sizes = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """What every unit and every packet of a stream carries besides the frame.

    `unit_extra_bytes` once per unit (SFrame), `header_bytes` of the payload format in each packet,
    whose RTP payload is at most `mtu_bytes`.
    """

    unit_extra_bytes: float
    header_bytes: int
    mtu_bytes: int

    @property
    def room_bytes(self) -> int:
        """Bytes of a unit that one packet holds."""
        return max(1, self.mtu_bytes - self.header_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One stream, per second.

    `payload_bytes_per_s` is RTP payload, `unit_bytes_per_s` units as they are cut up: frames with
    what end-to-end encryption adds. `scale` stretches each trace.
    """

    units_per_s: float
    packets_per_s: Draws
    payload_bytes_per_s: Draws
    unit_bytes_per_s: float
    keyframe_share: float
    traces: tuple[Trace, ...]
    scale: tuple[float, ...]
    framing: Framing


def video_shape(
    draws: ProfileDraws,
    *,
    codec: str,
    height: int,
    bitrate_bps: float,
    fps: float,
    keyframe_share: float,
    framing: Framing,
) -> Shape:
    """Return a video stream whose frames are distributed as in the nearest calibrated height.

    Each clip's sizes are scaled so that their mean, with `keyframe_share` of the frames being key
    frames, makes `bitrate_bps`: key frames are inside the bit rate. Raises MissingCost.
    """
    known = draws.traces(codec, height)
    frame_bytes = bitrate_bps / 8 / fps
    per_unit, scale = zip(
        *(_packets_of(trace, frame_bytes, keyframe_share, framing) for trace in known.traces),
        strict=True,
    )
    packets = fps * (known.weights @ np.array(per_unit))
    unit_bytes = fps * (frame_bytes + framing.unit_extra_bytes)
    return Shape(
        units_per_s=fps,
        packets_per_s=packets,
        payload_bytes_per_s=unit_bytes + framing.header_bytes * packets,
        unit_bytes_per_s=unit_bytes,
        keyframe_share=keyframe_share,
        traces=known.traces,
        scale=scale,
        framing=framing,
    )


def audio_shape(
    draws: ProfileDraws, *, bitrate_bps: float, packet_ms: float, framing: Framing
) -> Shape:
    """Return an audio stream: one packet every `packet_ms`, of constant size."""
    per_s = 1000 / packet_ms
    unit_bytes = bitrate_bps / 8 + framing.unit_extra_bytes * per_s
    return Shape(
        units_per_s=per_s,
        packets_per_s=np.full(draws.count, per_s),
        payload_bytes_per_s=np.full(draws.count, unit_bytes + framing.header_bytes * per_s),
        unit_bytes_per_s=unit_bytes,
        keyframe_share=0.0,
        traces=(),
        scale=(),
        framing=framing,
    )


def keyframe_share(*, interval_s: float, joins_per_s: float, fps: float) -> float:
    """Return how many of the frames are key frames: the regular ones and those for who joins.

    A sender answers at most one request a second.
    """
    return min(1.0, (1 / interval_s + min(1.0, joins_per_s)) / fps)


@lru_cache(maxsize=4096)
def _packets_of(
    trace: Trace, frame_bytes: float, keyframe_share: float, framing: Framing
) -> tuple[float, float]:
    """Return the mean packets of one unit and the factor on the trace's sizes."""
    keys, deltas = _sizes(trace)
    scale = frame_bytes / (keyframe_share * keys.mean() + (1 - keyframe_share) * deltas.mean())
    mean = keyframe_share * _packets(keys * scale, framing)
    mean += (1 - keyframe_share) * _packets(deltas * scale, framing)
    return float(mean), float(scale)


@lru_cache(maxsize=256)
def _sizes(trace: Trace) -> tuple[Sizes, Sizes]:
    return (
        np.array(trace.keyframe_bytes, dtype=np.float64),
        np.array(trace.delta_bytes, dtype=np.float64),
    )


def _packets(sizes: Sizes, framing: Framing) -> float:
    return float(np.ceil((sizes + framing.unit_extra_bytes) / framing.room_bytes).mean())
