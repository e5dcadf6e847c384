"""Counts of the head beside those of the base: what no clock is needed for."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.gate.checkout import Checkout, measured_folder
from bench.gate.overdue import LOOK_S, overdue
from bench.gate.patience import Patience
from bench.gate.result import CountChange
from bench.gate.worker.messages import Closed, Count, Counted, Job, Next, Opened, Spec
from bench.gate.worker_process import (
    ANSWER_TIMEOUT_S,
    Stage,
    WorkerFailed,
    WorkerProcess,
    heard_from,
)

MOST_UNITS = 30
"""As many units as a second of video has."""

MOST_PASS_NS = 500_000_000
"""A pass is made a dozen times: where units are long, it has fewer of them."""

MOST_TIMES_A_PASS = 4
"""A head whose pass takes so many times as long is slower by the clock: it is not counted."""

COUNT_TIMEOUT_S = 300.0

COUNTERS = (
    "bytes_copied",
    "allocations",
    "allocated_bytes",
    "crypto_calls",
    "packets",
    "overhead_bytes",
)
"""All that is counted; not every benchmark has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Exact counts per unit by name, of one side and benchmark, or why there are none.

    `seconds` is what it took to count `units` units.
    """

    counts: dict[str, float]
    units: int = 0
    unsteady: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    error: str | None = None
    seconds: float = 0.0


NOTHING = Counts(counts={})

Took = dict[tuple[str, Stage], float]
"""What a stage took, in s, by the benchmark that was waited for."""


def count_all(
    checkout: Checkout,
    specs: Sequence[Spec],
    took_s: Took,
    patience: Patience,
    *,
    like: Mapping[str, Counts] | None = None,
) -> dict[str, Counts]:
    """Return the counts of each benchmark on one checkout, by name. Raises nothing of a worker.

    As many units are counted as in `like`, the other side's, since the first ones are not like all.
    The first side leaves in `took_s` what it took to open the benchmarks; the second is given up
    where it takes far longer.
    """
    counting = _Counting(checkout=checkout, like=like, took_s=took_s, patience=patience)
    while left := [spec for spec in specs if spec.name not in counting.found]:
        counting.go_on(left)
    return counting.found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counting:
    """The counts of one checkout, as far as they are `found`."""

    checkout: Checkout
    like: Mapping[str, Counts] | None
    took_s: Took
    patience: Patience
    found: dict[str, Counts] = field(default_factory=dict)

    def go_on(self, specs: Sequence[Spec]) -> None:
        """Find what one worker counts of `specs`: all, or until it dies of one of them."""
        job = Job(benchmarks=list(specs), counting=True)
        folder = self.checkout.path
        at = specs[0].name
        try:
            with WorkerProcess(measured_folder(folder), job, folder=folder) as worker:
                for spec in specs:
                    at = spec.name
                    opened = self._opened(worker, at)
                    other = (self.like or {}).get(at, NOTHING)
                    self.found[at] = _counted(worker, opened, other, self.patience)
                    worker.ask(Next(), Closed)
        except WorkerFailed as error:
            self.found[error.benchmark or at] = Counts(counts={}, error=str(error))

    def _opened(self, worker: WorkerProcess, name: str) -> Opened:
        """Wait for the benchmark `name` and return it. Raises WorkerFailed."""
        while True:
            if heard_from([worker], LOOK_S):
                if opened := worker.opened_within(ANSWER_TIMEOUT_S):
                    break
            elif self.like is not None:
                other_s = self.took_s.get((name, worker.stage))
                if late := overdue(worker, other_s, self.patience):
                    raise late
            elif late := overdue(worker, None, self.patience):
                raise late
        if self.like is None:
            self.took_s.update({(name, stage): took for stage, took in worker.took_s.items()})
        return opened


def _counted(worker: WorkerProcess, opened: Opened, other: Counts, patience: Patience) -> Counts:
    """Return what `worker` counts, in as many units as on the `other` side. Raises WorkerFailed."""
    if opened.error is not None:
        return Counts(counts={}, error=opened.error)
    units, unit_ns = other.units, max(1.0, opened.unit_ns)
    if units * unit_ns > MOST_TIMES_A_PASS * MOST_PASS_NS:
        return Counts(counts={}, error=f"{units} units take {units * unit_ns / 1e9:.1f} s")
    units = units or max(1, min(MOST_UNITS, int(MOST_PASS_NS / unit_ns)))
    began_s = time.monotonic()
    worker.send(Count(units=units))
    within_s = patience.seconds(other.seconds) if units == other.units else COUNT_TIMEOUT_S
    counted = worker.expect(Counted, within_s)
    return Counts(
        counts=counted.counts,
        units=units,
        unsteady=frozenset(counted.unsteady),
        notes=tuple(counted.notes),
        error=counted.error,
        seconds=time.monotonic() - began_s,
    )


def changes(base: Counts, head: Counts) -> tuple[CountChange, ...]:
    """Return the counters that differ, of those that both sides have and that are steady."""
    unsteady = base.unsteady | head.unsteady
    return tuple(
        CountChange(counter=name, base=base.counts[name], head=head.counts[name])
        for name in base.counts
        if name in head.counts and name not in unsteady and base.counts[name] != head.counts[name]
    )


def grown(changed: Sequence[CountChange]) -> str:
    """Return in one line which counters the head raised; empty where it raised none."""
    return ", ".join(
        f"{change.counter} {change.base:,.10g} -> {change.head:,.10g}"
        for change in changed
        if change.head > change.base
    )
