"""A case made ready for its timed rounds: material loaded, answer verified, stages warmed up."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.cases import Case
from bench.chain import Chain, build_chain
from bench.material import Material
from bench.measure import measure_stages
from bench.memory import peak_rss_bytes, reset_peak, rss_bytes
from bench.reel import Reel
from bench.samples import latency_ns
from pipelines.engines.engine import Engine
from pipelines.pipeline import Pipeline
from pipelines.session import Session
from pipelines.stages.codec import Decode, Encode

WARM_UP_FRAMES = 12
"""First calls allocate buffers and fill caches; none of them is measured."""

SETTLE_FRAMES = 3
"""Frames sent untimed at the start of each round, after another case has used the caches."""

MOST_FRAMES_PER_ROUND = 400
"""Keeps raw samples small; more precision comes from more rounds, not from longer ones."""


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
    reel: Reel
    frames_that_fit: int
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
    reel = Reel(material.raw_frames if live else material.access_units, material.fps)
    warm = measure_stages(chain, reel, WARM_UP_FRAMES)
    frame_ns = max(1.0, float(np.median(latency_ns(warm))))
    peak = peak_rss_bytes()
    return Prepared(
        case=case,
        pipeline=pipeline,
        material=material,
        chain=chain,
        reel=reel,
        frames_that_fit=frames_that_fit(case, frame_ns, material.fps),
        peak_rss_bytes=peak,
        case_rss_bytes=max(0, peak - before) if can_reset else 0,
    )


def frames_that_fit(case: Case, frame_ns: float, fps: float) -> int:
    """Return how many frames fill one round of `case`, at `frame_ns` each; at least two."""
    round_ns = case.seconds * 1e9 / case.rounds
    if case.model == "paced":
        return max(2, round(case.seconds * fps))
    return max(2, min(MOST_FRAMES_PER_ROUND, round(round_ns / frame_ns)))


def window_frames(group: Sequence[Prepared]) -> int:
    """Return the frames of one round of cases that are compared: the same for all of them.

    As many as fit into a round of the slowest, cut to whole turns of the clip where one fits.
    """
    count = min(prepared.frames_that_fit for prepared in group)
    period = group[0].reel.period
    return count if count < period else count - count % period
