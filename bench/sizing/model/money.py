"""Euros: to set up, and for a year."""

from dataclasses import dataclass

from bench.sizing.model.draws import Draws
from bench.sizing.scenario.schema import Demand, Prices

SECONDS_PER_HOUR = 3_600.0
BYTES_PER_GB = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Euros by what they are for."""

    setup_servers: Draws
    setup_other: float
    yearly_servers: Draws
    yearly_egress: Draws
    yearly_other: float

    @property
    def setup(self) -> Draws:
        """Everything that is paid once."""
        return self.setup_servers + self.setup_other

    @property
    def yearly(self) -> Draws:
        """Everything that is paid every year."""
        return self.yearly_servers + self.yearly_egress + self.yearly_other


def cost_of(prices: Prices, demand: Demand, *, servers: Draws, egress_bytes_per_s: Draws) -> Cost:
    """Return what `servers` cost, and a year of egress that is `egress_bytes_per_s` at the peak."""
    busy_s = demand.hours_per_year * SECONDS_PER_HOUR * demand.average_share
    gigabytes = egress_bytes_per_s * busy_s / BYTES_PER_GB
    return Cost(
        setup_servers=servers * prices.server_setup_eur,
        setup_other=prices.other_setup_eur,
        yearly_servers=servers * prices.server_per_year_eur,
        yearly_egress=gigabytes * prices.egress_per_gb_eur,
        yearly_other=prices.other_per_year_eur,
    )
