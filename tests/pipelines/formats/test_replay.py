"""The replay window against a model that remembers everything."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.formats.replay import ReplayWindow
from pipelines.stage import Replayed


def accepts(window: ReplayWindow, counter: int) -> bool:
    try:
        window.check(counter)
    except Replayed:
        return False
    return True


@given(
    st.integers(64, 200),
    st.lists(st.one_of(st.integers(0, 600), st.integers(2**64 - 300, 2**64 + 300)), max_size=80),
)
def test_it_accepts_what_a_set_of_all_counters_accepts(size: int, counters: list[int]) -> None:
    window = ReplayWindow(size)
    seen: set[int] = set()
    for counter in counters:
        fresh = counter not in seen and counter > max(seen, default=-1) - size
        assert accepts(window, counter) == fresh
        if fresh:
            window.commit(counter)
            seen.add(counter)


@given(st.lists(st.integers(0, 300), max_size=40), st.integers(0, 400))
def test_check_and_a_refused_commit_change_nothing(counters: list[int], probe: int) -> None:
    window = ReplayWindow(64)
    for counter in counters:
        with suppress(Replayed):
            window.commit(counter)
    before = window.state()
    accepts(window, probe)
    for refused in {probe, *counters}:
        if not accepts(window, refused):
            with pytest.raises(Replayed):
                window.commit(refused)
    assert window.state() == before


def test_the_oldest_counter_of_the_window_still_counts() -> None:
    window = ReplayWindow(64)
    window.commit(63)
    assert accepts(window, 0)
    window.commit(64)
    assert not accepts(window, 0)
    assert accepts(window, 1)


def test_a_refusal_says_which_of_the_two_it_is() -> None:
    window = ReplayWindow(64)
    window.commit(500)
    with pytest.raises(Replayed, match="counter 500: accepted before"):
        window.check(500)
    with pytest.raises(Replayed, match="counter 436: 64 behind the highest, the window is 64"):
        window.check(436)


def test_a_huge_jump_keeps_the_state_small() -> None:
    window = ReplayWindow(64)
    window.commit(0)
    window.commit(2**64 - 1)
    assert window.state() == (2**64 - 1, 1)
    assert not accepts(window, 0)


def test_a_new_window_has_seen_nothing() -> None:
    window = ReplayWindow(128)
    assert window.state() == (-1, 0)
    assert window.size == 128
    assert accepts(window, 0)


def test_a_window_below_64_is_an_error() -> None:
    with pytest.raises(ValueError, match="63 counters, needs at least 64"):
        ReplayWindow(63)
