"""Which of the measured restarts a verdict rests on."""

from collections.abc import Sequence

from bench.gate.blocks import Blocks
from bench.gate.result import Finding


def deciding(finding: Finding, every: Sequence[Blocks]) -> Sequence[Blocks]:
    """Return the restarts of `every`, in order, that decided: the last ones where confirmed.

    All of them where nothing was compared.
    """
    if finding.comparison is None or not finding.confirmed:
        return every
    # A restart of too few usable rounds is no part of the comparison, but its rounds are counted.
    left = finding.comparison.rounds
    first = len(every)
    while first and left > 0:
        first -= 1
        left -= len(every[first])
    return every[first:]
