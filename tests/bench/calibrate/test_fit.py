"""From timed blocks to terms, with numbers known beforehand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.calibrate.fit import Unmeasured, fit, merged
from bench.calibrate.probe import Reading

COUNTS = st.tuples(st.integers(0, 50), st.integers(0, 500), st.integers(0, 100_000)).filter(any)
NS = st.integers(1, 10**9)
BLOCKS = st.lists(st.tuples(COUNTS, NS), min_size=1, max_size=12)
ROUNDS = st.lists(BLOCKS, min_size=1, max_size=4)
GRID = [
    (calls, calls * packets, calls * packets * size)
    for calls, packets, size in [
        (8, 1, 100),
        (4, 8, 100),
        (2, 32, 1200),
        (16, 1, 1200),
        (3, 5, 300),
    ]
]


def reading(counts: tuple[int, int, int], ns: int) -> Reading:
    calls, packets, size_bytes = counts
    return Reading(key="k", calls=calls, packets=packets, size_bytes=size_bytes, cpu_ns=ns)


def readings(blocks: list[tuple[tuple[int, int, int], int]]) -> list[Reading]:
    return [reading(counts, ns) for counts, ns in blocks]


def made(terms: tuple[int, int, int]) -> list[Reading]:
    """Blocks of the grid that take exactly what `terms` (in ns) say."""
    return [
        reading(counts, sum(n * term for n, term in zip(counts, terms, strict=True)))
        for counts in GRID
    ]


@given(st.tuples(*3 * [st.integers(0, 10_000)]).filter(any), st.integers(1, 4))
def test_terms_are_recovered_where_there_is_no_noise(
    terms: tuple[int, int, int], rounds: int
) -> None:
    fitted = fit([made(terms)] * rounds)
    assert len(fitted.terms) == rounds
    assert fitted.misfit is not None
    assert fitted.misfit < 1e-5
    for found in fitted.terms:
        for block in made(terms):
            counts = (block.calls, block.packets, block.size_bytes)
            assert np.dot(counts, found) == pytest.approx(block.cpu_ns, rel=1e-5)


def test_each_term_is_recovered_for_itself() -> None:
    (found,) = fit([made((900, 150, 2))]).terms
    assert tuple(found) == pytest.approx((900, 150, 2), rel=1e-9)


@given(ROUNDS)
def test_no_term_is_ever_negative_or_endless(
    rounds: list[list[tuple[tuple[int, int, int], int]]],
) -> None:
    fitted = fit([readings(blocks) for blocks in rounds])
    for found in fitted.terms:
        assert all(0 <= term < np.inf for term in found)
    assert fitted.misfit is None or 0 <= fitted.misfit < np.inf


@given(ROUNDS)
def test_no_prediction_is_more_than_twice_the_longest_relative_time(
    rounds: list[list[tuple[tuple[int, int, int], int]]],
) -> None:
    # Zero everywhere has a squared relative error of one per cell; no best fit is worse than that,
    # so none of n cells is off by more than the square root of n.
    for blocks, found in zip(rounds, fit([readings(b) for b in rounds]).terms, strict=True):
        cells = merged(readings(blocks))
        errors = cells[:, :3] @ found / cells[:, 3] - 1
        assert float(errors @ errors) <= len(cells) * (1 + 1e-9)


@given(ROUNDS, st.integers(2, 1000))
def test_a_machine_so_many_times_slower_has_terms_so_many_times_larger(
    rounds: list[list[tuple[tuple[int, int, int], int]]], factor: int
) -> None:
    fast = fit([readings(blocks) for blocks in rounds])
    slow = fit([readings([(c, factor * ns) for c, ns in blocks]) for blocks in rounds])
    for one, other in zip(fast.terms, slow.terms, strict=True):
        assert tuple(other) == pytest.approx([factor * term for term in one], rel=1e-6)


def test_terms_that_always_go_together_become_one() -> None:
    # One packet a call, so nobody can tell which of them costs the time.
    blocks = [reading((n, n, 0), 1000 * n + (-1) ** n * 30) for n in range(1, 20)]
    (found,) = fit([blocks]).terms
    assert found.call_ns == pytest.approx(1000, rel=0.05)
    assert found.packet_ns == 0


def test_terms_that_nearly_go_together_do_not_blow_up() -> None:
    random = np.random.default_rng(1)
    rounds = []
    for _ in range(10):
        blocks = []
        for size in (1190, 1195, 1200, 1205, 1210):
            ns = round((100 * 300 + 100 * size * 0.5) * random.normal(1, 0.05))
            blocks.append(reading((0, 100, 100 * size), ns))
        rounds.append(blocks)
    for found in fit(rounds).terms:
        assert found.packet_ns + 1200 * found.byte_ns == pytest.approx(900, rel=0.1)
        assert min(found.packet_ns, found.byte_ns) == 0


def test_noisy_blocks_give_terms_near_the_truth() -> None:
    random = np.random.default_rng(2)
    rounds = [
        [reading((b.calls, b.packets, b.size_bytes), round(b.cpu_ns * random.normal(1, 0.03)))
         for b in made((2000, 150, 2))]
        for _ in range(10)
    ]  # fmt: skip
    fitted = fit(rounds)
    means = np.mean(fitted.terms, axis=0)
    assert tuple(means) == pytest.approx((2000, 150, 2), rel=0.1)
    assert fitted.misfit is not None
    assert fitted.misfit < 0.05


def test_a_small_term_shows_although_rounds_differ_in_speed() -> None:
    def slowed(factor: float) -> list[Reading]:
        return [
            reading((b.calls, b.packets, b.size_bytes), round(b.cpu_ns * factor))
            for b in made((300, 2000, 0))
        ]

    factors = (1.0, 1.4, 0.9, 1.2, 1.1)
    for factor, found in zip(factors, fit([slowed(f) for f in factors]).terms, strict=True):
        assert tuple(found) == pytest.approx((300 * factor, 2000 * factor, 0), rel=1e-3)


def test_frames_that_differ_in_time_cost_their_mean() -> None:
    (found,) = fit([[reading((1, 0, 0), 1_000_000), reading((9, 0, 0), 1_000_000)]]).terms
    assert tuple(found) == pytest.approx((200_000, 0, 0))


def test_what_is_zero_in_all_readings_costs_nothing_and_one_cell_has_no_misfit() -> None:
    fitted = fit([[reading((5, 0, 0), 500)], [reading((7, 0, 0), 1400)]])
    assert [tuple(found) for found in fitted.terms] == [
        pytest.approx((100, 0, 0)),
        pytest.approx((200, 0, 0)),
    ]
    assert fitted.misfit is None


@pytest.mark.parametrize(
    "rounds",
    [[], [[]], [[reading((1, 0, 0), 5)], []], [[reading((1, 0, 0), 0)]], [[reading((0, 0, 0), 5)]]],
)
def test_readings_that_say_nothing_are_refused(rounds: list[list[Reading]]) -> None:
    with pytest.raises(Unmeasured):
        fit(rounds)
