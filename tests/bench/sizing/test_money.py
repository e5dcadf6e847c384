"""Euros by hand."""

import numpy as np
import pytest

from bench.sizing.model.money import cost_of
from bench.sizing.scenario.schema import Demand, Prices

PRICES = Prices(
    server_setup_eur=10_000,
    server_per_year_eur=2_000,
    egress_per_gb_eur=0.05,
    other_setup_eur=7,
    other_per_year_eur=11,
)
DEMAND = Demand(peak_participants=10, hours_per_year=1_000, average_share=0.5)


def test_a_year_and_the_set_up_by_hand() -> None:
    cost = cost_of(
        PRICES, DEMAND, servers=np.array([3.0, 4.0]), egress_bytes_per_s=np.array([1e6, 2e6])
    )
    assert cost.setup == pytest.approx([30_007, 40_007])
    # 1 MB/s for 1,000 hours at half the peak is 1,800 GB.
    assert cost.yearly_egress == pytest.approx([90, 180])
    assert cost.yearly == pytest.approx([6_000 + 90 + 11, 8_000 + 180 + 11])


def test_no_hours_cost_no_egress() -> None:
    idle = Demand(peak_participants=10, hours_per_year=0)
    cost = cost_of(PRICES, idle, servers=np.ones(2), egress_bytes_per_s=np.full(2, 1e9))
    assert list(cost.yearly_egress) == [0.0, 0.0]
