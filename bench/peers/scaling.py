"""Two threads of one process beside two processes: what the interpreter still holds up."""

import os
import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from bench.line_worker import LineWorker
from bench.peers.cell import Memory, Part
from bench.peers.rows import Absent, Ratio, ScalingRow
from bench.progress import Progress
from bench.results import Estimate
from pipelines.engines.native.library import NativeLibrary

TRIALS = 7
QUICK_TRIALS = 3
SECONDS = 0.3
THREADS = "two threads of one process"
PROCESSES = "two processes"
TARGET = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerScaling:
    """What was found, or why nothing was."""

    rows: tuple[ScalingRow, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    absent: tuple[Absent, ...] = ()


def measure_workers(
    library: NativeLibrary | None, *, quick: bool, progress: Progress
) -> WorkerScaling:
    """Return how much two threads and two processes do, each over one alone, trial by trial."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    if library is None or cores < 2:
        reason = "no libcrypto to call" if library is None else "only one core is usable"
        return _nothing(reason)
    try:
        return _measured(library, QUICK_TRIALS if quick else TRIALS, progress)
    except ChildProcessError as error:
        return _nothing(str(error))


def _nothing(reason: str) -> WorkerScaling:
    return WorkerScaling(
        absent=(Absent(part=Part.SRTP, contender=f"{THREADS}, {PROCESSES}", reason=reason),)
    )


def _measured(library: NativeLibrary, trials: int, progress: Progress) -> WorkerScaling:
    threads: list[float] = []
    processes: list[float] = []
    progress.begin("two threads beside two processes", trials)
    with ExitStack() as stack:
        workers = [stack.enter_context(_protecting()) for _ in range(2)]
        for worker in workers:
            worker.wait_until_ready()
        for trial in range(trials):
            alone = _together(workers[trial % 2 :][:1], 1)
            threads.append(_together(workers[trial % 2 :][:1], 2) / alone)
            processes.append(_together(workers, 1) / alone)
            progress.advance(trial + 1)
    progress.end()
    name = f"{library.name}, OpenSSL {library.version}"
    ratio = [thread / process for thread, process in zip(threads, processes, strict=True)]
    return WorkerScaling(
        rows=tuple(
            ScalingRow(workers=workers_name, library=name, ratio=_median(values), trials=trials)
            for workers_name, values in ((THREADS, threads), (PROCESSES, processes))
        ),
        ratios=(
            Ratio(
                name="two threads: x two processes",
                memory=Memory.HOT,
                value=_median(ratio),
                target=TARGET,
            ),
        ),
    )


def _protecting() -> LineWorker:
    return LineWorker(
        ["-m", "bench.peers.scaling_worker"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def _together(workers: Sequence[LineWorker], threads: int) -> float:
    for worker in workers:
        worker.tell(threads, SECONDS)
    return sum([float(worker.answer(1)[0]) for worker in workers])


def _median(values: Sequence[float]) -> Estimate:
    """Return the median of few trials with their least and greatest value."""
    return Estimate(value=statistics.median(values), low=min(values), high=max(values))
