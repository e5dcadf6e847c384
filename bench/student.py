"""Student's t distribution for whole degrees of freedom, in its finite series."""

import math


def cdf(t: float, freedom: int) -> float:
    """Return the share of Student's t with `freedom` degrees of freedom that lies below `t`.

    `t` may be infinite. Raises ValueError where `freedom` is less than 1.
    """
    if freedom < 1:
        raise ValueError(f"Student's t with {freedom} degrees of freedom does not exist")
    if math.isinf(t):
        return 1.0 if t > 0 else 0.0
    return (1 + _between(t, freedom)) / 2


def quantile(p: float, freedom: int) -> float:
    """Return the t below which the share `p` lies: the inverse of `cdf`, by bisection.

    Raises ValueError where `p` is not strictly between 0 and 1, or `freedom` is less than 1.
    """
    if not 0 < p < 1:
        raise ValueError(f"quantile {p} of Student's t is not finite: p must be within 0 to 1")
    if p < 0.5:
        return -quantile(1 - p, freedom)
    low, high = 0.0, 1.0
    while cdf(high, freedom) < p:
        low, high = high, 2 * high
    while (middle := (low + high) / 2) not in {low, high}:
        low, high = (middle, high) if cdf(middle, freedom) < p else (low, middle)
    return high


def _between(t: float, freedom: int) -> float:
    """Return the share between -t and t; its sign is that of `t`.

    Abramowitz & Stegun, "Handbook of Mathematical Functions", 26.7.3 (odd) and 26.7.4 (even): a
    sum of odd powers of cos(theta), or of even ones, each coefficient following from the last.
    """
    theta = math.atan2(t, math.sqrt(freedom))
    cosine = math.cos(theta)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = 0.0
    for power in range(odd, freedom - 1, 2):
        total += term
        term *= cosine**2 * (power + 1) / (power + 2)
    series = math.sin(theta) * total
    return 2 / math.pi * (theta + series) if odd else series
