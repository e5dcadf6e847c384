"""The statistics of a run as pytest-benchmark names and defines them."""

import statistics
from collections.abc import Sequence
from typing import Any


def stats_of(times_s: Sequence[float]) -> dict[str, Any]:
    """Return the fields of `stats` for `times_s`, at least one and not all zero, in s per call.

    Quartiles are medians of the lower and the upper half. For an odd count each half is weighted
    between leaving the middle value out and counting it in (the third method of
    https://en.wikipedia.org/wiki/Quartile#Computing_methods).
    """
    ranked = sorted(times_s)
    mean, median, total = statistics.mean(ranked), statistics.median(ranked), sum(times_s)
    stddev = statistics.stdev(ranked) if len(ranked) > 1 else 0.0
    q1, q3 = _quartiles(ranked)
    iqr = q3 - q1
    # Tukey's fences: what lies beyond one and a half times the middle half is an outlier.
    low, high = q1 - 1.5 * iqr, q3 + 1.5 * iqr
    within = [each for each in ranked if low <= each <= high]
    iqr_outliers = len(ranked) - len(within)
    stddev_outliers = sum(abs(each - mean) > stddev for each in ranked)
    return {
        "min": ranked[0],
        "max": ranked[-1],
        "mean": mean,
        "stddev": stddev,
        "rounds": len(ranked),
        "median": median,
        "iqr": iqr,
        "q1": q1,
        "q3": q3,
        "iqr_outliers": iqr_outliers,
        "stddev_outliers": stddev_outliers,
        "outliers": f"{stddev_outliers};{iqr_outliers}",
        "ld15iqr": within[0],
        "hd15iqr": within[-1],
        "ops": len(ranked) / total,
        "total": total,
        "data": list(times_s),
    }


def _quartiles(ranked: Sequence[float]) -> tuple[float, float]:
    count = len(ranked)
    if count == 1:
        return ranked[0], ranked[0]
    half = count // 2
    if count % 2 == 0:
        return statistics.median(ranked[:half]), statistics.median(ranked[half:])
    quarter, remainder = divmod(count, 4)
    # With 4n + 1 values the quartile lies nearer to the value outside, with 4n + 3 nearer to the
    # one inside of the pair around it.
    if remainder == 1:
        return (
            0.25 * ranked[quarter - 1] + 0.75 * ranked[quarter],
            0.75 * ranked[3 * quarter] + 0.25 * ranked[3 * quarter + 1],
        )
    return (
        0.75 * ranked[quarter] + 0.25 * ranked[quarter + 1],
        0.25 * ranked[3 * quarter + 1] + 0.75 * ranked[3 * quarter + 2],
    )
