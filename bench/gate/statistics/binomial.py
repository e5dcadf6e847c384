"""Exact bounds of a share that was counted: Clopper and Pearson's, without a statistics library.

C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case
of the binomial", Biometrika 26 (1934): a bound is the share at which a count as extreme as the one
seen would be just too rare. Between such bounds independent trials hold the truth at least as
often as is said, however few they are.
"""

import math

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]


def exact_bounds(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the two-sided bounds of the share of which `successes` of `trials` were seen.

    Raises ValueError where there is no trial, the count is not within 0 to `trials`, or
    `confidence` is not between 0 and 1.
    """
    one_sided = (1 + confidence) / 2
    return (
        lower_bound(successes, trials, one_sided),
        upper_bound(successes, trials, one_sided),
    )


def lower_bound(successes: int, trials: int, confidence: float = 0.95) -> float:
    """Return the one-sided lower bound; raises ValueError as `exact_bounds` does."""
    # A share of successes is at least p where that of failures is at most 1 - p.
    return 1 - upper_bound(trials - successes, trials, confidence)


def upper_bound(successes: int, trials: int, confidence: float = 0.95) -> float:
    """Return the one-sided upper bound; raises ValueError as `exact_bounds` does."""
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} trials is no share")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence} is not between 0 and 1")
    if successes == trials:
        return 1.0
    counts = np.arange(successes + 1)
    ways = _log_ways(successes, trials)
    low, high = successes / trials, 1.0
    # The chance of so few falls as the share grows; halve until no number lies between.
    while low < (middle := (low + high) / 2) < high:
        log_chances = ways + counts * math.log(middle) + (trials - counts) * math.log1p(-middle)
        if np.exp(log_chances).sum() > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _log_ways(most: int, trials: int) -> F64:
    """Return the logarithm of "trials choose k" for k from 0 to `most`, shape (most + 1,)."""
    # The factorials of 10,000 trials do not fit a float; their logarithms do, to 1e-11.
    all_orders = math.lgamma(trials + 1)
    return np.array(
        [
            all_orders - math.lgamma(count + 1) - math.lgamma(trials - count + 1)
            for count in range(most + 1)
        ]
    )
