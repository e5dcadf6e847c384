"""The rules of the gate, one by one."""

import math

import msgspec
import pytest

from bench.gate.design import Comparison, Design
from bench.gate.result import Verdict
from bench.gate.statistics.decide import (
    EXIT_CODES,
    Candidate,
    Decided,
    decide,
    needs_confirming,
    overall,
)
from bench.results import Estimate

DESIGN = Design()
T = DESIGN.threshold


def comparison(
    change: float = 0.0,
    *,
    half: float = 0.005,
    control: float = 0.0,
    above_p: float = 1.0,
    below_p: float = 1.0,
) -> Comparison:
    """Return a comparison of a head that is slower by `change`, give or take `half`."""

    def around(value: float) -> Estimate:
        return Estimate(value=value, low=value * math.exp(-half), high=value * math.exp(half))

    return Comparison(
        ratio=around(1 + change),
        control=around(1 + control),
        above_p=above_p,
        below_p=below_p,
        restarts=8,
        rounds=480,
        dropped=3,
    )


def first_look(change: float = 0.0, *, half: float = 0.005, control: float = 0.0) -> Candidate:
    return Candidate(
        comparison=comparison(change, half=half, control=control), threshold=T, confirmed=False
    )


def second_look(found: Comparison | None, *, first_ratio: float | None = None) -> Candidate:
    return Candidate(comparison=found, threshold=T, confirmed=True, first_ratio=first_ratio)


def slower(change: float = 0.03, *, p: float = 1e-4, control: float = 0.0) -> Candidate:
    return second_look(comparison(change, above_p=p, control=control))


def faster(change: float = -0.03, *, p: float = 1e-4) -> Candidate:
    return second_look(comparison(change, below_p=p))


def verdicts(
    *candidates: Candidate, pressure_percent: float | None = 0.0
) -> list[tuple[Verdict, str]]:
    decided = decide(candidates, design=DESIGN, pressure_percent=pressure_percent)
    return [(each.verdict, each.reason) for each in decided]


def only(candidate: Candidate) -> Decided:
    (decided,) = decide([candidate], design=DESIGN, pressure_percent=None)
    return decided


def test_first_look_without_a_suspicion_needs_no_second_and_passes() -> None:
    assert needs_confirming(comparison(0.014, half=0.014, control=0.007), threshold=T) == ""
    assert only(first_look(0.014, half=0.014)) == Decided(verdict=Verdict.PASS)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (comparison(0.016), "head differs by +1.6 %"),
        (comparison(-0.016), "head differs by -1.6 %"),
        (comparison(control=0.011), "two copies of the base differ by 1.1 %"),
        (comparison(control=-0.011), "two copies of the base differ by 1.1 %"),
        (comparison(half=0.04), "noise could hide a slowdown of up to +4.1 %"),
        (None, "too few undisturbed rounds to compare"),
    ],
)
def test_suspicion_is_told(found: Comparison | None, why: str) -> None:
    assert needs_confirming(found, threshold=T) == why


def test_suspicion_that_was_not_measured_again_is_inconclusive() -> None:
    decided = only(first_look(0.05))
    assert decided.verdict is Verdict.INCONCLUSIVE
    assert decided.reason == "head differs by +5.0 %, not measured again"
    assert decided.p_value is None


def test_confirmed_significant_slowdown_is_a_regression() -> None:
    assert only(slower(0.03)) == Decided(
        verdict=Verdict.REGRESSION, reason="+3.0 % (+2.5 % to +3.5 %)", p_value=1e-4
    )


def test_confirmed_significant_speedup_is_an_improvement() -> None:
    assert only(faster(-0.03)) == Decided(
        verdict=Verdict.IMPROVED, reason="-3.0 % (-3.5 % to -2.5 %)", p_value=1e-4
    )


def test_significance_below_the_threshold_is_no_regression() -> None:
    assert only(slower(0.014)).verdict is Verdict.PASS
    assert only(faster(-0.014)).verdict is Verdict.PASS


def test_significance_is_over_the_whole_suite() -> None:
    rest = [first_look()] * 9
    (found, *_) = decide([slower(p=0.004), *rest], design=DESIGN, pressure_percent=0.0)
    assert found.verdict is Verdict.REGRESSION
    assert found.p_value == pytest.approx(0.04)
    (found, *_) = decide([slower(p=0.006), *rest], design=DESIGN, pressure_percent=0.0)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.p_value == pytest.approx(0.06)
    assert found.reason == "+3.0 % (+2.5 % to +3.5 %) may be chance: p = 0.06"


