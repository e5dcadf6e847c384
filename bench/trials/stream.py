"""Frames through a pipeline: one block of frames per round, or one stream in real time."""

from dataclasses import dataclass

import msgspec
import numpy as np

from bench.arrival import check_arrival
from bench.cases import Case
from bench.chain import Chain, build_chain
from bench.hook_summary import summarise_hook
from bench.material import Material
from bench.measure import measure_paced, measure_stages, settle
from bench.memory import peak_rss_bytes, reset_peak, rss_bytes
from bench.reel import Reel
from bench.results import Row
from bench.samples import Samples, latency_ns
from bench.summarise import summarise
from pipelines.engines.engine import Engine
from pipelines.media import EncodedFrame, RawFrame, Unit
from pipelines.pipeline import Pipeline
from pipelines.session import Session
from pipelines.stages.codec import Decode, Encode
from pipelines.stages.scan.hook import OpenHook

WARM_UP_FRAMES = 12
"""First calls allocate buffers and fill caches; none of them is measured."""

SETTLE_FRAMES = 3
"""Frames sent untimed at the start of each round, after another case has used the caches."""

MOST_FRAMES_PER_ROUND = 400
"""Keeps raw samples small; more precision comes from more rounds, not from longer ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTrial:
    """A case whose stages are built, with keys of their own, and warm.

    Memory is that of the process at its peak while the case was set up and warmed up, and how much
    of it the case added. `list_origin` says what the hook's list holds, `remarks` are labels of the
    row beside the pipeline's own.
    """

    case: Case
    pipeline: Pipeline
    material: Material
    chain: Chain
    reel: Reel
    fit: int
    peak_rss_bytes: int
    case_rss_bytes: int
    hook: OpenHook | None = None
    list_origin: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def compared_with(self) -> tuple[str, ...]:
        """Return codec and media: pipelines are compared within them. A paced case is alone."""
        return () if self.case.model == "paced" else ("stream", self.case.codec, self.case.media)

    @property
    def period(self) -> int:
        """Frames after which the clip starts over."""
        return self.reel.period

    def measure(self, round_index: int, units: int) -> Samples:
        """Return the samples of one round of `units` frames.

        Raises FrameFailed, and WrongAnswer where a frame that is sent untimed before the round, or
        the last one of it, does not arrive as it should.
        """
        if self.case.model == "paced":
            return measure_paced(
                self.chain,
                self.reel,
                units,
                interval_ns=self.material.frame_interval_ns,
                look=look_while_measuring,
            )
        # The same frames in the same round for every case, also in a run that was resumed.
        lead_in = self._lead_in(round_index * units)
        self.reel.seek(round_index * units - lead_in)
        settle(self.chain, self.reel, lead_in, look_while_measuring)
        return measure_stages(
            self.chain, self.reel, units, round_index=round_index, look=look_while_measuring
        )

    def _lead_in(self, start: int) -> int:
        """Return how many frames go untimed before the frame `start` of the reel.

        Where a hook decodes cached access units, its decoder begins at a key frame.
        """
        if self.hook is None or not self.hook.needs_every_unit or self.case.media == "live":
            return SETTLE_FRAMES
        units = self.material.access_units
        frames = SETTLE_FRAMES
        while not units[(start - frames) % len(units)].is_keyframe:
            frames += 1
        return frames

    def row(self, row: Row, samples: Samples, *, seed: int) -> Row:
        """Return `row` with the statistics of `samples`."""
        facts = self.material
        row = msgspec.structs.replace(
            row,
            clip_sha256=facts.sha256,
            clip_note=facts.note,
            encoder=facts.encoder,
            labels=(
                *self.pipeline.labels,
                *(("synthetic",) if facts.synthetic else ()),
                *self.remarks,
            ),
            width=facts.width,
            height=facts.height,
            bitrate_bps=facts.bitrate_bps,
            peak_rss_bytes=self.peak_rss_bytes,
            case_rss_bytes=self.case_rss_bytes,
        )
        kinds = dict(zip(self.chain.fields, self.chain.kinds, strict=True))
        row = summarise(row, self.case, samples, kinds, fps=facts.fps, seed=seed)
        if self.hook is None:
            return row
        summary = summarise_hook(samples, self.hook, fps=facts.fps, seed=seed)
        return msgspec.structs.replace(
            row, hook=msgspec.structs.replace(summary, list_origin=self.list_origin)
        )

    def close(self) -> None:
        """End the hook's worker, if there is one."""
        if self.hook is not None:
            self.hook.close()


def open_stream(
    case: Case,
    pipeline: Pipeline,
    material: Material,
    engine: Engine,
    hook: OpenHook | None = None,
) -> StreamTrial:
    """Build the stages of `case` with new keys, warm them up and choose the size of a round.

    Raises FrameFailed, CodecError, WrongAnswer.
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
        hook=hook,
    )
    reel = Reel(material.raw_frames if live else material.access_units, material.fps)
    warm = settle(chain, reel, WARM_UP_FRAMES, look_while_measuring)
    frame_ns = max(1.0, float(np.median(latency_ns(warm))))
    peak = peak_rss_bytes()
    return StreamTrial(
        case=case,
        pipeline=pipeline,
        material=material,
        chain=chain,
        reel=reel,
        fit=frames_that_fit(case, frame_ns, material.fps),
        peak_rss_bytes=peak,
        case_rss_bytes=max(0, peak - before) if can_reset else 0,
        hook=hook,
    )


def look_while_measuring(sent: Unit, arrived: Unit) -> None:
    """Raise WrongAnswer unless a frame of a measured stream arrives as it should."""
    frame = sent.index if isinstance(sent, EncodedFrame | RawFrame) else 0
    check_arrival(sent, arrived, f"while measuring, at frame {frame} of the clip")


def frames_that_fit(case: Case, frame_ns: float, fps: float) -> int:
    """Return how many frames fill one round of `case`, at `frame_ns` each; at least two."""
    round_ns = case.seconds * 1e9 / case.rounds
    if case.model == "paced":
        return max(2, round(case.seconds * fps))
    return max(2, min(MOST_FRAMES_PER_ROUND, round(round_ns / frame_ns)))
