"""How much relays do on several cores at once, over one alone: what adding cores is worth."""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

from bench.calibrate.probe import Bench
from bench.calibrate.scaling_worker import BURST, PAYLOAD_BYTES, PROFILE, RECEIVERS
from bench.line_worker import LineWorker
from bench.machine.cpu import usable_cores
from bench.profile.schema import CoreScaling

TRIALS = 7
SECONDS = 0.25
LEAD_NS = 5_000_000
"""Time for the order to reach every worker before they start together."""

ON = (
    f"a process a core: bursts of {BURST} packets of {PAYLOAD_BYTES} B fanned out to {RECEIVERS} "
    f"({PROFILE.name}), sent by sendmmsg and received on loopback"
)


def measure_relay_scaling(
    bench: Bench,
    *,
    cores: int | None = None,
    trials: int = TRIALS,
    seconds: float = SECONDS,
) -> tuple[CoreScaling, ...]:
    """Return the ratio for 2, 4, 8, ... processes and for `cores` (default: all usable ones).

    Each trial lets another process run alone, before and after: a machine that has grown slower
    meanwhile is no loss between cores. Nothing on one core. Raises ChildProcessError, OSError where
    workers do not run.
    """
    counts = process_counts(usable_cores() if cores is None else cores)
    if not counts:
        return ()
    ratios: dict[int, list[float]] = {count: [] for count in counts}
    bench.progress.begin("scaling over cores", trials)
    with ExitStack() as stack:
        workers = [stack.enter_context(_relay(bench.engine.name)) for _ in range(counts[-1])]
        for worker in workers:
            worker.wait_until_ready()
        for trial in range(trials):
            one = [workers[trial % len(workers)]]
            before = _together(one, seconds)
            together = [_together(workers[:count], seconds) for count in counts]
            alone = (before + _together(one, seconds)) / 2
            for count, rate in zip(counts, together, strict=True):
                ratios[count].append(rate / alone)
            bench.progress.advance(trial + 1)
    bench.progress.end()
    return tuple(
        CoreScaling(processes=count, ratio=tuple(ratio), on=ON) for count, ratio in ratios.items()
    )


def process_counts(cores: int) -> tuple[int, ...]:
    """Return the powers of two from 2 up to `cores`, and `cores` itself."""
    powers = [1 << exponent for exponent in range(1, cores.bit_length())]
    return tuple(dict.fromkeys(count for count in (*powers, cores) if 2 <= count <= cores))


def _relay(engine: str) -> LineWorker:
    return LineWorker(
        ["-m", "bench.calibrate.scaling_worker", engine],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def _together(workers: Sequence[LineWorker], seconds: float) -> float:
    """Return what `workers` relay at once, in packets per second of one's CPU time, summed."""
    start_ns = time.monotonic_ns() + LEAD_NS
    for worker in workers:
        worker.tell(start_ns, seconds)
    return sum([float(worker.answer(1)[0]) for worker in workers])
