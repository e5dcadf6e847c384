"""Blocks and rounds follow the slower side, and every plan comes to an end."""

import pytest

from bench.gate.block_plan import plan_blocks
from bench.gate.design import Design

DESIGN = Design()
MICROSECOND, MILLISECOND, SECOND = 1e3, 1e6, 1e9


def test_units_of_equal_speed_have_the_blocks_that_the_base_asks_for() -> None:
    plan = plan_blocks(DESIGN, units=100, base_ns=MICROSECOND, head_ns=1.1 * MICROSECOND)
    assert (plan.units, plan.rounds, plan.warm_up, plan.settle) == (100, 100, 3, 2)


@pytest.mark.parametrize(
    ("head_ns", "units", "rounds"),
    [
        (10 * MICROSECOND, 100, 100),
        (100 * MICROSECOND, 100, 100),
        (MILLISECOND, 20, 100),
        (12 * MILLISECOND, 1, 100),
        (200 * MILLISECOND, 1, 24),
        (2 * SECOND, 1, 3),
        (60 * SECOND, 1, 3),
    ],
)
def test_the_slower_the_head_the_fewer_units_and_then_rounds(
    head_ns: float, units: int, rounds: int
) -> None:
    plan = plan_blocks(DESIGN, units=100, base_ns=MICROSECOND, head_ns=head_ns)
    assert (plan.units, plan.rounds) == (units, rounds)
    assert plan.expected_s <= max(6.0, 3.001 * head_ns / SECOND)


def test_base_that_is_slower_counts_the_same() -> None:
    plan = plan_blocks(DESIGN, units=1, base_ns=SECOND, head_ns=MICROSECOND)
    assert (plan.units, plan.rounds, plan.warm_up, plan.settle) == (1, 3, 0, 0)
    assert plan.expected_s == pytest.approx(6.0, rel=1e-3)
