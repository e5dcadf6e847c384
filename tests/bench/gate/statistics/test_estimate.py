"""Comparisons from blocks whose truth is known."""

import math

import numpy as np
import pytest

from bench.gate.blocks import Blocks
from bench.gate.statistics.estimate import compare

THRESHOLD = 0.015


def blocks(
    *, head: float = 1.0, twin: float = 1.0, rounds: int = 60, interrupted: int = 0
) -> Blocks:
    """Return blocks whose first `interrupted` rounds are disturbed, the others exact ratios."""
    base_ns = np.full(rounds, 400_000, dtype=np.int64)
    flags = np.arange(rounds) < interrupted
    return Blocks(
        base_ns=base_ns,
        head_ns=np.where(flags, 9_000_000, np.rint(base_ns * head)).astype(np.int64),
        twin_ns=np.rint(base_ns * twin).astype(np.int64),
        interrupted=flags,
    )


def test_interval_is_t_times_standard_error_of_restart_medians_about_the_point() -> None:
    # Log ratios of the restarts 0, 0.01, 0.02, 0.06; the pooled median is that of equal shares,
    # 0.015, while their mean is 0.0225 and their standard deviation sqrt(0.0020750 / 3).
    logs = (0.0, 0.01, 0.02, 0.06)
    comparison = compare([blocks(head=math.exp(log)) for log in logs], threshold=THRESHOLD)
    assert comparison is not None
    assert math.log(comparison.ratio.value) == pytest.approx(0.015, abs=1e-5)
    half = 3.1824 * math.sqrt(0.002075 / 3) / 2
    assert math.log(comparison.ratio.high) == pytest.approx(0.015 + half, abs=1e-5)
    assert math.log(comparison.ratio.low) == pytest.approx(0.015 - half, abs=1e-5)


def test_p_values_are_of_differences_beyond_a_third_of_the_threshold() -> None:
    # Two restarts at 0.005 and 0.025: point 0.015, standard error 0.01; with one degree of
    # freedom the tail beyond t is 1/2 - atan(t) / pi.
    comparison = compare(
        [blocks(head=math.exp(log)) for log in (0.005, 0.025)], threshold=THRESHOLD
    )
    assert comparison is not None
    margin = math.log(1.005)
    above = 0.5 - math.atan((0.015 - margin) / 0.01) / math.pi
    below = 0.5 - math.atan((-0.015 - margin) / 0.01) / math.pi
    assert comparison.above_p == pytest.approx(above, abs=1e-4)
    assert comparison.below_p == pytest.approx(below, abs=1e-4)


def test_a_faster_head_mirrors_a_slower_one() -> None:
    logs = (0.01, 0.02, 0.04)
    slower = compare([blocks(head=math.exp(log)) for log in logs], threshold=THRESHOLD)
    faster = compare([blocks(head=math.exp(-log)) for log in logs], threshold=THRESHOLD)
    assert slower is not None
    assert faster is not None
    assert faster.ratio.value == pytest.approx(1 / slower.ratio.value, rel=1e-5)
    assert faster.ratio.low == pytest.approx(1 / slower.ratio.high, rel=1e-5)
    assert faster.below_p == pytest.approx(slower.above_p, abs=1e-3)
    assert faster.above_p == pytest.approx(slower.below_p, abs=1e-3)


def test_control_is_of_the_twin() -> None:
    comparison = compare([blocks(head=1.05, twin=0.98)] * 4, threshold=THRESHOLD)
    assert comparison is not None
    assert comparison.ratio.value == pytest.approx(1.05)
    assert comparison.control.value == pytest.approx(0.98)


def test_restarts_that_agree_exactly_leave_no_doubt() -> None:
    slower = compare([blocks(head=1.02)] * 4, threshold=THRESHOLD)
    same = compare([blocks()] * 4, threshold=THRESHOLD)
    assert slower is not None
    assert same is not None
    assert slower.ratio.low == slower.ratio.value == slower.ratio.high
    assert (slower.above_p, slower.below_p) == (0.0, 1.0)
    assert (same.above_p, same.below_p) == (1.0, 1.0)


def test_interrupted_rounds_are_dropped_and_counted() -> None:
    comparison = compare([blocks(interrupted=40)] * 4, threshold=THRESHOLD)
    assert comparison is not None
    assert comparison.ratio.value == 1
    assert (comparison.restarts, comparison.rounds, comparison.dropped) == (4, 240, 160)


def test_interruption_of_a_round_drops_its_twin_too() -> None:
    restarts = [blocks(interrupted=20)] * 4
    for restart in restarts:
        restart.twin_ns[:20] = 9_000_000
    comparison = compare(restarts, threshold=THRESHOLD)
    assert comparison is not None
    assert comparison.control.value == comparison.control.high == 1


@pytest.mark.parametrize("side", ["base_ns", "head_ns", "twin_ns"])
def test_blocks_of_no_time_are_dropped(side: str) -> None:
    restarts = [blocks() for _ in range(4)]
    for restart in restarts:
        getattr(restart, side)[:3] = 0
    comparison = compare(restarts, threshold=THRESHOLD)
    assert comparison is not None
    assert comparison.dropped == 12
    assert comparison.ratio.value == comparison.control.value == 1


def test_a_restart_with_too_few_usable_rounds_counts_as_none() -> None:
    comparison = compare(
        [blocks(), blocks(), blocks(head=2.0, interrupted=51)], threshold=THRESHOLD
    )
    assert comparison is not None
    assert (comparison.restarts, comparison.rounds, comparison.dropped) == (2, 180, 60)
    assert comparison.ratio.high == 1


@pytest.mark.parametrize("restarts", [[], [blocks()], [blocks(interrupted=55)]])
def test_fewer_than_two_restarts_make_no_comparison(restarts: list[Blocks]) -> None:
    assert compare(restarts, threshold=THRESHOLD) is None


def test_rounds_that_were_all_interrupted_are_compared_and_called_disturbed() -> None:
    quiet = compare([blocks(), blocks(interrupted=50)], threshold=THRESHOLD)
    assert quiet is not None
    assert not quiet.disturbed
    disturbed = compare([blocks(interrupted=60), blocks(interrupted=51)], threshold=THRESHOLD)
    assert disturbed is not None
    assert disturbed.disturbed
    assert disturbed.ratio.value == pytest.approx(9_000_000 / 400_000)
    assert (disturbed.restarts, disturbed.rounds, disturbed.dropped) == (2, 120, 0)


def test_where_there_are_few_rounds_half_of_them_are_enough() -> None:
    few = compare([blocks(rounds=4, interrupted=2)] * 2, threshold=THRESHOLD)
    assert few is not None
    assert (few.disturbed, few.restarts, few.dropped) == (False, 2, 4)
    fewer = compare([blocks(rounds=4, interrupted=3)] * 2, threshold=THRESHOLD)
    assert fewer is not None
    assert fewer.disturbed


def test_interval_over_restarts_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(20261122)
    trials, held = 400, 0
    for _ in range(trials):
        restarts = []
        for _ in range(4):
            process = rng.normal(0, 0.005, size=(3, 1))
            ns = np.rint(4e5 * np.exp(process + rng.normal(0, 0.01, size=(3, 60)))).astype(np.int64)
            restarts.append(
                Blocks(
                    base_ns=ns[0],
                    head_ns=ns[1],
                    twin_ns=ns[2],
                    interrupted=np.zeros(60, dtype=np.bool_),
                )
            )
        comparison = compare(restarts, threshold=THRESHOLD)
        assert comparison is not None
        held += comparison.ratio.low <= 1 <= comparison.ratio.high
    assert 0.92 <= held / trials <= 0.98
