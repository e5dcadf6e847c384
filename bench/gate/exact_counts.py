"""Counts of the head beside those of the base: what no clock is needed for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.gate.checkout import Checkout, measured_folder
from bench.gate.result import CountChange
from bench.gate.worker.messages import Closed, Count, Counted, Job, Next, Spec
from bench.gate.worker_process import WorkerFailed, WorkerProcess

MOST_UNITS = 30
"""As many units as a second of video has."""

MOST_PASS_NS = 500_000_000
"""A pass is made a dozen times: where units are long, it has fewer of them."""

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
    """Exact counts per unit by name, of one side and benchmark, or why there are none."""

    counts: dict[str, float]
    units: int = 0
    unsteady: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    error: str | None = None


NOTHING = Counts(counts={})


def count_all(
    checkout: Checkout, specs: Sequence[Spec], *, like: Mapping[str, Counts] | None = None
) -> dict[str, Counts]:
    """Return the counts of each benchmark on one checkout, by name. Raises nothing of a worker.

    As many units are counted as in `like`, the other side's, since the first ones are not like all.
    """
    found: dict[str, Counts] = {}
    while left := [spec for spec in specs if spec.name not in found]:
        _count(checkout, left, like or {}, found)
    return found


def _count(
    checkout: Checkout,
    specs: Sequence[Spec],
    like: Mapping[str, Counts],
    found: dict[str, Counts],
) -> None:
    """Add to `found` what one worker counts of `specs`: all, or until it dies of one of them."""
    job = Job(benchmarks=list(specs), counting=True)
    at = specs[0].name
    try:
        with WorkerProcess(measured_folder(checkout.path), job, folder=checkout.path) as worker:
            for spec in specs:
                at = spec.name
                opened = worker.opened()
                if opened.error is not None:
                    found[spec.name] = Counts(counts={}, error=opened.error)
                else:
                    fit = max(1, min(MOST_UNITS, int(MOST_PASS_NS / max(1.0, opened.unit_ns))))
                    units = like.get(spec.name, NOTHING).units or fit
                    worker.send(Count(units=units))
                    counted = worker.expect(Counted, COUNT_TIMEOUT_S)
                    found[spec.name] = Counts(
                        counts=counted.counts,
                        units=units,
                        unsteady=frozenset(counted.unsteady),
                        notes=tuple(counted.notes),
                        error=counted.error,
                    )
                worker.ask(Next(), Closed)
    except WorkerFailed as error:
        found[error.benchmark or at] = Counts(counts={}, error=str(error))


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
