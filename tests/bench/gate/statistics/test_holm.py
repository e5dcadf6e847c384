"""Holm's correction by hand-worked examples."""

import pytest

from bench.gate.statistics import holm


def test_smallest_is_multiplied_by_their_number_and_the_next_by_one_less() -> None:
    assert holm.adjust([0.04, 0.01, 0.3]) == pytest.approx([0.08, 0.03, 0.3])


def test_none_falls_below_the_one_before_it() -> None:
    # 4 x 0.01, 3 x 0.02, 2 x 0.022 = 0.044 < 0.06, 1 x 0.05 < 0.06.
    assert holm.adjust([0.01, 0.02, 0.022, 0.05]) == pytest.approx([0.04, 0.06, 0.06, 0.06])


def test_none_exceeds_one() -> None:
    assert holm.adjust([0.6, 0.7]) == [1.0, 1.0]


def test_a_single_test_stays_as_it_is() -> None:
    assert holm.adjust([0.02]) == [0.02]


def test_no_tests_have_no_p_values() -> None:
    assert holm.adjust([]) == []


def test_tests_that_were_not_made_count_against_the_others() -> None:
    assert holm.adjust([0.004, *[1.0] * 9])[0] == pytest.approx(0.04)
