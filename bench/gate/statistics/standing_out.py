"""Effects that noise cannot make: what other rules say against a difference stops at these."""

import math

from bench.gate.design import Comparison

STANDS_OUT = 0.25
"""More than all that noise made of equal code: the worst of 724 comparisons was off by 1.6 %."""

TIMES_THE_COPIES = 3.0
"""So many times as far apart as two copies of the base were in the very same rounds."""

PLAIN = 1.0
"""From twice the time on, or half of it, a few restarts tell as much as many."""


def stands_out(comparison: Comparison, *, least: float = STANDS_OUT) -> bool:
    """Return whether base and head differ by more than `least`, and than noise can do.

    All of the head's interval must lie out there, three times as far as any of the twin's: what
    disturbs a machine disturbs both, since they take turns.
    """
    ratio, control = comparison.ratio, comparison.control
    nearest = math.log(ratio.low) if ratio.value > 1 else -math.log(ratio.high)
    copies = max(abs(math.log(control.low)), abs(math.log(control.high)))
    return nearest > math.log1p(least) and nearest > TIMES_THE_COPIES * copies


def is_plain(comparison: Comparison, *, alpha: float) -> bool:
    """Return whether a difference is so large that more restarts would not change what is said.

    `alpha` is already divided by the number of benchmarks.
    """
    p_value = min(comparison.above_p, comparison.below_p)
    return p_value < alpha and stands_out(comparison, least=PLAIN)
