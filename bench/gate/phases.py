"""The two looks of a gate: at everything first, then again at what looks suspicious."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.gate.blocks import Blocks
from bench.gate.design import Comparison
from bench.gate.problem import Problem
from bench.gate.statistics.decide import Candidate, Decided, decide, needs_confirming
from bench.gate.statistics.estimate import compare
from bench.gate.turns import Turn, Turns
from bench.gate.worker.messages import Spec

Keep = Callable[[int, Turn], None]
"""Takes the phase, 1 or 2, and a turn as soon as it is over."""


@dataclass(slots=True, kw_only=True)
class Record:
    """What was measured of one benchmark so far, by phase."""

    turns: dict[int, list[Turn]] = field(default_factory=lambda: {1: [], 2: []})

    @property
    def problem(self) -> Problem | None:
        """Return the first problem that there was: a wrong answer before any other."""
        found = [turn.problem for turn in self.all_turns if turn.problem is not None]
        wrong = [problem for problem in found if problem.wrong]
        return next(iter(wrong or found), None)

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


def look_twice(turns: Turns, specs: Sequence[Spec], keep: Keep) -> list[Looked]:
    """Measure `specs` and decide on each. Raises WorkerFailed."""
    design = turns.design
    records = {spec.name: Record() for spec in specs}

    def kept(phase: int) -> Callable[[Turn], None]:
        def keep_turn(turn: Turn) -> None:
            records[turn.name].turns[phase].append(turn)
            keep(phase, turn)

        return keep_turn

    for _ in range(design.restarts):
        turns.restart(_without_problem(specs, records), kept(1))
    thresholds = {
        name: design.threshold_of(threads=record.threads) for name, record in records.items()
    }
    first = {
        name: compare(record.blocks(1), threshold=thresholds[name])
        for name, record in records.items()
    }
    suspects = [
        spec
        for spec in _without_problem(specs, records)
        if needs_confirming(first[spec.name], threshold=thresholds[spec.name])
    ]
    if suspects:
        for _ in range(design.confirm_restarts):
            turns.restart(_without_problem(suspects, records), kept(2))
    return _decided(turns, records, thresholds, first, {spec.name for spec in suspects})


def _without_problem(specs: Sequence[Spec], records: Mapping[str, Record]) -> list[Spec]:
    return [spec for spec in specs if records[spec.name].problem is None]


def _decided(
    turns: Turns,
    records: Mapping[str, Record],
    thresholds: Mapping[str, float],
    first: Mapping[str, Comparison | None],
    suspects: set[str],
) -> list[Looked]:
    deciding = {
        name: compare(record.blocks(2), threshold=thresholds[name])
        if name in suspects
        else first[name]
        for name, record in records.items()
    }
    sound = [name for name, record in records.items() if record.problem is None]
    candidates = [
        Candidate(
            comparison=deciding[name],
            threshold=thresholds[name],
            confirmed=name in suspects,
            first_ratio=_point(first[name]),
        )
        for name in sound
    ]
    verdicts = dict(
        zip(
            sound,
            decide(candidates, design=turns.design, pressure_percent=turns.pressure.percent),
            strict=True,
        )
    )
    return [
        Looked(
            name=name,
            record=record,
            threshold=thresholds[name],
            comparison=deciding[name],
            confirmed=name in suspects,
            decided=verdicts.get(name),
        )
        for name, record in records.items()
    ]


def _point(comparison: Comparison | None) -> float | None:
    return None if comparison is None else comparison.ratio.value
