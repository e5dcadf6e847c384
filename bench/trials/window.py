"""How many units a round holds: the same for all trials that a reader will compare."""

from collections.abc import Sequence

from bench.trials.trial import Trial


def window_units(group: Sequence[Trial]) -> int:
    """Return the units of one round of trials that are compared: the same for all of them.

    As many as fit into a round of the slowest, cut to whole turns of the material where one fits.
    """
    count = min(trial.fit for trial in group)
    period = group[0].period
    return count if count < period else count - count % period
