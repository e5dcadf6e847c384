"""Exact bounds against published ones, and against what defines them, in exact arithmetic."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.gate.statistics.binomial import exact_bounds, lower_bound, upper_bound


@st.composite
def counts(draw: st.DrawFn, most: int = 400) -> tuple[int, int]:
    trials = draw(st.integers(1, most))
    return draw(st.integers(0, trials)), trials


def chance_of_at_most(successes: int, trials: int, share: float) -> float:
    p = Fraction(share)
    return float(
        sum(comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(successes + 1))
    )


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 5.
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0000, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_bounds_are_the_published_ones(
    successes: int, trials: int, low: float, high: float
) -> None:
    assert exact_bounds(successes, trials) == pytest.approx((low, high), abs=5e-5)


@given(counts(most=60))
@settings(max_examples=40, deadline=None)
def test_at_each_bound_the_count_is_just_too_rare(count: tuple[int, int]) -> None:
    successes, trials = count
    low, high = exact_bounds(successes, trials)
    if successes < trials:
        assert chance_of_at_most(successes, trials, high) == pytest.approx(0.025)
    if successes:
        assert 1 - chance_of_at_most(successes - 1, trials, low) == pytest.approx(0.025)


@given(counts())
@settings(deadline=None)
def test_bounds_hold_the_share_and_mirror_each_other(count: tuple[int, int]) -> None:
    successes, trials = count
    low, high = exact_bounds(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    assert exact_bounds(trials - successes, trials) == pytest.approx((1 - high, 1 - low))


@given(counts(), st.floats(0.5, 0.98))
@settings(deadline=None)
def test_more_confidence_means_wider_bounds(count: tuple[int, int], confidence: float) -> None:
    narrow, wide = exact_bounds(*count, confidence), exact_bounds(*count, confidence + 0.01)
    assert wide[0] <= narrow[0]
    assert narrow[1] <= wide[1]


@given(st.integers(1, 10_000), st.floats(0.5, 0.999))
@settings(max_examples=30, deadline=None)
def test_none_seen_has_the_bound_in_closed_form(trials: int, confidence: float) -> None:
    expected = 1 - (1 - confidence) ** (1 / trials)
    assert upper_bound(0, trials, confidence) == pytest.approx(expected)
    assert lower_bound(0, trials, confidence) == 0
    assert upper_bound(trials, trials, confidence) == 1


@pytest.mark.parametrize("successes", [1, 30, 300])
def test_ten_thousand_trials_stay_exact(successes: int) -> None:
    trials, bits = 10_000, 60
    # Whole numbers only, shares in units of 2**-60: no rounding until the one division.
    p = round(upper_bound(successes, trials, 0.975) * 2**bits)
    q = 2**bits - p
    term = tail = q**trials
    for k in range(successes):
        term = term * (trials - k) * p // ((k + 1) * q)
        tail += term
    assert tail / 2 ** (bits * trials) == pytest.approx(0.025, rel=1e-8)


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        exact_bounds(successes, trials)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.5])
def test_confidence_outside_0_to_1_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="not between 0 and 1"):
        upper_bound(1, 5, confidence)
