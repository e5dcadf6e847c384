"""Which differences noise cannot make, at the edges of the rule."""

import math

import pytest

from bench.gate.design import Comparison
from bench.gate.statistics.standing_out import is_plain, stands_out
from bench.results import Estimate

JUST = 1e-9


def comparison(
    low: float, high: float, *, control: float = 1.0, apart: float = 0.0, p: float = 1e-6
) -> Comparison:
    """Return a comparison whose head lies between `low` and `high`, its twin `apart` (in log)."""
    twin = Estimate(value=control, low=control * math.exp(-apart), high=control * math.exp(apart))
    return Comparison(
        ratio=Estimate(value=math.sqrt(low * high), low=low, high=high),
        control=twin,
        above_p=p,
        below_p=1.0,
        restarts=8,
        rounds=800,
        dropped=0,
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (comparison(1.25 + JUST, 1.3), True),
        (comparison(1.25 - JUST, 9.0), False),
        (comparison(0.7, 0.8 - JUST), True),
        (comparison(0.1, 0.8 + JUST), False),
        (comparison(0.9, 40.0), False),
    ],
)
def test_whole_interval_lies_beyond_a_quarter_more_or_a_fifth_less(
    found: Comparison, *, expected: bool
) -> None:
    assert stands_out(found) is expected


@pytest.mark.parametrize("side", [1, -1])
def test_nothing_stands_out_that_is_not_three_times_beyond_the_copies(side: int) -> None:
    low, high = sorted((math.exp(side * 0.6), math.exp(side * 0.9)))
    assert stands_out(comparison(low, high, apart=0.2 - JUST))
    assert not stands_out(comparison(low, high, apart=0.2 + JUST))


@pytest.mark.parametrize("control", [math.exp(0.15), math.exp(-0.15)])
def test_copies_count_by_the_farther_end_of_their_interval(control: float) -> None:
    assert stands_out(comparison(math.exp(0.6), 2.0, control=control, apart=0.05 - JUST))
    assert not stands_out(comparison(math.exp(0.6), 2.0, control=control, apart=0.05 + JUST))


def test_lost_cache_stands_out_on_a_machine_where_copies_differ_by_a_half() -> None:
    assert stands_out(comparison(9_000.0, 15_000.0, apart=math.log(1.5)))


def test_few_restarts_are_enough_from_twice_the_time_on() -> None:
    assert is_plain(comparison(2 + JUST, 2.2), alpha=0.001)
    assert not is_plain(comparison(2 - JUST, 2.2), alpha=0.001)
    assert is_plain(comparison(0.4, 0.5 - JUST), alpha=0.001)
    assert not is_plain(comparison(2.1, 2.2, p=0.002), alpha=0.001)
