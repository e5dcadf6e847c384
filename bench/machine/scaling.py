"""How much N processes at once do, against one alone: what a per-core claim must know."""

import statistics
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self, cast

from bench.machine.cpu import usable_cores
from bench.machine.scaling_worker import BLOCK_BYTES
from bench.machine.schema import Scaling
from bench.results import Estimate

WORKER = Path(__file__).with_name("scaling_worker.py")


class _Worker:
    """A worker process; entering waits until it has imported and warmed up."""

    def __init__(self) -> None:
        # -P: the worker's folder must not shadow the standard library.
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
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
        if self._answer() != ["ready"]:
            raise ChildProcessError("the scaling worker did not start")

    def start(self, seconds: float) -> None:
        self._requests.write(f"{seconds}\n")
        self._requests.flush()

    def bits_per_ns(self) -> float:
        answer = self._answer()
        if len(answer) != 2:
            raise ChildProcessError("the scaling worker ended before its answer")
        return int(answer[0]) * BLOCK_BYTES * 8 / int(answer[1])

    def _answer(self) -> list[str]:
        return self._answers.readline().split()


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
            workers = [stack.enter_context(_Worker()) for _ in range(count)]
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


def _throughput(workers: Sequence[_Worker], seconds: float) -> float:
    """Return what `workers` seal together at once, in bits per ns."""
    for worker in workers:
        worker.start(seconds)
    return sum([worker.bits_per_ns() for worker in workers])


def _median_and_range(values: list[float]) -> Estimate:
    return Estimate(value=statistics.median(values), low=min(values), high=max(values))
