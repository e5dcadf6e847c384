"""What is said of each benchmark, given what its blocks say: the rules of the gate, and no more.

A first look only raises a suspicion. What it suspects is measured again by new processes, and that
second look alone decides: a difference counts where it is larger than the threshold and, over all
benchmarks of the suite together, hardly chance, and where two copies of the same code did not
differ on this machine just then. Where that cannot be said, the answer is INCONCLUSIVE, but for
differences that stand out further than noise can reach.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from bench.gate.design import Comparison, Design
from bench.gate.result import Verdict
from bench.gate.statistics import holm
from bench.gate.statistics.standing_out import stands_out

EXIT_CODES: Mapping[Verdict, int] = {
    Verdict.PASS: 0,
    Verdict.IMPROVED: 0,
    Verdict.REGRESSION: 1,
    Verdict.INCONCLUSIVE: 3,
    Verdict.WRONG_ANSWER: 5,
}

MANY_APART, MANY_APART_SHARE = 2, 1 / 4
"""Where two copies differ in more than this share of all benchmarks, no difference is trusted."""

MOST_TOGETHER, MOST_TOGETHER_SHARE = 4, 3 / 4
"""From so many regressions on, one cause that all share is likely."""

UNUSABLE = "too few undisturbed rounds to compare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A benchmark with the comparison of the phase that decides, the second where `confirmed`.

    `first_ratio` is the point of the first look, for the reason of a suspicion that went away.
    """

    comparison: Comparison | None
    threshold: float
    confirmed: bool
    first_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The verdict on one benchmark; `p_value` is adjusted over the suite, None if unconfirmed."""

    verdict: Verdict
    reason: str = ""
    p_value: float | None = None


def needs_confirming(comparison: Comparison | None, *, threshold: float) -> str:
    """Return why a first look must be followed by a second one; empty where it need not be."""
    if comparison is None or comparison.disturbed:
        return UNUSABLE
    ratio = comparison.ratio
    if _beyond(ratio.value, threshold):
        return f"head differs by {_change(ratio.value)}"
    if _beyond(comparison.control.value, threshold / 2):
        return _copies_differ(comparison)
    if _hides(ratio.high, threshold):
        return f"noise could hide a slowdown of up to {_change(ratio.high)}"
    return ""


def decide(
    candidates: Sequence[Candidate], *, design: Design, pressure_percent: float | None
) -> list[Decided]:
    """Return the verdict on each of `candidates`, which are all benchmarks of a suite.

    `pressure_percent` is the share of the measuring time in which others had the workers' CPU.
    """
    slower_p = holm.adjust([_p_value(candidate, above=True) for candidate in candidates])
    faster_p = holm.adjust([_p_value(candidate, above=False) for candidate in candidates])
    decided = [
        _one(candidate, slower_p=slower, faster_p=faster, alpha=design.alpha)
        for candidate, slower, faster in zip(candidates, slower_p, faster_p, strict=True)
    ]
    doubt = _doubt(candidates, design=design, pressure_percent=pressure_percent)
    if doubt:
        decided = [
            _doubted(each, doubt, candidate.comparison)
            for each, candidate in zip(decided, candidates, strict=True)
        ]
    return _together(decided, candidates)


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict over all: the worst, and INCONCLUSIVE where there is none at all."""
    seen = set(verdicts)
    for worst in (Verdict.WRONG_ANSWER, Verdict.REGRESSION, Verdict.INCONCLUSIVE):
        if worst in seen:
            return worst
    return Verdict.PASS if seen else Verdict.INCONCLUSIVE


def _one(candidate: Candidate, *, slower_p: float, faster_p: float, alpha: float) -> Decided:
    """Return the verdict on one benchmark, as far as it does not depend on the others."""
    comparison, threshold = candidate.comparison, candidate.threshold
    if comparison is None or (comparison.disturbed and not stands_out(comparison)):
        return Decided(verdict=Verdict.INCONCLUSIVE, reason=UNUSABLE)
    if not candidate.confirmed:
        why = needs_confirming(comparison, threshold=threshold)
        if why:
            return Decided(verdict=Verdict.INCONCLUSIVE, reason=f"{why}, not measured again")
        return Decided(verdict=Verdict.PASS)
    p_value = slower_p if comparison.ratio.value > 1 else faster_p
    verdict, reason = _second_look(candidate, comparison, p_value=p_value, alpha=alpha)
    return Decided(verdict=verdict, reason=reason, p_value=p_value)


