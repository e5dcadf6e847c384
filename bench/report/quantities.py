"""Numbers as a reader wants them: three significant digits, a unit, and how sure we are."""

import math

from bench.results import Estimate

MISSING = "–"  # noqa: RUF001 - an en dash is how tables say "no value"

SIGNIFICANT = 3
"""Digits that survive: intervals here are rarely narrower than 0.1 %."""

_SIZES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_BIT_RATES = ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"))


def number(value: float, digits: int = SIGNIFICANT) -> str:
    """Return `value` with `digits` significant digits and thousands separators."""
    if not math.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, decimals)
    # 9.996 rounds up into the next decade and must not keep the digit it had in this one.
    decimals = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(decimals, 0)}f}"


def microseconds(value_ns: float) -> str:
    """Return `value_ns` in microseconds, without the unit."""
    return number(value_ns / 1e3)


def milliseconds(value_ns: float) -> str:
    """Return `value_ns` in milliseconds, without the unit."""
    return number(value_ns / 1e6)


def duration(value_ns: float) -> str:
    """Return `value_ns` with the unit that suits its size."""
    if value_ns < 1e3:
        return f"{number(value_ns)} ns"
    if value_ns < 1e6:
        return f"{microseconds(value_ns)} µs"
    if value_ns < 1e9:
        return f"{milliseconds(value_ns)} ms"
    return f"{number(value_ns / 1e9)} s"


def percent(share: float) -> str:
    """Return a share (0.023) as a percentage (2.3 %) of two significant digits."""
    return f"{number(100 * share, 2)} %"


def half_interval(estimate: Estimate) -> float:
    """Return half of the 95 % interval as a share of the value; nan where the value is 0."""
    if estimate.value == 0:
        return math.nan
    return (estimate.high - estimate.low) / 2 / abs(estimate.value)


def half_interval_percent(estimate: Estimate) -> str:
    """Return half of the 95 % interval as a percentage of one digit: `±2 %`, or `±<0.1 %`."""
    half = half_interval(estimate)
    if math.isnan(half):
        return MISSING
    # Drift of the machine is larger than a tenth of a percent.
    if half < 0.001:
        return "±<0.1 %"
    return f"±{number(100 * half, 1)} %"


def with_interval(estimate: Estimate) -> str:
    """Return the value with half of its 95 % interval: `11,400 ±2 %`."""
    return f"{number(estimate.value)} {half_interval_percent(estimate)}"


def bit_rate(value_bps: float) -> str:
    """Return a bit rate with the unit that suits its size."""
    for scale, unit in _BIT_RATES:
        if value_bps >= scale:
            return f"{number(value_bps / scale)} {unit}"
    return f"{number(value_bps)} bit/s"


def byte_size(value_bytes: float) -> str:
    """Return a number of bytes with the unit that suits its size."""
    for scale, unit in _SIZES:
        if value_bytes >= scale:
            return f"{number(value_bytes / scale)} {unit}"
    return f"{number(value_bytes)} B"


def count(value: int, noun: str) -> str:
    """Return `1 case`, `2 cases`, `1,234 frames`."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"
