"""How much relays do on several cores at once, over one alone: what adding cores is worth."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import IO, Self, cast

from bench.calibrate.probe import Bench
from bench.calibrate.scaling_worker import BURST, PAYLOAD_BYTES, PROFILE, RECEIVERS
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


class _Worker:
    """A process that relays whenever it is told to."""

    def __init__(self, engine: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.calibrate.scaling_worker", engine],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        # Both are pipes, as asked for above.
        self._requests = cast("IO[str]", self._process.stdin)
        self._answers = cast("IO[str]", self._process.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def wait_until_ready(self) -> None:
        if self._answers.readline().strip() != "ready":
            raise ChildProcessError("the relay's scaling: a worker did not start")

    def start(self, start_ns: int, seconds: float) -> None:
        self._requests.write(f"{start_ns} {seconds}\n")
        self._requests.flush()

    def packets_per_s(self) -> float:
        answer = self._answers.readline().split()
        if len(answer) != 1:
            raise ChildProcessError("the relay's scaling: a worker ended before its answer")
        return float(answer[0])


def measure_relay_scaling(
    bench: Bench,
    *,
    cores: int | None = None,
    trials: int = TRIALS,
    seconds: float = SECONDS,
) -> tuple[CoreScaling, ...]:
    """Return the ratio for 2, 4, 8, ... processes and for `cores` (default: all usable ones).

    Each trial lets another process run alone first. Nothing on one core. Raises ChildProcessError,
    OSError where workers do not run.
    """
    counts = process_counts(usable_cores() if cores is None else cores)
    if not counts:
        return ()
    ratios: dict[int, list[float]] = {count: [] for count in counts}
    bench.progress.begin("scaling over cores", trials)
    with ExitStack() as stack:
        workers = [stack.enter_context(_Worker(bench.engine.name)) for _ in range(counts[-1])]
        for worker in workers:
            worker.wait_until_ready()
        for trial in range(trials):
            alone = _together([workers[trial % len(workers)]], seconds)
            for count in counts:
                ratios[count].append(_together(workers[:count], seconds) / alone)
            bench.progress.advance(trial + 1)
    bench.progress.end()
    return tuple(
        CoreScaling(processes=count, ratio=tuple(ratio), on=ON) for count, ratio in ratios.items()
    )


def process_counts(cores: int) -> tuple[int, ...]:
    """Return the powers of two from 2 up to `cores`, and `cores` itself."""
    powers = [1 << exponent for exponent in range(1, cores.bit_length())]
    return tuple(dict.fromkeys(count for count in (*powers, cores) if 2 <= count <= cores))


def _together(workers: Sequence[_Worker], seconds: float) -> float:
    """Return what `workers` relay together, in packets per second."""
    start_ns = time.monotonic_ns() + LEAD_NS
    for worker in workers:
        worker.start(start_ns, seconds)
    return sum([worker.packets_per_s() for worker in workers])
