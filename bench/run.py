"""Running a suite: each clip's cases interleaved in shuffled rounds, every block kept at once."""

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from bench.cases import Case
from bench.material import Library
from bench.measure import FrameFailed, measure_paced, measure_stages
from bench.plan import by_clip
from bench.prepare import SETTLE_FRAMES, Prepared, prepare, window_frames
from bench.progress import Progress
from bench.results import Row
from bench.samples import Samples
from bench.store import RunFolder
from bench.summarise import bare_row, summarise
from bench.verdict import WrongAnswer
from bench.verify import verify
from pipelines.codecs.settings import CodecError
from pipelines.engines.table import choose_engine
from pipelines.pipeline import Pipeline

WRONG_ANSWER_PREFIX = WrongAnswer.__name__
"""How the error of a row begins whose pipeline gave a wrong answer."""

DECODED_FRAMES = 30
"""Frames decoded beside the originals before a case is timed; `sealbench verify` decodes all."""


@dataclass(slots=True, kw_only=True)
class Runner:
    """Works through the cases of a run folder that have no row yet."""

    folder: RunFolder
    pipelines: Mapping[str, Pipeline]
    library: Library
    progress: Progress
    seed: int
    _verified: set[tuple[str, str, str, str]] = field(default_factory=set)
    _measured_seconds: float = 0.0

    def run(self, cases: Sequence[Case]) -> None:
        """Measure `cases`, clip by clip. A case that fails becomes a row with its error.

        Raises StoreError, and KeyboardInterrupt after storing interim rows of what was measured.
        """
        done = self.folder.finished_cases()
        pending = [case for case in cases if case.id not in done]
        for clip, group in by_clip(pending).items():
            ready = self._prepare_all(clip, group)
            self._measure_all(clip, ready)
            self.library.forget(clip)

    def _prepare_all(self, clip: str, cases: Sequence[Case]) -> list[Prepared]:
        # What no encoder takes becomes the row of the case that asks for it, below.
        with suppress(CodecError):
            self.library.load(cases)
        self.progress.begin(f"{clip}: verifying, warming up", len(cases))
        ready: list[Prepared] = []
        for number, case in enumerate(cases, start=1):
            try:
                ready.append(self._prepare(case))
            except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it is a row
                self._fail(case, f"{type(error).__name__}: {error}")
            self.progress.advance(number)
        self.progress.end()
        return ready

    def _prepare(self, case: Case) -> Prepared:
        pipeline = self.pipelines[case.pipeline]
        material = self.library.material(case.clip, case.codec)
        engine = choose_engine(case.engine).engine
        key = (case.clip, case.codec, case.pipeline, engine.name)
        if key not in self._verified:
            verify(
                pipeline,
                material.access_units,
                engine=engine,
                make_decoder=lambda: material.new_decoder().decode,
                decoded_frames=DECODED_FRAMES,
            )
            self._verified.add(key)
        return prepare(case, pipeline, material, engine)

    def _measure_all(self, clip: str, ready: Sequence[Prepared]) -> None:
        self._measured_seconds = 0.0
        total = sum(prepared.case.seconds for prepared in ready)
        self.progress.begin(f"{clip}: measuring {len(ready)} cases", total)
        try:
            self._interleave([p for p in ready if p.case.model == "stage"])
            for prepared in ready:
                if prepared.case.model == "paced":
                    self._pace(prepared)
        except KeyboardInterrupt:
            self._keep_interim(ready)
            raise
        finally:
            self.progress.end()

    def _interleave(self, ready: Sequence[Prepared]) -> None:
        """Measure one block of each case per round, in a new order each round."""
        alive = list(ready)
        blocks = {p.case.id: self.folder.blocks(p.case.id) for p in alive}
        windows = {p.case.id: self._window(p, ready, blocks) for p in alive}
        shuffler = random.Random(self.seed)  # noqa: S311 - an order, not a secret
        round_index = 0
        while alive:
            shuffler.shuffle(alive)
            for prepared in list(alive):
                case = prepared.case
                try:
                    if round_index not in blocks[case.id]:
                        self._measure_block(prepared, round_index, windows[case.id])
                except FrameFailed as error:
                    alive.remove(prepared)
                    self._fail(case, str(error))
                    continue
                self._advance(case.seconds / case.rounds)
                if round_index == case.rounds - 1:
                    alive.remove(prepared)
                    self._finish(prepared)
            round_index += 1

    @staticmethod
    def _window(
        prepared: Prepared, ready: Sequence[Prepared], blocks: Mapping[str, Mapping[int, Samples]]
    ) -> int:
        """Return the frames of a round: the same for every case that a reader will compare."""
        group = [
            other
            for other in ready
            if (other.case.codec, other.case.media) == (prepared.case.codec, prepared.case.media)
        ]
        begun = [len(block) for other in group for block in blocks[other.case.id].values()]
        return begun[0] if begun else window_frames(group)

    def _measure_block(self, prepared: Prepared, round_index: int, frames: int) -> None:
        # The same frames in the same round for every case, also in a run that was resumed.
        start = round_index * frames
        prepared.reel.seek(start - SETTLE_FRAMES)
        measure_stages(prepared.chain, prepared.reel, SETTLE_FRAMES)
        samples = measure_stages(prepared.chain, prepared.reel, frames, round_index=round_index)
        self._keep(prepared, round_index, samples)

    def _pace(self, prepared: Prepared) -> None:
        case = prepared.case
        if not self.folder.blocks(case.id):
            try:
                samples = measure_paced(
                    prepared.chain,
                    prepared.reel,
                    prepared.frames_that_fit,
                    interval_ns=prepared.material.frame_interval_ns,
                )
            except FrameFailed as error:
                self._fail(case, str(error))
                return
            self._keep(prepared, 0, samples)
        self._advance(case.seconds)
        self._finish(prepared)

    def _keep(self, prepared: Prepared, round_index: int, samples: Samples) -> None:
        session = self.folder.session_index
        self.folder.save_block(prepared.case.id, round_index, samples, process=session)

    def _advance(self, seconds: float) -> None:
        self._measured_seconds += seconds
        self.progress.advance(self._measured_seconds)

    def _finish(self, prepared: Prepared) -> None:
        row, samples = self._row(prepared)
        self.folder.finish_case(row, samples)

    def _keep_interim(self, ready: Sequence[Prepared]) -> None:
        done = self.folder.finished_cases()
        begun = [p for p in ready if p.case.id not in done and self.folder.blocks(p.case.id)]
        self.folder.save_interim([self._row(prepared) for prepared in begun])

    def _row(self, prepared: Prepared) -> tuple[Row, Samples]:
        """Return the row of what was measured of a case so far, and its samples."""
        case = prepared.case
        samples = self.folder.pooled_blocks(case.id)
        kinds = dict(zip(prepared.chain.fields, prepared.chain.kinds, strict=True))
        facts = prepared.material
        row = msgspec.structs.replace(
            self._bare_row(case),
            clip_sha256=facts.sha256,
            clip_note=facts.note,
            encoder=facts.encoder,
            processes=self.folder.processes(case.id),
            labels=(*prepared.pipeline.labels, *(("synthetic",) if facts.synthetic else ())),
            width=facts.width,
            height=facts.height,
            bitrate_bps=facts.bitrate_bps,
            peak_rss_bytes=prepared.peak_rss_bytes,
            case_rss_bytes=prepared.case_rss_bytes,
        )
        return summarise(row, case, samples, kinds, fps=facts.fps, seed=self.seed), samples

    def _bare_row(self, case: Case, error: str | None = None) -> Row:
        pipeline, choice = self.pipelines[case.pipeline], choose_engine(case.engine)
        return bare_row(case, pipeline, choice.engine, error=error)

    def _fail(self, case: Case, error: str) -> None:
        self.folder.finish_case(self._bare_row(case, error), None)
        self.progress.note(f"{case.id}: {error}")
