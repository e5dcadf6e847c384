"""What a self-test found: how often the gate raised a false alarm, or missed one, how long it took.

Every share comes with its exact binomial bounds. These take comparisons for independent; those of
one gate share their processes, so they hold a little less than they say.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np

from bench.gate.result import Verdict
from bench.gate.selftest.rows import Condition, TrialRow
from bench.gate.statistics.binomial import exact_bounds
from bench.results import Estimate
from bench.stats import at_quantile, estimate

NO_EFFECT = 0.0
CONDITIONS: tuple[Condition, ...] = ("idle", "noisy")
LEAST_A_A = 300
LEAST_PER_EFFECT = 100

_NS = 1_000_000_000


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """`count` of `trials` comparisons, as a share with its exact 95 % bounds."""

    count: int
    trials: int
    share: Estimate


class EffectSummary(msgspec.Struct, frozen=True, kw_only=True):
    """All comparisons of one condition whose head was slowed down by `effect`.

    `verdicts` has every verdict of the gate, `contrast` the share in which a flag of
    pytest-benchmark would have failed, by its name. `ratio` is the median of the ratios measured
    with the span of the middle 95 % of them, None where none was; `median_s` the time of one.
    """

    effect: float
    trials: int
    verdicts: dict[Verdict, Share]
    contrast: dict[str, Share]
    ratio: Estimate | None
    median_s: float


class ConditionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """All comparisons of one condition, from `gates` gates; times of one comparison in s.

    `false_regressions` counts those of an unchanged head by benchmark.
    """

    condition: Condition
    trials: int
    gates: int
    median_s: Estimate
    p95_s: Estimate
    effects: tuple[EffectSummary, ...]
    false_regressions: dict[str, int]


class TargetCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One target of the project: `measured` is to be at most, or at least, `target`.

    `count` is what a share was made of, None for a time. `measured` is None without any trial,
    `met` where fewer than `least_trials` do not allow an answer.
    """

    what: str
    target: float
    at_most: bool
    unit: Literal["share", "s"]
    count: int | None
    trials: int
    least_trials: int
    measured: Estimate | None
    met: bool | None


class SelftestSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A whole self-test."""

    trials: int
    gates: int
    conditions: tuple[ConditionSummary, ...]
    targets: tuple[TargetCheck, ...]


def summarise(rows: Sequence[TrialRow]) -> SelftestSummary:
    """Return what `rows` say; raises ValueError where a row's verdict is not one of the gate's."""
    conditions = tuple(
        _condition(condition, found)
        for condition in CONDITIONS
        if (found := [row for row in rows if row.condition == condition])
    )
    return SelftestSummary(
        trials=len(rows),
        gates=sum(each.gates for each in conditions),
        conditions=conditions,
        targets=_targets({each.condition: each for each in conditions}),
    )


def _condition(condition: Condition, rows: Sequence[TrialRow]) -> ConditionSummary:
    effects = sorted({row.effect for row in rows})
    gates = sorted({row.gate for row in rows})
    # Comparisons of a gate are drawn together: they had the same minute and the same neighbours.
    blocks = [
        np.array([round(row.seconds * _NS) for row in rows if row.gate == gate], dtype=np.int64)
        for gate in gates
    ]
    median_s, p95_s = (
        _in_seconds(estimate(blocks, at_quantile(p), seed=len(rows))) for p in (0.5, 0.95)
    )
    false = [row.benchmark for row in rows if _is_false_regression(row)]
    return ConditionSummary(
        condition=condition,
        trials=len(rows),
        gates=len(gates),
        median_s=median_s,
        p95_s=p95_s,
        effects=tuple(_effect(at, [row for row in rows if row.effect == at]) for at in effects),
        false_regressions={name: false.count(name) for name in sorted(set(false))},
    )


def _is_false_regression(row: TrialRow) -> bool:
    return row.effect == NO_EFFECT and Verdict(row.verdict) is Verdict.REGRESSION


def _in_seconds(time_ns: Estimate) -> Estimate:
    return Estimate(value=time_ns.value / _NS, low=time_ns.low / _NS, high=time_ns.high / _NS)


def _effect(effect: float, rows: Sequence[TrialRow]) -> EffectSummary:
    verdicts = [Verdict(row.verdict) for row in rows]
    flags = dict.fromkeys(flag for row in rows for flag in row.contrast)
    ratios = [row.ratio for row in rows if row.ratio is not None]
    return EffectSummary(
        effect=effect,
        trials=len(rows),
        verdicts={verdict: _share([found is verdict for found in verdicts]) for verdict in Verdict},
        contrast={
            flag: _share([row.contrast[flag] for row in rows if flag in row.contrast])
            for flag in flags
        },
        ratio=_middle(ratios) if ratios else None,
        median_s=float(np.median([row.seconds for row in rows])),
    )


def _share(hits: Sequence[bool]) -> Share:
    count, trials = sum(hits), len(hits)
    low, high = exact_bounds(count, trials)
    return Share(
        count=count, trials=trials, share=Estimate(value=count / trials, low=low, high=high)
    )


def _middle(ratios: Sequence[float]) -> Estimate:
    low, middle, high = np.quantile(ratios, (0.025, 0.5, 0.975))
    return Estimate(value=float(middle), low=float(low), high=float(high))


def _targets(found: Mapping[Condition, ConditionSummary]) -> tuple[TargetCheck, ...]:
    """Return the targets that the project set before its first self-test, and what came of them."""
    idle = found.get("idle")
    return (
        _of_regressions(
            idle, NO_EFFECT, "idle, unchanged: false REGRESSION", target=0.003, at_most=True
        ),
        _of_regressions(idle, 0.03, "idle, +3 %: caught", target=0.98, at_most=False),
        _of_regressions(idle, 0.05, "idle, +5 %: caught", target=0.99, at_most=False),
        _of_time(idle, "idle: median time of a comparison", target_s=2.5),
        _of_regressions(
            found.get("noisy"),
            NO_EFFECT,
            "noisy, unchanged: false REGRESSION",
            target=0.0,
            at_most=True,
        ),
    )


def _of_regressions(
    found: ConditionSummary | None, effect: float, what: str, *, target: float, at_most: bool
) -> TargetCheck:
    effects = found.effects if found else ()
    share = next((e.verdicts[Verdict.REGRESSION] for e in effects if e.effect == effect), None)
    trials, count = (share.trials, share.count) if share else (0, 0)
    least = LEAST_A_A if effect == NO_EFFECT else LEAST_PER_EFFECT
    met = None
    if share and trials >= least:
        met = share.share.value <= target if at_most else share.share.value >= target
    elif at_most and target == 0 and count:
        met = False  # One is too many, however few the trials.
    return TargetCheck(
        what=what,
        target=target,
        at_most=at_most,
        unit="share",
        count=count,
        trials=trials,
        least_trials=least,
        measured=share.share if share else None,
        met=met,
    )


def _of_time(found: ConditionSummary | None, what: str, *, target_s: float) -> TargetCheck:
    trials = found.trials if found else 0
    return TargetCheck(
        what=what,
        target=target_s,
        at_most=True,
        unit="s",
        count=None,
        trials=trials,
        least_trials=LEAST_A_A,
        measured=found.median_s if found else None,
        met=found.median_s.value <= target_s if found and trials >= LEAST_A_A else None,
    )
