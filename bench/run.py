"""Running a suite: each clip's cases interleaved in shuffled rounds, every block kept at once."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from bench.cases import INTERLEAVED, AnyCase
from bench.measure import FrameFailed
from bench.plan import by_clip
from bench.progress import Progress
from bench.results import Row
from bench.samples import Samples
from bench.store import RunFolder
from bench.trials.trial import Trial
from bench.trials.window import window_units
from bench.trials.workshop import Workshop
from bench.verdict import WrongAnswer
from pipelines.scanning.hook import ScanRefused
from pipelines.scanning.index.contract import NotInstalled

WRONG_ANSWER_PREFIX = WrongAnswer.__name__
"""How the error of a row begins whose pipeline gave a wrong answer."""


EXPECTED_PREFIXES = (ScanRefused.__name__, NotInstalled.__name__)
"""How the error of a row begins that tells a finding: no plaintext to scan, an absent package."""


@dataclass(slots=True, kw_only=True)
class Runner:
    """Works through the cases of a run folder that have no row yet."""

    folder: RunFolder
    workshop: Workshop
    progress: Progress
    seed: int
    _measured_seconds: float = field(default=0.0, init=False)

    def run(self, cases: Sequence[AnyCase]) -> None:
        """Measure `cases`, clip by clip. A case that fails becomes a row with its error.

        Raises StoreError, and KeyboardInterrupt after storing interim rows of what was measured.
        """
        done = self.folder.finished_cases()
        pending = [case for case in cases if case.id not in done]
        for clip, group in by_clip(pending).items():
            together = [case for case in group if case.model in INTERLEAVED]
            alone = [[case] for case in group if case.model not in INTERLEAVED]
            for cases_at_once in ([together] if together else []) + alone:
                self._measure_all(clip, self._open_all(clip, cases_at_once))
            self.workshop.forget(clip)

    def _open_all(self, clip: str, cases: Sequence[AnyCase]) -> list[Trial]:
        self.workshop.load(cases)
        self.progress.begin(f"{clip}: verifying, warming up", len(cases))
        trials: list[Trial] = []
        for number, case in enumerate(cases, start=1):
            try:
                trials.append(self.workshop.open(case))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a plug-in's; it is a row
                self._fail(case, error)
            self.progress.advance(number)
        self.progress.end()
        return trials

    def _measure_all(self, clip: str, trials: Sequence[Trial]) -> None:
        if not trials:
            return
        self._measured_seconds = 0.0
        total = sum(trial.case.seconds for trial in trials)
        what = trials[0].case.id if len(trials) == 1 else f"{clip}: measuring {len(trials)} cases"
        self.progress.begin(what, total)
        try:
            self._interleave(trials)
        except KeyboardInterrupt:
            self._keep_interim(trials)
            raise
        finally:
            self.progress.end()
            for trial in trials:
                trial.close()

    def _interleave(self, trials: Sequence[Trial]) -> None:
        """Measure one block of each case per round, in a new order each round."""
        alive = list(trials)
        blocks = {trial.case.id: self.folder.blocks(trial.case.id) for trial in alive}
        windows = {trial.case.id: self._window(trial, trials, blocks) for trial in alive}
        shuffler = random.Random(self.seed)  # noqa: S311 - an order, not a secret
        round_index = 0
        while alive:
            shuffler.shuffle(alive)
            for trial in list(alive):
                case = trial.case
                try:
                    done = round_index in blocks[case.id]
                    samples = None if done else trial.measure(round_index, windows[case.id])
                except (Exception, SystemExit) as error:  # noqa: BLE001 - a plug-in's; it is a row
                    alive.remove(trial)
                    self._fail(case, error)
                    continue
                if samples is not None:
                    self._keep(trial, round_index, samples)
                self._advance(case.seconds / case.rounds)
                if round_index == case.rounds - 1:
                    alive.remove(trial)
                    self._finish(trial)
            round_index += 1

    @staticmethod
    def _window(
        trial: Trial, trials: Sequence[Trial], blocks: Mapping[str, Mapping[int, Samples]]
    ) -> int:
        """Return the units of a round: the same for every case that a reader will compare."""
        if not trial.compared_with:
            return trial.fit
        group = [other for other in trials if other.compared_with == trial.compared_with]
        begun = [len(block) for other in group for block in blocks[other.case.id].values()]
        return begun[0] if begun else window_units(group)

    def _keep(self, trial: Trial, round_index: int, samples: Samples) -> None:
        session = self.folder.session_index
        self.folder.save_block(trial.case.id, round_index, samples, process=session)

    def _advance(self, seconds: float) -> None:
        self._measured_seconds += seconds
        self.progress.advance(self._measured_seconds)

    def _finish(self, trial: Trial) -> None:
        row, samples = self._row(trial)
        self.folder.finish_case(row, samples)

    def _keep_interim(self, trials: Sequence[Trial]) -> None:
        done = self.folder.finished_cases()
        begun = [t for t in trials if t.case.id not in done and self.folder.blocks(t.case.id)]
        self.folder.save_interim([self._row(trial) for trial in begun])

    def _row(self, trial: Trial) -> tuple[Row, Samples]:
        """Return the row of what was measured of a case so far, and its samples."""
        case = trial.case
        samples = self.folder.pooled_blocks(case.id)
        row = msgspec.structs.replace(
            self.workshop.bare_row(case), processes=self.folder.processes(case.id)
        )
        return trial.row(row, samples, seed=self.seed), samples

    def _fail(self, case: AnyCase, error: BaseException) -> None:
        # FrameFailed says by itself what was raised, and at which frame.
        told = str(error) if isinstance(error, FrameFailed) else f"{type(error).__name__}: {error}"
        self.folder.finish_case(
            msgspec.structs.replace(self.workshop.bare_row(case), error=told), None
        )
        self.progress.note(f"{case.id}: {told}")
