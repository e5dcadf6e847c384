"""Figures as text: digits, units, intervals, singular and plural."""

import pytest

from bench.sizing.answer.quantities import change, counted, number, percent, shown
from bench.sizing.answer.values import Figure
from bench.sizing.answer.wording import budget_verdict


def figure(value: float, low: float, high: float, unit: str = "ms") -> Figure:
    return Figure(
        name="it", value=value, low=low, high=high, unit=unit, basis="measured", source="a test"
    )


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "text"),
    [
        (1.934, 1.52, 2.41, "ms", "1.9 ms [1.5, 2.4]"),
        (1.934, 1.93, 1.94, "ms", "1.93 ms [1.93, 1.94]"),
        (1.934, 1.934, 1.934, "ms", "1.93 ms"),
        (0.0, 0.0, 0.0, "ms", "0 ms"),
        (9.996, 9.9, 10.2, "cores", "10.0 cores [9.9, 10.2]"),
        (1.234e9, 1.2e9, 1.3e9, "bit/s", "1.23 Gbit/s [1.20, 1.30]"),
        (999.0, 999.0, 999.0, "bit/s", "999 bit/s"),
        (3 * 2**30, 3 * 2**30, 3 * 2**30, "bytes", "3 GiB"),
        (53_412.4, 53_412.4, 53_412.4, "EUR", "53,412 EUR"),
        (53_412.4, 51_000.0, 57_000.0, "EUR", "53,000 EUR [51,000, 57,000]"),
        (1234.0, 1200.0, 1301.0, "servers", "1,234 servers [1,200, 1,301]"),
        (2.0, 2.0, 3.0, "servers", "2 servers [2, 3]"),
        (float("inf"), 1.0, float("inf"), "servers", "unlimited servers"),
    ],
)
def test_figure_has_the_digits_that_its_interval_deserves(
    value: float, low: float, high: float, unit: str, text: str
) -> None:
    assert shown(figure(value, low, high, unit)).in_brackets == text


def test_counts_have_a_singular_a_plural_and_none() -> None:
    assert counted(0, "server") == "no servers"
    assert counted(1, "server") == "1 server"
    assert counted(12_345.0, "server") == "12,345 servers"


def test_small_and_large_numbers_keep_three_digits() -> None:
    assert number(0.000123456) == "0.000123"
    assert number(123_456) == "123,000"
    assert percent(0.0234) == "2.3 %"


def test_changes_carry_their_sign() -> None:
    assert change(1.041) == "+4.1 %"
    assert change(0.5) == "-50 %"
    assert change(1.0001) == "none"


def test_budget_inside_the_interval_is_no_clear_verdict() -> None:
    assert budget_verdict(figure(90, 80, 95, "EUR"), 100) == "within the budget"
    assert budget_verdict(figure(120, 110, 130, "EUR"), 100) == "OVER the budget"
    assert budget_verdict(figure(98, 90, 105, "EUR"), 100).startswith("within the budget, but")
    assert budget_verdict(figure(98, 90, 105, "EUR"), None) == ""