def _second_look(
    candidate: Candidate, comparison: Comparison, *, p_value: float, alpha: float
) -> tuple[Verdict, str]:
    point, threshold = comparison.ratio.value, candidate.threshold
    large, slower = _beyond(point, threshold), point > 1
    apart = _beyond(comparison.control.value, threshold / 2)
    if large and apart and not _beyond_both(comparison, threshold):
        return Verdict.INCONCLUSIVE, _copies_differ(comparison)
    if large and p_value < alpha:
        return Verdict.REGRESSION if slower else Verdict.IMPROVED, _range(comparison)
    hidden = _hides(comparison.ratio.high, threshold)
    if large and (slower or not hidden):
        verdict = Verdict.INCONCLUSIVE if slower else Verdict.PASS
        return verdict, f"{_range(comparison)} may be chance: p = {p_value:.2g}"
    apart = not large and _beyond_twin(comparison, threshold)
    if apart or hidden:
        slowdown = _change(comparison.ratio.high)
        noise = f"noise could hide a slowdown of up to {slowdown}"
        far = f"{_copies_differ(comparison)}, the head from one by more"
        return Verdict.INCONCLUSIVE, far if apart else noise
    first = candidate.first_ratio
    if first is not None and _beyond(first, threshold):
        return Verdict.PASS, f"first look {_change(first)}, not confirmed: {_change(point)}"
    return Verdict.PASS, ""


def _p_value(candidate: Candidate, *, above: bool) -> float:
    """Return what enters Holm's correction: only a second look can be significant."""
    if candidate.comparison is None or not candidate.confirmed:
        return 1.0
    return candidate.comparison.above_p if above else candidate.comparison.below_p


def _doubt(
    candidates: Sequence[Candidate], *, design: Design, pressure_percent: float | None
) -> str:
    """Return why no difference can be trusted in this run; empty where nothing speaks against."""
    if pressure_percent is not None and pressure_percent > design.most_pressure_percent:
        return (
            f"others had the CPU in {pressure_percent:.0f} % of the time, "
            f"more than {design.most_pressure_percent:g} %"
        )
    apart = sum(
        each.comparison is not None and _beyond(each.comparison.control.value, each.threshold / 2)
        for each in candidates
    )
    if apart >= MANY_APART and apart > MANY_APART_SHARE * len(candidates):
        return f"two copies of the base differ in {apart} of {len(candidates)} benchmarks"
    return ""


def _doubted(decided: Decided, doubt: str, comparison: Comparison | None) -> Decided:
    """Return `decided` without its difference, unless that stands out.

    That nothing differs is not in doubt.
    """
    if decided.verdict not in {Verdict.REGRESSION, Verdict.IMPROVED}:
        return decided
    if comparison is not None and stands_out(comparison):
        return decided
    reason = f"{decided.reason}, but {doubt}"
    return replace(decided, verdict=Verdict.INCONCLUSIVE, reason=reason)


def _together(decided: Sequence[Decided], candidates: Sequence[Candidate]) -> list[Decided]:
    """Return `decided` with a hint at the cause where most benchmarks are slower.

    That alone is no doubt: what disturbs a machine as a whole would move the twin, too.
    """
    ratios = [
        candidate.comparison.ratio.value
        for candidate, each in zip(candidates, decided, strict=True)
        if candidate.comparison is not None and each.verdict is Verdict.REGRESSION
    ]
    if len(ratios) < MOST_TOGETHER or len(ratios) < MOST_TOGETHER_SHARE * len(decided):
        return list(decided)
    hint = (
        f"all move together by about {_change(median(ratios))}: "
        "look for code (or a library) that they share"
    )
    return [
        replace(each, reason=f"{each.reason}; {hint}")
        if each.verdict is Verdict.REGRESSION
        else each
        for each in decided
    ]


def _beyond(ratio: float, threshold: float) -> bool:
    """Return whether `ratio` is more than `threshold` away from 1: 1.02 is as far as 1 / 1.02."""
    return abs(math.log(ratio)) > math.log1p(threshold)


def _beyond_both(comparison: Comparison, threshold: float) -> bool:
    """Return whether head differs from either copy of the base by the threshold, on one side.

    Two copies that differ leave a difference in doubt only as far as it may be one of theirs.
    """
    from_base = comparison.ratio.value
    from_twin = from_base / comparison.control.value
    far = _beyond(from_base, threshold) and _beyond(from_twin, threshold)
    return far and (from_base > 1) == (from_twin > 1)


def _hides(high: float, threshold: float) -> bool:
    """Return whether a slowdown of twice the threshold lies below `high`."""
    return high > (1 + threshold) ** 2


def _beyond_twin(comparison: Comparison, threshold: float) -> bool:
    """Return whether the head is slower than the twin by more than the threshold."""
    ratio = comparison.ratio.value / comparison.control.value
    return ratio > 1 and _beyond(ratio, threshold)


def _change(ratio: float) -> str:
    # Adding zero turns a rounded -0.0 into 0.0.
    return f"{round(100 * (ratio - 1), 1) + 0.0:+.1f} %"


def _range(comparison: Comparison) -> str:
    ratio = comparison.ratio
    return f"{_change(ratio.value)} ({_change(ratio.low)} to {_change(ratio.high)})"


def _copies_differ(comparison: Comparison) -> str:
    apart = 100 * abs(comparison.control.value - 1)
    return f"two copies of the base differ by {apart:.1f} %"
