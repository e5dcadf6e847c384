"""Running a suite: each clip's cases interleaved in shuffled rounds, every block kept at once."""

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import msgspec

from bench.cases import INTERLEAVED, AnyCase, Case
from bench.flight import PATIENCE_S, in_flight, wait_while_stopped
from bench.measure import FrameFailed
from bench.plan import by_clip
from bench.progress import Progress
from bench.results import Row
from bench.samples import Samples
from bench.stop import is_stop
from bench.store import RunFolder
from bench.store.rows import row_line
from bench.trials.trial import Trial
from bench.trials.window import window_units
from bench.trials.workshop import Workshop
from bench.verdict import WrongAnswer
from pipelines.not_installed import NotInstalled
from pipelines.scanning.hook import ScanRefused
from pipelines.told import text_of, told

Result = TypeVar("Result")

CASE = "case"
"""Kind of a flight."""

OWN_PATIENCE_S = 3600.0
ENTRIES_PER_S = 10_000
"""Of a list, made ready for look-ups: a hundredth of what we see."""

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
            trial = self._attempt(case, partial(self.workshop.open, case))
            if trial is not None:
                trials.append(trial)
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
                self._close(trial)

    def _attempt(self, case: AnyCase, work: Callable[[], Result]) -> Result | None:
        """Return what `work` returns; where it raises, that becomes the row of `case`."""
        try:
            with in_flight(CASE, case.id, patience_s(case)):
                return work()
        except BaseException as error:
            if is_stop(error):
                raise
            self._fail(case, error)
            return None

    def _close(self, trial: Trial) -> None:
        """End what a trial holds. What a plug-in raises then changes no row."""
        try:
            with in_flight(CASE, trial.case.id, patience_s(trial.case)):
                trial.close()
        except BaseException as error:
            if is_stop(error):
                raise
            self.progress.note(f"{trial.case.id}: in the end: {told(error)}")

    def _interleave(self, trials: Sequence[Trial]) -> None:
        """Measure one block of each case per round, in a new order each round."""
        blocks = self._blocks_before(trials)
        alive = [trial for trial in trials if trial.case.id in blocks]
        windows = {trial.case.id: self._window(trial, alive, blocks) for trial in alive}
        shuffler = random.Random(self.seed)  # noqa: S311 - an order, not a secret
        round_index = 0
        while alive:
            shuffler.shuffle(alive)
            for trial in list(alive):
                case = trial.case
                wait_while_stopped()
                if round_index not in blocks[case.id]:
                    samples = self._attempt(
                        case, partial(trial.measure, round_index, windows[case.id])
                    )
                    if samples is None:
                        alive.remove(trial)
                        continue
                    self._keep(trial, round_index, samples)
                self._advance(case.seconds / case.rounds)
                if round_index == case.rounds - 1:
                    alive.remove(trial)
                    self._finish(trial)
            round_index += 1

    def _blocks_before(self, trials: Sequence[Trial]) -> dict[str, dict[int, Samples]]:
        """Return what an interrupted run kept of each case; where that is of no use, it fails."""
        found: dict[str, dict[int, Samples]] = {}
        for trial in trials:
            case = trial.case
            blocks = self._attempt(case, partial(self.folder.blocks, case.id))
            if blocks is not None:
                found[case.id] = blocks
        return found

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
        finished = self._attempt(trial.case, partial(self._summed_up, trial))
        if finished is not None:
            self.folder.finish_case(*finished)

    def _keep_interim(self, trials: Sequence[Trial]) -> None:
        done = self.folder.finished_cases()
        begun: list[tuple[Row, Samples]] = []
        for trial in trials:
            if trial.case.id not in done:
                # What cannot be summed up, or was not begun, will say so when the run is gone on
                # with.
                with suppress(Exception):
                    begun.append(self._summed_up(trial))
        self.folder.save_interim(begun)

    def _summed_up(self, trial: Trial) -> tuple[Row, Samples]:
        """Return row and samples of what was measured of a case so far. Raises StoreError too."""
        samples = self.folder.pooled_blocks(trial.case.id)
        return self._row(trial, samples), samples

    def _row(self, trial: Trial, samples: Samples) -> Row:
        """Return the row of what was measured of a case so far. Raises what makes it no row."""
        case = trial.case
        row = msgspec.structs.replace(
            self.workshop.bare_row(case), processes=self.folder.processes(case.id)
        )
        row = trial.row(row, samples, seed=self.seed)
        row_line(row, self.folder.path)
        return row

    def _fail(self, case: AnyCase, error: BaseException) -> None:
        # FrameFailed says by itself what was raised, and at which frame.
        what = text_of(error) if isinstance(error, FrameFailed) else told(error)
        self.folder.finish_case(
            msgspec.structs.replace(self.workshop.bare_row(case), error=what), None
        )
        self.progress.note(f"{case.id}: {what}")


def patience_s(case: AnyCase) -> float:
    """Return how long a case may show no progress before it is given up.

    Only frames of a stream go through strangers' code, and each is a sign of life; a hook's list
    is made ready in one go. Everything else is our own, and may take its time.
    """
    if not isinstance(case, Case):
        return OWN_PATIENCE_S
    return PATIENCE_S + (0 if case.hook is None else case.hook.list_size / ENTRIES_PER_S)
