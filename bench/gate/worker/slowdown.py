"""The slowdown that a self-test injects: real work, as much as a share of the block takes."""

import hashlib
import statistics
import time
from collections.abc import Callable
from functools import partial

from .messages import Block
from .workload import Workload

TRIALS = 31
PROBE_BYTES = 16 * 1024


class Slowdown:
    """SHA-256 over as many bytes as take the share of a block that was asked for.

    How many that are is measured once per share, in turns with the block itself, on the CPU that
    the blocks run on.
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
        size = PROBE_BYTES
        # Twice: SHA-256's call costs something too, so time is not quite in proportion to bytes.
        for _ in range(3):
            work = _hashing(size)
            blocks, works = [], []
            for _ in range(TRIALS):
                blocks.append(_time_ns(partial(self._workload.run, block.start, block.units)))
                works.append(_time_ns(work))
            wanted_ns = block.slowdown * statistics.median(blocks)
            size = max(1, round(size * wanted_ns / statistics.median(works)))
        return _hashing(size)


def _hashing(size: int) -> Callable[[], object]:
    return partial(hashlib.sha256, bytes(size))


def _time_ns(work: Callable[[], object]) -> int:
    began_ns = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - began_ns
