"""The slowdown that a self-test injects: real work, as much as a share of the block takes."""

import statistics
import time
from collections.abc import Callable
from functools import partial

from .messages import Block
from .workload import Workload

TRIALS = 31
REFINEMENTS = 3
PROBE_STEPS = 500


class Slowdown:
    """As many steps of a congruential generator as take the share of a block that was asked for.

    How many that are is measured once per share, in turns with the block itself, on the CPU that
    the blocks run on. The work is arithmetic in the interpreter, whose code the block has in the
    caches anyway: work with code and data of its own (a hash, say) takes several microseconds more
    between blocks of others than it does when it is measured, so it would add more than it says.
    """

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._work: dict[float, Callable[[], object]] = {}

    def prepared(self, block: Block) -> Callable[[], object] | None:
        """Return the work to add to `block`, None where none is asked for."""
        if not block.slowdown:
            return None
        if block.slowdown not in self._work:
            self._work[block.slowdown] = self._calibrated(block)
        return self._work[block.slowdown]

    def _calibrated(self, block: Block) -> Callable[[], object]:
        steps, at = PROBE_STEPS, block.start
        # Again and again with the steps that it came to: the first ones cost more than the rest.
        for _ in range(REFINEMENTS):
            blocks, works = [], []
            for _ in range(TRIALS):
                blocks.append(_time_ns(partial(self._workload.run, at, block.units)))
                works.append(_time_ns(partial(walk, steps)))
                # On through the material: a key frame is not like the frames behind it.
                at += block.units
            wanted_ns = block.slowdown * statistics.median(blocks)
            steps = max(1, round(steps * wanted_ns / statistics.median(works)))
        return partial(walk, steps)


def walk(steps: int) -> int:
    """Return where a linear congruential generator is after `steps` steps."""
    state = 1
    for _ in range(steps):
        state = (state * 1_103_515_245 + 12_345) & 0x7FFF_FFFF
    return state


def _time_ns(work: Callable[[], object]) -> int:
    began_ns = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - began_ns