def test_first_look_adds_nothing_to_significance() -> None:
    early = Candidate(comparison=comparison(above_p=1e-9), threshold=T, confirmed=False)
    (found, _) = decide([slower(p=0.03), early], design=DESIGN, pressure_percent=0.0)
    assert found.p_value == pytest.approx(0.06)


def test_speedup_that_may_be_chance_passes() -> None:
    decided = only(faster(p=0.2))
    assert decided.verdict is Verdict.PASS
    assert decided.reason == "-3.0 % (-3.5 % to -2.5 %) may be chance: p = 0.2"


def test_interval_that_could_hide_a_large_slowdown_is_inconclusive() -> None:
    decided = only(second_look(comparison(0.01, half=0.025)))
    assert decided.verdict is Verdict.INCONCLUSIVE
    assert decided.reason == "noise could hide a slowdown of up to +3.6 %"


def test_regression_with_a_wide_interval_stays_a_regression() -> None:
    assert only(second_look(comparison(0.1, half=0.04, above_p=1e-3))).verdict is Verdict.REGRESSION


def test_suspicion_that_went_away_is_told() -> None:
    decided = only(second_look(comparison(0.003), first_ratio=1.018))
    assert decided.verdict is Verdict.PASS
    assert decided.reason == "first look +1.8 %, not confirmed: +0.3 %"


def test_first_look_that_was_only_too_wide_leaves_a_plain_pass() -> None:
    assert only(second_look(comparison(0.003), first_ratio=1.004)).reason == ""


def test_nothing_usable_is_inconclusive() -> None:
    decided = only(second_look(None))
    assert decided == Decided(
        verdict=Verdict.INCONCLUSIVE, reason="too few undisturbed rounds to compare"
    )


def test_copies_that_differ_make_a_benchmark_inconclusive() -> None:
    quiet = [first_look()] * 9
    found = verdicts(slower(0.02, control=0.011), slower(), *quiet)
    assert found[0] == (Verdict.INCONCLUSIVE, "two copies of the base differ by 1.1 %")
    assert found[1][0] is Verdict.REGRESSION


def test_head_that_is_far_from_both_copies_is_a_regression_though_they_differ() -> None:
    assert only(slower(0.03, control=0.011)).verdict is Verdict.REGRESSION
    assert only(slower(0.03, control=-0.011)).verdict is Verdict.REGRESSION


def test_head_between_two_copies_that_are_far_apart_is_inconclusive() -> None:
    assert only(slower(0.02, control=0.05)).verdict is Verdict.INCONCLUSIVE


def test_copies_that_differ_leave_a_pass_a_pass() -> None:
    assert only(second_look(comparison(0.004, control=0.011))).verdict is Verdict.PASS


def test_copies_that_differ_in_many_benchmarks_leave_no_difference_trusted() -> None:
    apart = [slower(control=0.011)] * 2
    found = verdicts(slower(), faster(), first_look(), *apart)
    doubt = "but two copies of the base differ in 2 of 5 benchmarks"
    assert found[0] == (Verdict.INCONCLUSIVE, f"+3.0 % (+2.5 % to +3.5 %), {doubt}")
    assert found[1] == (Verdict.INCONCLUSIVE, f"-3.0 % (-3.5 % to -2.5 %), {doubt}")
    assert found[2] == (Verdict.PASS, "")


def test_copies_that_differ_in_a_quarter_of_the_benchmarks_are_not_many() -> None:
    apart = [slower(control=0.011)] * 2
    assert verdicts(slower(), *[first_look()] * 5, *apart)[0][0] is Verdict.REGRESSION


def test_one_benchmark_whose_copies_differ_is_not_many() -> None:
    assert verdicts(slower(), slower(0.02, control=0.011))[0][0] is Verdict.REGRESSION


def test_busy_machine_can_pass_but_not_tell_differences() -> None:
    found = verdicts(slower(), faster(), first_look(), pressure_percent=31.4)
    why = "but others had the CPU in 31 % of the time, more than 20 %"
    assert found == [
        (Verdict.INCONCLUSIVE, f"+3.0 % (+2.5 % to +3.5 %), {why}"),
        (Verdict.INCONCLUSIVE, f"-3.0 % (-3.5 % to -2.5 %), {why}"),
        (Verdict.PASS, ""),
    ]


