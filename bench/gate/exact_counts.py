"""Counts of the head beside those of the base: what no clock is needed for."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.gate.checkout import Checkout, measured_folder
from bench.gate.result import CountChange
from bench.gate.worker.messages import Closed, Count, Counted, Job, Next, Spec
from bench.gate.worker_process import WorkerFailed, WorkerProcess

COUNTED_UNITS = 30
"""As many units as a second of video has; all sides count the same ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Exact counts per unit by name, of one side and benchmark, or why there are none."""

    counts: dict[str, float]
    unsteady: frozenset[str] = frozenset()
    error: str | None = None


def count_all(checkout: Checkout, specs: Sequence[Spec]) -> dict[str, Counts]:
    """Return the counts of each benchmark on one checkout, by name. Raises nothing of a worker."""
    job = Job(benchmarks=list(specs), counting=True)
    found: dict[str, Counts] = {}
    try:
        with WorkerProcess(measured_folder(checkout.path), job, folder=checkout.path) as worker:
            for spec in specs:
                opened = worker.opened()
                if opened.error is not None:
                    found[spec.name] = Counts(counts={}, error=opened.error)
                else:
                    counted = worker.ask(Count(units=COUNTED_UNITS), Counted)
                    found[spec.name] = Counts(
                        counts=counted.counts,
                        unsteady=frozenset(counted.unsteady),
                        error=counted.error,
                    )
                worker.ask(Next(), Closed)
    except WorkerFailed as error:
        for spec in specs:
            found.setdefault(spec.name, Counts(counts={}, error=str(error)))
    return found


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
