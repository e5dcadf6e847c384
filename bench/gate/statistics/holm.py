"""Holm's correction: p-values of several tests, such that alpha holds for all of them together."""

from collections.abc import Sequence


def adjust(p_values: Sequence[float]) -> list[float]:
    """Return the adjusted p-value of each of `p_values`, in their order.

    Rejecting what is below alpha then rejects a true hypothesis, any at all, with a probability of
    alpha at most, however the tests depend on each other. S. Holm, "A simple sequentially rejective
    multiple test procedure" (1979): the smallest is multiplied by their number m, the next by
    m - 1, and so on; none may fall below the one before it.
    """
    adjusted = [0.0] * len(p_values)
    least = 0.0
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    for rank, index in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = least
    return adjusted
