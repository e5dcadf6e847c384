"""The clock that every measurement reads, and what reading it costs."""

import itertools
import math
import time
from collections.abc import Callable

import msgspec

from bench.results import Estimate, Figure

Now = Callable[[], int]
"""A monotonic clock in ns; only differences of its readings mean anything."""

now: Now = time.perf_counter_ns
"""The clock of every measurement."""

BLOCKS = 4000
"""Blocks of eight reads: some milliseconds in all."""


class ClockOverhead(msgspec.Struct, frozen=True, kw_only=True):
    """What one read of the clock costs, and the smallest step that it can show.

    `read_ns` is what a timed region with nothing in it would measure. `resolution_ns` is the
    smallest difference seen between two reads that differ, or the resolution the platform states
    where that is coarser.
    """

    read_ns: Estimate
    resolution_ns: Figure


def clock_overhead_ns(now: Now = now, *, blocks: int = BLOCKS) -> ClockOverhead:
    """Return the cost of one read of `now` in ns, from `blocks` blocks of eight reads.

    The value is the median of the blocks' means, with the distribution-free 95 % interval that
    the ranks of a binomial give. Raises ValueError for less than one block.
    """
    if blocks < 1:
        raise ValueError(f"blocks: {blocks}: at least one is needed to read the clock")
    # Reads written one after the other: nothing else runs between them, not even a loop.
    reads = [[now(), now(), now(), now(), now(), now(), now(), now()] for _ in range(blocks)]
    means_ns = sorted((block[-1] - block[0]) / (len(block) - 1) for block in reads)
    steps_ns = [
        later - earlier
        for block in reads
        for earlier, later in itertools.pairwise(block)
        if later > earlier
    ]
    # Ranks n/2 -+ 1.96 sqrt(n)/2 enclose the median of n independent draws in 95 % of cases.
    reach = 0.98 * math.sqrt(blocks)
    middle = (blocks - 1) / 2
    stated_ns = time.get_clock_info("perf_counter").resolution * 1e9
    return ClockOverhead(
        read_ns=Estimate(
            value=means_ns[round(middle)],
            low=means_ns[max(0, math.floor(middle - reach))],
            high=means_ns[min(blocks - 1, math.ceil(middle + reach))],
        ),
        resolution_ns=max([stated_ns, min(steps_ns, default=0)]),
    )
