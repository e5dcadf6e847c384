"""Patience follows what the other side took, and gets shorter with each disappointment."""

import pytest

from bench.gate.patience import Patience


def test_patience_is_a_while_and_ten_times_what_the_other_side_took() -> None:
    assert Patience().seconds(0.0) == 20
    assert Patience().seconds(3.0) == 50
    assert Patience().seconds(3.0, setup=True) == 90


@pytest.mark.parametrize(("given_up", "seconds"), [(0, 20), (1, 10), (3, 5), (9, 2), (99, 2)])
def test_each_that_was_given_up_costs_patience(given_up: int, seconds: float) -> None:
    assert Patience(given_up=given_up).seconds(0.0) == seconds
