"""Shares, bounds and targets, from rows whose answers can be counted by hand."""

from collections.abc import Mapping

import msgspec
import pytest

from bench.gate.result import Verdict
from bench.gate.selftest.rows import Condition, TrialRow
from bench.gate.selftest.summary import SelftestSummary, TargetCheck, summarise
from bench.gate.statistics.binomial import exact_bounds


def rows(
    count: int,
    *,
    effect: float = 0.0,
    verdict: Verdict = Verdict.PASS,
    condition: Condition = "idle",
    seconds: float = 1.0,
    gate: int = 0,
    ratio: float | None = 1.0,
    contrast: Mapping[str, bool] | None = None,
) -> list[TrialRow]:
    return [
        TrialRow(
            condition=condition,
            gate=gate,
            benchmark="srtp protect",
            effect=effect,
            verdict=verdict,
            reason="",
            ratio=ratio,
            control=1.0,
            confirmed=False,
            seconds=seconds,
            pressure_percent=None,
            contrast=dict(contrast or {}),
        )
        for _ in range(count)
    ]


def target(summary: SelftestSummary, what: str) -> TargetCheck:
    (found,) = (check for check in summary.targets if check.what.startswith(what))
    return found


FALSE = "idle, unchanged"
NOISY = "noisy, unchanged"


def test_verdicts_are_shares_with_exact_bounds() -> None:
    (idle,) = summarise(
        [
            *rows(97),
            *rows(2, verdict=Verdict.REGRESSION),
            *rows(1, verdict=Verdict.INCONCLUSIVE),
        ]
    ).conditions
    (unchanged,) = idle.effects
    counts = {verdict: share.count for verdict, share in unchanged.verdicts.items()}
    assert counts == {
        Verdict.PASS: 97,
        Verdict.REGRESSION: 2,
        Verdict.IMPROVED: 0,
        Verdict.INCONCLUSIVE: 1,
        Verdict.WRONG_ANSWER: 0,
    }
    share = unchanged.verdicts[Verdict.REGRESSION].share
    assert (share.value, (share.low, share.high)) == (0.02, exact_bounds(2, 100))
    assert idle.false_regressions == {"srtp protect": 2}


def test_conditions_and_effects_are_kept_apart() -> None:
    summary = summarise(
        [
            *rows(3, effect=0.1, verdict=Verdict.REGRESSION, gate=1),
            *rows(5, gate=2),
            *rows(7, condition="noisy", gate=2),
        ]
    )
    idle, noisy = summary.conditions
    assert [(each.effect, each.trials) for each in idle.effects] == [(0.0, 5), (0.1, 3)]
    assert [(each.effect, each.trials) for each in noisy.effects] == [(0.0, 7)]
    assert (idle.gates, noisy.gates, summary.gates, summary.trials) == (2, 1, 3, 15)
    assert idle.false_regressions == {}


def test_flags_count_only_where_they_were_tried() -> None:
    (idle,) = summarise(
        [
            *rows(6, contrast={"mean:5%": True}),
            *rows(2, contrast={"mean:5%": False}),
            *rows(4),
        ]
    ).conditions
    share = idle.effects[0].contrast["mean:5%"]
    assert (share.count, share.trials) == (6, 8)


def test_ratio_is_the_median_with_the_middle_95_percent() -> None:
    measured = [row for at in range(201) for row in rows(1, ratio=1 + at / 1000)]
    (idle,) = summarise([*measured, *rows(1, ratio=None)]).conditions
    ratio = idle.effects[0].ratio
    assert ratio is not None
    assert (ratio.low, ratio.value, ratio.high) == pytest.approx((1.005, 1.1, 1.195))
    (unknown,) = summarise(rows(1, ratio=None)).conditions
    assert unknown.effects[0].ratio is None


def test_times_are_medians_with_an_interval_over_gates() -> None:
    measured = [row for gate in range(10) for row in rows(10, gate=gate, seconds=1.0 + gate / 10)]
    (idle,) = summarise(measured).conditions
    assert (idle.median_s.value, idle.p95_s.value) == (1.4, 1.9)
    assert idle.median_s.low < 1.4 < idle.median_s.high
    assert idle.effects[0].median_s == pytest.approx(1.45)


@pytest.mark.parametrize(("false", "met"), [(0, True), (3, True), (4, False)])
def test_three_false_alarms_in_a_thousand_are_the_most(*, false: int, met: bool) -> None:
    check = target(
        summarise([*rows(1000 - false), *rows(false, verdict=Verdict.REGRESSION)]), FALSE
    )
    assert (check.count, check.trials, check.met) == (false, 1000, met)


@pytest.mark.parametrize(
    ("effect", "missed", "met"), [(0.03, 2, True), (0.03, 3, False), (0.05, 1, True)]
)
def test_uncaught_slowdowns_count_however_they_were_called(
    *, effect: float, missed: int, met: bool
) -> None:
    summary = summarise(
        [
            *rows(100 - missed, effect=effect, verdict=Verdict.REGRESSION),
            *rows(missed, effect=effect, verdict=Verdict.INCONCLUSIVE),
        ]
    )
    check = target(summary, f"idle, +{effect * 100:.0f} %")
    assert (check.count, check.met) == (100 - missed, met)


@pytest.mark.parametrize(("seconds", "met"), [(2.5, True), (2.51, False)])
def test_time_target_is_of_the_median(*, seconds: float, met: bool) -> None:
    check = target(summarise(rows(300, seconds=seconds)), "idle: median time")
    assert check.measured is not None
    assert (check.measured.value, check.met) == (seconds, met)


def test_too_few_comparisons_answer_nothing() -> None:
    few = summarise(
        [
            *rows(299, verdict=Verdict.REGRESSION),
            *rows(99, effect=0.03, verdict=Verdict.REGRESSION),
        ]
    )
    assert target(few, FALSE).met is None
    assert target(few, "idle, +3 %").met is None
    assert target(few, "idle, +5 %").measured is None


def test_one_false_alarm_beside_a_neighbour_is_too_many_however_few_were_tried() -> None:
    assert target(summarise(rows(299, condition="noisy")), NOISY).met is None
    assert target(summarise(rows(300, condition="noisy")), NOISY).met is True
    one = rows(1, condition="noisy", verdict=Verdict.REGRESSION)
    assert target(summarise(one), NOISY).met is False


def test_nothing_compared_leaves_every_target_open() -> None:
    summary = summarise([])
    assert summary.conditions == ()
    assert {check.met for check in summary.targets} == {None}


def test_verdict_that_the_gate_does_not_know_is_refused() -> None:
    (row,) = rows(1)
    with pytest.raises(ValueError, match="MAYBE"):
        summarise([msgspec.structs.replace(row, verdict="MAYBE")])


def test_summary_survives_its_file() -> None:
    summary = summarise([*rows(20, contrast={"min:5%": True}), *rows(9, effect=0.02)])
    assert msgspec.json.decode(msgspec.json.encode(summary), type=SelftestSummary) == summary
