"""One benchmark's turn: it is announced, does the blocks it is asked for, and is closed."""

import gc
import os
import resource
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from .counting.counter import Counter
from .link import Link
from .messages import (
    Block,
    Closed,
    Count,
    Counted,
    Measured,
    Next,
    Opened,
    Pin,
    Pinned,
    Request,
    TakeTurns,
    Warming,
)
from .slowdown import Slowdown
from .turns import take_turns
from .workload import Absent, Workload, WrongAnswer

WARM_UP_NS = 10_000_000
"""First calls allocate buffers and fill caches; none of them is measured."""

WARM_UP_CALLS = 3
BUSY_THREADS = 0.05
"""Other threads with this share of the CPU time or more make a benchmark one that runs threads."""


def serve(
    link: Link, name: str, workloads: Sequence[Workload], *, counter: Counter | None, origin: str
) -> None:
    """Announce a benchmark and do what is asked until `Next`. Raises GateGone.

    `workloads` are equal but for where their buffers lie; blocks go round them.
    """
    workload = workloads[0]
    link.say(Warming(name=name))
    try:
        for each in reversed(workloads):
            unit_ns, threads = _warm_up(each, WARM_UP_NS // len(workloads))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - its result
        refuse(link, name, error)
        return
    link.say(
        Opened(
            name=name,
            unit=workload.unit,
            unit_ns=unit_ns,
            period=workload.period,
            threads=threads,
            origin=origin,
            answer=workload.answer,
        )
    )
    slowdown = Slowdown(workload)
    while not isinstance(request := link.ask(), Next):
        _answer(link, request, workloads, slowdown, counter)
    link.say(Closed(name=name))


def refuse(link: Link, name: str, error: BaseException) -> None:
    """Announce that the benchmark cannot be measured, and wait for `Next`. Raises GateGone."""
    link.say(
        Opened(
            name=name,
            error=in_one_line(error),
            absent=isinstance(error, Absent),
            wrong=isinstance(error, WrongAnswer | AssertionError),
        )
    )
    while not isinstance(link.ask(), Next):
        link.say(Measured(error=in_one_line(error)))
    link.say(Closed(name=name))


def in_one_line(error: BaseException) -> str:
    """Return type and message of `error`, short enough for a table."""
    if isinstance(error, WrongAnswer | Absent):
        text = str(error)
    else:
        text = f"{type(error).__name__}: {error}"
    return " ".join(text.split())[:300]


def _answer(
    link: Link,
    request: Request,
    workloads: Sequence[Workload],
    slowdown: Slowdown,
    counter: Counter | None,
) -> None:
    if isinstance(request, Pin):
        # A system without it, or a CPU that is gone: the blocks are measured where they run.
        with suppress(AttributeError, OSError):
            os.sched_setaffinity(0, request.cpus)
        link.say(Pinned())
    elif isinstance(request, Block):
        link.say(measured(request, workloads, slowdown))
    elif isinstance(request, TakeTurns):
        link.say(take_turns(request, partial(measured, workloads=workloads, slowdown=slowdown)))
    elif isinstance(request, Count):
        link.say(_counted(request, workloads[0], counter, link.notes))


def measured(request: Block, workloads: Sequence[Workload], slowdown: Slowdown) -> Measured:
    """Return the time of one block, or the error in place of it."""
    workload = workloads[request.instance % len(workloads)]
    try:
        extra = slowdown.prepared(request)
        if request.settle:
            workload.run(request.start - request.settle, request.settle)
        gc.disable()
        switches = resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw
        began_ns = time.perf_counter_ns()
        workload.run(request.start, request.units)
        if extra is not None:
            extra()
        ended_ns = time.perf_counter_ns()
        switched = resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw - switches
        workload.check()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - its result
        return Measured(
            error=in_one_line(error), wrong=isinstance(error, WrongAnswer | AssertionError)
        )
    return Measured(ns=workload.own_ns or ended_ns - began_ns, interrupted=switched > 0)


def _counted(
    request: Count, workload: Workload, counter: Counter | None, notes: Sequence[str]
) -> Counted:
    if counter is None:
        return Counted(counts={}, unsteady=[], error="this worker was not started to count")
    try:
        counts, unsteady = counter.count(lambda: workload.run(0, request.units), request.units)
        facts = {
            name: value / request.units for name, value in workload.facts(request.units).items()
        }
    except (Exception, SystemExit) as error:  # noqa: BLE001 - its result
        return Counted(counts={}, unsteady=[], error=in_one_line(error))
    return Counted(counts=counts | facts, unsteady=unsteady, notes=[*notes, *counter.notes])


def _warm_up(workload: Workload, least_ns: int) -> tuple[float, bool]:
    """Return the median time of a unit in ns, and whether other threads worked meanwhile."""
    at, times = 0, list[int]()
    all_ns, own_ns = time.process_time_ns(), time.thread_time_ns()
    end_ns = time.perf_counter_ns() + least_ns
    while len(times) < WARM_UP_CALLS or time.perf_counter_ns() < end_ns:
        began_ns = time.perf_counter_ns()
        workload.run(at, 1)
        times.append(time.perf_counter_ns() - began_ns)
        workload.check()
        at += 1
    all_ns, own_ns = time.process_time_ns() - all_ns, time.thread_time_ns() - own_ns
    return statistics.median(times), all_ns - own_ns > BUSY_THREADS * all_ns
