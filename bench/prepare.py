"""A case made ready for its timed rounds: material loaded, answer verified, stages warmed up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bench.chain import Chain, build_chain
from bench.material import Material
from bench.measure import measure_stages
from bench.memory import peak_rss_bytes, reset_peak, rss_bytes
from bench.samples import latency_ns
from bench.suite import Case
from pipelines.engines.engine import Engine
from pipelines.media import EncodedFrame, RawFrame, Unit
from pipelines.pipeline import Pipeline
from pipelines.session import Session
from pipelines.stages.codec import Decode, Encode

WARM_UP_FRAMES = 12
"""First calls allocate buffers and fill caches; none of them is measured."""

SETTLE_FRAMES = 3
"""Frames sent untimed at the start of each round, after another case has used the caches."""

MOST_FRAMES_PER_ROUND = 400
"""Keeps raw samples small; a round of so many frames says all that a longer one would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A case whose next call can be timed.

    Memory is that of the process at its peak while the case was set up and warmed up, and how much
    of it the case added.
    """

    case: Case
    pipeline: Pipeline
    material: Material
    chain: Chain
    units: Iterator[Unit]
    frames_per_round: int
    peak_rss_bytes: int
    case_rss_bytes: int


def prepare(case: Case, pipeline: Pipeline, material: Material, engine: Engine) -> Prepared:
    """Build the stages of `case` with new keys, warm them up and choose the size of a round.

    Raises FrameFailed, CodecError.
    """
    before = rss_bytes()
    can_reset = reset_peak()
    live = case.media == "live"
    session = Session.fresh(codec=case.codec, engine=engine)
    chain = build_chain(
        pipeline,
        session,
        encode=Encode(material.new_encoder()) if live else None,
        decode=Decode(material.new_decoder()) if live else None,
    )
    units = endless(material.raw_frames if live else material.access_units, material.fps)
    warm = measure_stages(chain, units, WARM_UP_FRAMES)
    frame_ns = max(1.0, float(np.median(latency_ns(warm))))
    peak = peak_rss_bytes()
    return Prepared(
        case=case,
        pipeline=pipeline,
        material=material,
        chain=chain,
        units=units,
        frames_per_round=frames_per_round(case, frame_ns, material.fps),
        peak_rss_bytes=peak,
        case_rss_bytes=max(0, peak - before) if can_reset else 0,
    )


def frames_per_round(case: Case, frame_ns: float, fps: float) -> int:
    """Return how many frames fill one round of `case`, at `frame_ns` each; at least two."""
    round_ns = case.seconds * 1e9 / case.rounds
    if case.model == "paced":
        return max(2, round(case.seconds * fps))
    return max(2, min(MOST_FRAMES_PER_ROUND, round(round_ns / frame_ns)))


def endless(frames: Sequence[EncodedFrame] | Sequence[RawFrame], fps: float) -> Iterator[Unit]:
    """Yield `frames` without end, with index and media clock going on.

    Decoded frames go to and fro, so that a camera's motion has no jump at the end; access units
    start over, since each was made from the one before it.
    """
    order = ping_pong_order if isinstance(frames[0], RawFrame) else range
    index = 0
    while True:
        for at in order(len(frames)):
            yield renumbered(frames[at], index, round(index * 1e9 / fps))
            index += 1


def ping_pong_order(count: int) -> list[int]:
    """Return 0 .. count-1 and back, each end once: 0 1 2 3 2 1."""
    return [*range(count), *range(count - 2, 0, -1)]


def renumbered(frame: EncodedFrame | RawFrame, index: int, pts_ns: int) -> Unit:
    """Return `frame` with another place in time; its bytes are shared, not copied."""
    if isinstance(frame, RawFrame):
        return RawFrame(index=index, pts_ns=pts_ns, planes=frame.planes)
    return EncodedFrame(
        index=index,
        pts_ns=pts_ns,
        is_keyframe=frame.is_keyframe,
        codec=frame.codec,
        payload=frame.payload,
    )
