"""From what was measured and counted of a benchmark to the finding that is reported."""

from collections.abc import Collection, Mapping, Sequence
from statistics import median

from bench.gate.checkout import Side
from bench.gate.exact_counts import NOTHING, Counts, changes, grown
from bench.gate.phases import Looked, Record
from bench.gate.problem import Problem
from bench.gate.result import CountChange, Finding, Verdict


def finding_of(
    looked: Looked,
    counts: Mapping[Side, Mapping[str, Counts]],
    *,
    accepted: Collection[str] = (),
) -> Finding | None:
    """Return the finding about one benchmark, None where a side does not have it.

    Counters in `accepted` may grow. A count that grew is a regression whatever the clock says,
    since it is exact: nothing has to be confirmed.
    """
    problem = looked.record.problem
    if problem is not None and problem.absent:
        return None
    base = counts.get(Side.BASE, {}).get(looked.name, NOTHING)
    head = counts.get(Side.HEAD, {}).get(looked.name, NOTHING)
    changed = changes(base, head) if problem is None else ()
    verdict, reason = _said(looked, problem)
    verdict, reason = _with_counts(verdict, reason, changed, accepted)
    measured = looked.record.measured
    return Finding(
        benchmark=looked.name,
        verdict=verdict,
        reason=reason,
        unit=measured.unit if measured is not None else "",
        ns_per_unit=_ns_per_unit(looked.record),
        units_per_block=measured.units if measured is not None else 0,
        threads=looked.record.threads,
        threshold=looked.threshold,
        comparison=looked.comparison if problem is None else None,
        confirmed=looked.confirmed or looked.record.hung,
        p_value=looked.decided.p_value if looked.decided is not None else None,
        counts=head.counts,
        changes=changed,
        seconds=looked.record.seconds,
    )


def absent_note(looked: Looked) -> str | None:
    """Return a note where a benchmark is new or gone, None where both sides have it."""
    problem = looked.record.problem
    if problem is None or not problem.absent:
        return None
    return f"{looked.name}: not compared: {problem.side}: {problem.error}"


def count_notes(counts: Mapping[Side, Mapping[str, Counts]], names: Sequence[str]) -> list[str]:
    """Return a note for what could not be counted, and for what did not repeat."""
    sides = [each for of_side in counts.values() for each in of_side.values()]
    notes = sorted({note for each in sides for note in each.notes})
    for name in names:
        sides = [counts[side][name] for side in counts if name in counts[side]]
        errors = [each.error for each in sides if each.error is not None]
        unsteady = sorted(set().union(*(each.unsteady for each in sides)))
        if errors:
            notes.append(f"{name}: nothing counted: {errors[0]}")
        elif unsteady:
            notes.append(f"{name}: not compared, since two passes differ: {', '.join(unsteady)}")
    return notes


def _said(looked: Looked, problem: Problem | None) -> tuple[Verdict, str]:
    if problem is None:
        # Decided wherever there was no problem.
        decided = looked.decided
        if decided is None:
            raise ValueError(f"{looked.name}: neither a problem nor a decision")
        return decided.verdict, decided.reason
    reason = f"{problem.side}: {problem.error}"
    # What the head says of itself, or crashes of, is its answer; a base that fails leaves nothing
    # to compare with, and a worker that was killed can be anybody's fault.
    own = problem.crashed or not (problem.died or problem.foreign)
    if problem.outlasted:
        return _outlasted(looked.record, problem.side), reason
    if problem.side is Side.HEAD and own:
        return Verdict.WRONG_ANSWER, reason
    return Verdict.INCONCLUSIVE, reason


def _outlasted(record: Record, side: Side) -> Verdict:
    """Return what is said where a side did not come to an end and the others did."""
    if not record.hung or side is Side.TWIN:
        return Verdict.INCONCLUSIVE
    return Verdict.REGRESSION if side is Side.HEAD else Verdict.IMPROVED


def _with_counts(
    verdict: Verdict, reason: str, changed: Sequence[CountChange], accepted: Collection[str]
) -> tuple[Verdict, str]:
    more = grown([change for change in changed if change.counter not in accepted])
    if not more or verdict is Verdict.WRONG_ANSWER:
        return verdict, reason
    # A count that grew stands above what the clock could not tell, and beside what it told.
    told = reason if verdict is Verdict.REGRESSION else f"the clock says {verdict}"
    return Verdict.REGRESSION, "; ".join(
        part for part in (f"exact counts grew: {more}", told) if part
    )


def _ns_per_unit(record: Record) -> float | None:
    measured = record.measured
    blocks = [*record.blocks(1), *record.blocks(2)]
    if measured is None or not blocks:
        return None
    base_ns = [float(time) for each in blocks for time in each.base_ns]
    return median(base_ns) / measured.units
