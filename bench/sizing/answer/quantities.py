"""Figures as a reader wants them: few digits, a unit that suits the size, and the interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.sizing.answer.values import Figure

NONE = "-"
"""Stands where there is no value, or no interval because nothing was uncertain."""

_SCALES: dict[str, Sequence[tuple[float, str]]] = {
    "bit/s": ((1e12, "Tbit/s"), (1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s")),
    "bytes": ((2**50, "PiB"), (2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")),
}

_MOST_DECIMALS = 6

_NARROWEST = "±<0.1 %"

STACKED_NOTE = "Intervals that are not shown are narrower than ±0.1 %, or there is none."
"""Has to stand under figures that are shown stacked."""

WHOLE = frozenset({"servers", "participants", "rooms"})
"""Nobody buys a part of one."""

MONEY = frozenset({"EUR", "EUR a year"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A figure as text; `interval` is "-" where both of its ends are the value.

    Where they only look the same at these digits it is `±0.2 %`.
    """

    value: str
    interval: str
    unit: str

    @property
    def with_unit(self) -> str:
        """Return `1.9 ms`."""
        return f"{self.value} {self.unit}".strip()

    @property
    def in_brackets(self) -> str:
        """Return `1.9 ms [1.5, 2.4]`, or only the value where nothing is uncertain."""
        return self.with_unit + self.brackets

    @property
    def in_sentence(self) -> str:
        """Return the same, without an interval too narrow to matter to who reads sentences."""
        return self.with_unit if self.interval == _NARROWEST else self.in_brackets

    @property
    def without_unit(self) -> str:
        """Return `1.9 [1.5, 2.4]`, for a column that names the unit itself."""
        return self.value + self.brackets

    @property
    def stacked(self) -> str:
        """Return the value over its interval unless that is too narrow to be told.

        For columns too many for one line.
        """
        told = "" if self.interval == _NARROWEST else self.brackets.lstrip()
        return f"{self.value}\n{told}".rstrip()

    @property
    def brackets(self) -> str:
        """Return the interval as it stands behind a value, "" where there is none."""
        if self.interval == NONE:
            return ""
        if self.interval.startswith("±"):
            return f" {self.interval}"
        return f" [{self.interval.replace(' to ', ', ')}]"


def shown(figure: Figure) -> Shown:
    """Return `figure` with its unit scaled, and no more digits than its interval deserves."""
    scale, unit = scale_of(figure.unit, figure.value)
    return _shown(figure.value / scale, figure.low / scale, figure.high / scale, unit)


def fraction_shown(figure: Figure) -> Shown:
    """Return a number of servers before it is rounded up, without its unit."""
    return _shown(figure.value, figure.low, figure.high, "")


def share_shown(figure: Figure) -> Shown:
    """Return a share of one (0.62) as a percentage."""
    return _shown(100 * figure.value, 100 * figure.low, 100 * figure.high, "%")


def scale_of(unit: str, value: float) -> tuple[float, str]:
    """Return what to divide `value` by, and the unit of the result."""
    for scale, name in _SCALES.get(unit, ()):
        if abs(value) >= scale:
            return scale, name
    return 1.0, unit


def number(value: float, digits: int = 3) -> str:
    """Return `value` with `digits` significant digits and thousands separators."""
    if not math.isfinite(value):
        return "unlimited" if value > 0 else NONE
    if value == 0:
        return "0"
    return _to_decimals(value, digits - 1 - exponent(value))


def given(value: float) -> str:
    """Return a number as somebody wrote it: 20 and not 20.0."""
    return f"{value:,.10g}"


def euros(value: float) -> str:
    """Return an amount in whole euros."""
    return f"{round(value):,}"


def percent(share: float) -> str:
    """Return a share (0.0234) as a percentage (2.3 %)."""
    if 0 < share < 1e-4:
        return "<0.01 %"
    return f"{number(100 * share, 2)} %"


def change(ratio: float) -> str:
    """Return a ratio (1.041) as a change (+4.1 %)."""
    changed = 100 * (ratio - 1)
    if abs(changed) < 0.05:
        return "none"
    return f"{'+' if changed > 0 else '-'}{number(abs(changed), 2)} %"


def counted(value: float, noun: str) -> str:
    """Return `no servers`, `1 server`, `1,234 servers`."""
    whole = round(value)
    if whole == 0:
        return f"no {noun}s"
    return f"{whole:,} {noun}" if whole == 1 else f"{whole:,} {noun}s"


def exponent(value: float) -> int:
    """Return the power of ten of the first digit of `value`, 0 for 0."""
    if value == 0:
        return 0
    # 9.996 rounds up into the next decade and must not keep the digit it had in this one.
    return math.floor(math.log10(float(f"{abs(value):.2e}")))


def _shown(value: float, low: float, high: float, unit: str) -> Shown:
    if not math.isfinite(value) or value == low == high == 0:
        return Shown(value=number(value), interval=NONE, unit=unit)
    decimals = 0 if unit in WHOLE else _decimals(value, low, high)
    if low == high:
        return Shown(value=_exact(value, unit, decimals), interval=NONE, unit=unit)
    if unit in MONEY:
        decimals = min(decimals, 0)
    text, *ends = (_to_decimals(each, decimals) for each in (value, low, high))
    interval = " to ".join(ends)
    if ends == [text, text] and value:
        half = 50 * (high - low) / abs(value)
        interval = _NARROWEST if half < 0.1 else f"±{number(half, 1)} %"
    return Shown(value=text, interval=interval, unit=unit)


def _exact(value: float, unit: str, decimals: int) -> str:
    """Return what nothing is uncertain about: whole euros, and 20 rather than 20.0."""
    if unit in MONEY:
        return euros(value)
    text = _to_decimals(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimals(value: float, low: float, high: float) -> int:
    """Return to how many decimals all three are rounded: two or three digits of the largest.

    A third digit stands only where the interval is narrow enough to give it a meaning.
    """
    first = exponent(value or high or low)
    half = (high - low) / 2
    narrow = half == 0 or not math.isfinite(half) or exponent(half) <= first - 2
    return (2 if narrow else 1) - first


def _to_decimals(value: float, decimals: int) -> str:
    if not math.isfinite(value):
        return number(value)
    if decimals > _MOST_DECIMALS and value:
        return f"{value:.1e}"
    # Adding zero turns a rounded -0.0 into 0.0.
    return f"{round(value, decimals) + 0.0:,.{max(decimals, 0)}f}"
