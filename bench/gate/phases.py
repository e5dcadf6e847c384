"""The looks of a gate: at everything first, then again at what looks suspicious."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.gate.blocks import Blocks
from bench.gate.design import Comparison
from bench.gate.problem import Problem
from bench.gate.result import Verdict
from bench.gate.statistics.decide import Candidate, Decided, decide, needs_confirming
from bench.gate.statistics.estimate import compare
from bench.gate.statistics.standing_out import is_plain
from bench.gate.turns import Turn, Turns
from bench.gate.worker.messages import Spec
from bench.progress import Progress

HANGS = 2
"""So often new workers must be given up: once may be bad luck, on equal code too."""

ENOUGH_RESTARTS = {1: 2, 2: 3}
"""Restarts by phase after which a difference that is plain by itself needs no more of them."""

Keep = Callable[[int, Turn], None]
"""Takes the phase, 1 or 2, and a turn as soon as it is over."""


@dataclass(slots=True, kw_only=True)
class Record:
    """What was measured of one benchmark so far, by phase."""

    turns: dict[int, list[Turn]] = field(default_factory=lambda: {1: [], 2: []})

    @property
    def problem(self) -> Problem | None:
        """Return the first problem that there was: a wrong answer before any other.

        One that was given up comes last.
        """
        found = self._problems
        wrong = [problem for problem in found if problem.wrong]
        other = [problem for problem in found if not problem.outlasted]
        return next(iter(wrong or other or found), None)

    @property
    def hung(self) -> bool:
        """Return whether one side did not come to an end, again and again, where others did."""
        found = [problem.side for problem in self._problems if problem.outlasted]
        return len(found) >= HANGS and len(set(found)) == 1

    @property
    def is_over(self) -> bool:
        """Return whether a problem leaves nothing to be measured."""
        found = self._problems
        return len(found) >= HANGS or any(not problem.outlasted for problem in found)

    @property
    def _problems(self) -> list[Problem]:
        return [turn.problem for turn in self.all_turns if turn.problem is not None]

    @property
    def all_turns(self) -> list[Turn]:
        """Return the turns of both phases."""
        return self.turns[1] + self.turns[2]

    @property
    def measured(self) -> Turn | None:
        """Return a turn that has blocks, for what is the same in all of them."""
        return next((turn for turn in self.all_turns if turn.blocks is not None), None)

    @property
    def threads(self) -> bool:
        """Return whether any of the turns ran threads beside the one that is timed."""
        return any(turn.threads for turn in self.all_turns)

    @property
    def seconds(self) -> float:
        """Return what all turns took."""
        return sum(turn.seconds for turn in self.all_turns)

    def blocks(self, phase: int) -> list[Blocks]:
        """Return the blocks of a phase, one element per restart."""
        return [turn.blocks for turn in self.turns[phase] if turn.blocks is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One benchmark after both looks; nothing is decided where there was a problem."""

    name: str
    record: Record
    threshold: float
    comparison: Comparison | None
    confirmed: bool
    decided: Decided | None


def look_twice(turns: Turns, specs: Sequence[Spec], keep: Keep, progress: Progress) -> list[Looked]:
    """Measure `specs` and decide on each. Raises WorkerFailed.

    What the second look leaves undecided is looked at once more for as long: where the machine is
    noisy, patience tells what haste could not.
    """
    records = {spec.name: Record() for spec in specs}
    looks = _Looks(turns=turns, keep=keep, progress=progress, records=records)
    looks.measure(specs, phase=1, restarts=turns.design.restarts)
    suspects = [spec for spec in specs if looks.is_suspect(spec.name)]
    looks.suspects = {spec.name for spec in suspects}
    looks.measure(suspects, phase=2, restarts=turns.design.confirm_restarts)
    undecided = [spec for spec in suspects if spec.name in looks.undecided()]
    looks.measure(undecided, phase=2, restarts=turns.design.confirm_restarts)
    return looks.looked()


@dataclass(slots=True, kw_only=True)
class _Looks:
    """Everything measured so far, and what it says."""

    turns: Turns
    keep: Keep
    progress: Progress
    records: dict[str, Record]
    suspects: set[str] = field(default_factory=set)

    def measure(self, specs: Sequence[Spec], *, phase: int, restarts: int) -> None:
        """Add `restarts` to a phase of each of `specs` that has no problem."""

        def kept(turn: Turn) -> None:
            self.records[turn.name].turns[phase].append(turn)
            self.keep(phase, turn)

        if not specs:
            return
        self.progress.begin(
            "comparing" if phase == 1 else f"looking again at {len(specs)}", restarts
        )
        for done in range(restarts):
            self.progress.advance(done)
            self.turns.restart([spec for spec in specs if self._goes_on(spec.name, phase)], kept)
        self.progress.end()

    def _goes_on(self, name: str, phase: int) -> bool:
        """Return whether a benchmark is worth another restart of this phase."""
        if self.records[name].is_over:
            return False
        comparison = self._comparison(name, phase)
        if comparison is None or comparison.restarts < ENOUGH_RESTARTS[phase]:
            return True
        alpha = self.turns.design.alpha / len(self.records)
        return not is_plain(comparison, alpha=alpha)

    def is_suspect(self, name: str) -> bool:
        """Return whether the first look at a benchmark must be followed by a second one."""
        record = self.records[name]
        if record.problem is not None:
            return not record.is_over
        threshold = self._threshold(name)
        return bool(needs_confirming(self._comparison(name, 1), threshold=threshold))

    def undecided(self) -> set[str]:
        """Return the suspects that more of the same could still decide."""
        return {
            each.name
            for each in self.looked()
            if each.confirmed
            and each.decided is not None
            and each.decided.verdict is Verdict.INCONCLUSIVE
        }

    def looked(self) -> list[Looked]:
        """Return every benchmark with what is said of it now."""
        verdicts = self._verdicts()
        return [
            Looked(
                name=name,
                record=record,
                threshold=self._threshold(name),
                comparison=self._deciding(name),
                confirmed=name in self.suspects,
                decided=verdicts.get(name),
            )
            for name, record in self.records.items()
        ]

    def _verdicts(self) -> dict[str, Decided]:
        sound = [name for name, record in self.records.items() if record.problem is None]
        candidates = [
            Candidate(
                comparison=self._deciding(name),
                threshold=self._threshold(name),
                confirmed=name in self.suspects,
                first_ratio=_point(self._comparison(name, 1)),
            )
            for name in sound
        ]
        pressure_percent = self.turns.pressure.percent
        decided = decide(candidates, design=self.turns.design, pressure_percent=pressure_percent)
        return dict(zip(sound, decided, strict=True))

    def _deciding(self, name: str) -> Comparison | None:
        return self._comparison(name, 2 if name in self.suspects else 1)

    def _comparison(self, name: str, phase: int) -> Comparison | None:
        return compare(self.records[name].blocks(phase), threshold=self._threshold(name))

    def _threshold(self, name: str) -> float:
        return self.turns.design.threshold_of(threads=self.records[name].threads)


def _point(comparison: Comparison | None) -> float | None:
    return None if comparison is None else comparison.ratio.value
