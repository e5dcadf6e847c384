"""How much N processes at once do, against one alone: what a per-core claim must know."""

import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.line_worker import LineWorker
from bench.machine.cpu import usable_cores
from bench.machine.scaling_worker import BLOCK_BYTES
from bench.machine.schema import Scaling
from bench.results import Estimate

WORKER = Path(__file__).with_name("scaling_worker.py")


def measure_scaling(
    *, processes: int | None = None, seconds: float = 0.3, trials: int = 3
) -> Scaling | None:
    """Return the throughput of `processes` (default: all usable cores) against one alone.

    The job is AES-256-GCM over 64 KiB blocks for `seconds`. All workers live through all trials and
    wait at a barrier, so starting and importing is not counted; each trial lets another one run
    alone. None where workers cannot be started.
    """
    count = processes or usable_cores()
    alone: list[float] = []
    together: list[float] = []
    try:
        with ExitStack() as stack:
            # -P: the worker's folder must not shadow the standard library.
            workers = [stack.enter_context(LineWorker(["-P", str(WORKER)])) for _ in range(count)]
            for worker in workers:
                worker.wait_until_ready()
            for trial in range(trials):
                alone.append(_throughput([workers[trial % count]], seconds))
                together.append(_throughput(workers, seconds))
    except OSError:
        return None
    ratios = [many / one for many, one in zip(together, alone, strict=True)]
    return Scaling(
        processes=count,
        trials=trials,
        ratio=_median_and_range(ratios),
        one_gbit_per_s=_median_and_range(alone),
    )


def _throughput(workers: Sequence[LineWorker], seconds: float) -> float:
    """Return what `workers` seal together at once, in bits per ns."""
    for worker in workers:
        worker.tell(seconds)
    answers = [worker.answer(2) for worker in workers]
    return sum([int(blocks) * BLOCK_BYTES * 8 / int(ns) for blocks, ns in answers])


def _median_and_range(values: list[float]) -> Estimate:
    return Estimate(value=statistics.median(values), low=min(values), high=max(values))
