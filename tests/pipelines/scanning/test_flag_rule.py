from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.scanning.rule import FlagRule


@given(st.integers(1, 6), st.integers(0, 5), st.lists(st.booleans(), max_size=40))
def test_a_stream_is_flagged_while_n_of_the_last_m_matched(
    n: int, more: int, matches: list[bool]
) -> None:
    m = n + more
    rule = FlagRule(n, m)
    last: deque[bool] = deque(maxlen=m)
    for matched in matches:
        last.append(matched)
        assert rule.after(matched=matched) == (sum(last) >= n)


def test_one_of_one_is_the_match_itself() -> None:
    rule = FlagRule(1, 1)
    answers = [rule.after(matched=matched) for matched in (True, False, True)]
    assert answers == [True, False, True]


@pytest.mark.parametrize(("n", "m"), [(0, 1), (2, 1), (-1, 3), (0, 0)])
def test_a_rule_that_means_nothing_is_refused(n: int, m: int) -> None:
    with pytest.raises(ValueError, match=rf"^flagged at {n} of {m} sampled frames: 1 <= n <= m"):
        FlagRule(n, m)