@pytest.mark.parametrize("pressure_percent", [None, 0.0, 20.0])
def test_pressure_that_is_unknown_or_bearable_changes_nothing(
    pressure_percent: float | None,
) -> None:
    assert verdicts(slower(), pressure_percent=pressure_percent)[0][0] is Verdict.REGRESSION


@pytest.mark.parametrize("change", [1.0, 8.55, 12_000.0])
def test_busy_machine_outvotes_no_difference_that_stands_out(change: float) -> None:
    found = verdicts(slower(change), faster(1 / (1 + change) - 1), slower(), pressure_percent=75.0)
    assert [verdict for verdict, _ in found] == [
        Verdict.REGRESSION,
        Verdict.IMPROVED,
        Verdict.INCONCLUSIVE,
    ]


def test_copies_that_differ_elsewhere_outvote_no_difference_that_stands_out() -> None:
    apart = [slower(control=0.011)] * 2
    assert verdicts(slower(0.5), *apart)[0][0] is Verdict.REGRESSION


def test_interrupted_rounds_tell_only_what_stands_out() -> None:
    far = msgspec.structs.replace(comparison(0.5, above_p=1e-4), disturbed=True)
    near = msgspec.structs.replace(comparison(0.2, above_p=1e-4), disturbed=True)
    assert needs_confirming(far, threshold=T) == "too few undisturbed rounds to compare"
    assert only(second_look(far)).verdict is Verdict.REGRESSION
    assert only(second_look(near)) == Decided(
        verdict=Verdict.INCONCLUSIVE, reason="too few undisturbed rounds to compare"
    )
    equal = msgspec.structs.replace(comparison(), disturbed=True)
    assert only(second_look(equal)).verdict is Verdict.INCONCLUSIVE


def test_difference_that_stands_out_must_be_significant_all_the_same() -> None:
    assert only(slower(0.5, p=0.2)).verdict is Verdict.INCONCLUSIVE


def test_benchmarks_that_all_get_slower_are_regressions_with_a_hint() -> None:
    found = verdicts(*[slower(change) for change in (0.03, 0.04, 0.04, 0.05)], first_look())
    assert [verdict for verdict, _ in found] == [*[Verdict.REGRESSION] * 4, Verdict.PASS]
    assert found[0][1] == (
        "+3.0 % (+2.5 % to +3.5 %); all move together by about +4.0 %: "
        "look for code (or a library) that they share"
    )
    assert found[4][1] == ""


def test_fewer_than_four_regressions_give_no_hint() -> None:
    assert verdicts(*[slower()] * 3)[0][1] == "+3.0 % (+2.5 % to +3.5 %)"


def test_fewer_than_three_quarters_give_no_hint() -> None:
    assert verdicts(*[slower()] * 4, *[first_look()] * 2)[0][1] == "+3.0 % (+2.5 % to +3.5 %)"


def test_each_benchmark_has_its_own_threshold() -> None:
    found = comparison(0.02, above_p=1e-4)
    threads = Candidate(comparison=found, threshold=0.03, confirmed=True)
    assert only(second_look(found)).verdict is Verdict.REGRESSION
    assert only(threads).verdict is Verdict.PASS


def test_no_benchmarks_have_no_verdicts() -> None:
    assert verdicts() == []


def test_overall_verdict_is_the_worst() -> None:
    order = [Verdict.WRONG_ANSWER, Verdict.REGRESSION, Verdict.INCONCLUSIVE, Verdict.PASS]
    for index, worst in enumerate(order):
        assert overall(reversed(order[index:])) is worst


def test_improvement_passes() -> None:
    assert overall([Verdict.IMPROVED, Verdict.PASS]) is Verdict.PASS
    assert overall([Verdict.IMPROVED]) is Verdict.PASS


def test_nothing_at_all_is_inconclusive() -> None:
    assert overall([]) is Verdict.INCONCLUSIVE


def test_every_verdict_has_its_exit_code() -> None:
    assert set(EXIT_CODES) == set(Verdict)
    assert [EXIT_CODES[verdict] for verdict in Verdict] == [0, 1, 0, 3, 5]
