"""Counters that refuse to wrap or repeat."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ciphers.nonce import NonceCounter
from pipelines.stage import NonceExhausted


def test_values_rise_from_the_start() -> None:
    counter = NonceCounter(width_bytes=8)
    assert [counter.take() for _ in range(3)] == [0, 1, 2]
    assert counter.next == 3


def test_it_refuses_to_wrap_and_keeps_refusing() -> None:
    counter = NonceCounter(width_bytes=1, start=254)
    assert [counter.take(), counter.take()] == [254, 255]
    for _ in range(2):
        with pytest.raises(NonceExhausted, match="limit of 256"):
            counter.take()
    assert counter.next == 256


def test_a_limit_below_the_width_counts() -> None:
    counter = NonceCounter(width_bytes=8, start=(1 << 48) - 1, limit=1 << 48)
    assert counter.take() == (1 << 48) - 1
    with pytest.raises(NonceExhausted):
        counter.take()


def test_it_goes_forward_but_never_back() -> None:
    counter = NonceCounter(width_bytes=2)
    counter.skip_to(1000)
    assert counter.take() == 1000
    for earlier in (0, 1000):
        with pytest.raises(ValueError, match="needs 1001 <= next"):
            counter.skip_to(earlier)
    with pytest.raises(ValueError, match="65536"):
        counter.skip_to(65537)
    with pytest.raises(AttributeError):
        counter.next = 5  # type: ignore[misc]


@pytest.mark.parametrize(("start", "limit"), [(-1, None), (257, None), (0, 257), (6, 5)])
def test_impossible_bounds_are_an_error(start: int, limit: int | None) -> None:
    with pytest.raises(ValueError, match="needs 0 <= start <= limit <= 2"):
        NonceCounter(width_bytes=1, start=start, limit=limit)


@given(st.lists(st.one_of(st.none(), st.integers(-3, 300))))
def test_no_value_is_handed_out_twice(moves: list[int | None]) -> None:
    counter = NonceCounter(width_bytes=1)
    taken: list[int] = []
    for move in moves:
        try:
            if move is None:
                taken.append(counter.take())
            else:
                counter.skip_to(move)
        except (ValueError, NonceExhausted):
            continue
    assert taken == sorted(set(taken))
    assert all(0 <= value < 256 for value in taken)
