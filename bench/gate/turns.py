"""One restart: three new workers on one CPU, which do their blocks in turns."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from bench.gate.blocks import Blocks
from bench.gate.checkout import Checkout, Checkouts, Side, measured_folder
from bench.gate.design import Design
from bench.gate.processors import PressureMeter, idlest_cpu, kept_off, usable_cpus
from bench.gate.worker.messages import (
    Block,
    Closed,
    Job,
    Measured,
    Next,
    Opened,
    Pin,
    Pinned,
    Request,
    Spec,
)
from bench.gate.worker_process import Reply, WorkerFailed, WorkerProcess

WARM_UP_BLOCKS = 3
"""Blocks of each side that are not counted, after the workers were put on their CPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a benchmark has no blocks.

    `absent` where the side has no such benchmark, `wrong` where it gave a wrong answer, `died`
    where its worker ended or hung and could not say anything itself.
    """

    side: Side
    error: str
    absent: bool = False
    wrong: bool = False
    died: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one restart gave for one benchmark: blocks, or the problem that there was.

    `units` is how many units a block held, `threads` whether a side runs threads beside the one
    that is timed, `seconds` what it took, its share of starting the workers included.
    """

    name: str
    unit: str = ""
    units: int = 0
    threads: bool = False
    blocks: Blocks | None = None
    problem: Problem | None = None
    seconds: float = 0.0


Workers = Mapping[Side, WorkerProcess]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """How restarts are made: on which checkouts, by which design.

    `block_units` holds the units of a block by benchmark, filled by the first restart, so that
    all blocks of a benchmark are alike. `slowdowns` are what a self-test does to the head.
    """

    checkouts: Checkouts
    design: Design
    random: random.Random
    pressure: PressureMeter
    block_units: dict[str, int]
    slowdowns: Mapping[str, float]

    def restart(self, specs: Sequence[Spec], keep: Callable[[Turn], None]) -> None:
        """Measure `specs` with new workers; each `Turn` goes to `keep` when it is over.

        Raises WorkerFailed only where a worker cannot be started at all: one that ends in the
        middle is the problem of the benchmark that it was at, and of those behind it.
        """
        if not specs:
            return
        job = Job(benchmarks=list(specs))
        sides = [self.checkouts.base, self.checkouts.head, self.checkouts.twin]
        # So that no side is always the first to start.
        self.random.shuffle(sides)
        began = time.monotonic()
        cpus = usable_cpus()
        cpu = idlest_cpu(cpus)
        with ExitStack() as stack:
            workers = {side.side: stack.enter_context(_start(side, job)) for side in sides}
            stack.enter_context(kept_off(cpu))
            opened = _first_opened(workers)
            share = (time.monotonic() - began) / len(specs)
            for at, spec in enumerate(specs):
                turn_began = time.monotonic()
                turn = self._turn(spec.name, workers, opened, cpu, cpus)
                taken = time.monotonic() - turn_began
                keep(replace(turn, seconds=share + taken))
                opened = _next_opened(workers, last=at + 1 == len(specs))

    def _turn(
        self,
        name: str,
        workers: Workers,
        opened: Mapping[Side, Opened | Problem],
        cpu: int,
        cpus: list[int],
    ) -> Turn:
        problem = _problem_of(opened)
        if problem is not None:
            _close(workers, opened)
            return Turn(name=name, problem=problem)
        ready = {side: answer for side, answer in opened.items() if isinstance(answer, Opened)}
        threads = any(answer.threads for answer in ready.values())
        try:
            for side in workers:
                _ask(workers, side, Pin(cpus=cpus if threads else [cpu]), Pinned)
            if name not in self.block_units:
                self.block_units[name] = self._units(workers, ready[Side.BASE].unit_ns)
            units = self.block_units[name]
            blocks = self._rounds(name, workers, units)
        except _SideFailed as failed:
            _close(workers, opened)
            return Turn(name=name, problem=failed.problem)
        late = _close(workers, opened)
        return Turn(
            name=name,
            unit=ready[Side.BASE].unit,
            units=units,
            threads=threads,
            blocks=None if late else blocks,
            problem=late,
        )

    def _units(self, workers: Workers, unit_ns: float) -> int:
        """Return how many units make a block of the time wanted, as the pinned base does them."""
        wanted_ns = self.design.block_ns
        units = max(1, round(wanted_ns / max(1.0, unit_ns)))
        for _ in range(2):
            taken = _measured(workers, Side.BASE, Block(start=0, units=units))
            units = max(1, round(units * wanted_ns / max(1, taken.ns)))
        return units

    def _rounds(self, name: str, workers: Workers, units: int) -> Blocks:
        rounds, order = self.design.rounds, list(workers)
        times = {side: np.zeros(rounds, dtype=np.int64) for side in workers}
        interrupted = np.zeros(rounds, dtype=np.bool_)
        slowdown = {Side.HEAD: self.slowdowns.get(name, 0.0)}
        with self.pressure.metered():
            for at in range(-WARM_UP_BLOCKS, rounds):
                self.random.shuffle(order)
                start = (at + WARM_UP_BLOCKS) * units
                for side in order:
                    block = Block(start=start, units=units, slowdown=slowdown.get(side, 0.0))
                    measured = _measured(workers, side, block)
                    if at >= 0:
                        times[side][at] = measured.ns
                        interrupted[at] |= measured.interrupted
        return Blocks(
            base_ns=times[Side.BASE],
            head_ns=times[Side.HEAD],
            twin_ns=times[Side.TWIN],
            interrupted=interrupted,
        )


class _SideFailed(Exception):  # noqa: N818 - what happened
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.error)
        self.problem = problem


def _ask(workers: Workers, side: Side, request: Request, reply: type[Reply]) -> Reply:
    try:
        return workers[side].ask(request, reply)
    except WorkerFailed as error:
        raise _SideFailed(Problem(side=side, error=str(error), died=True)) from error


def _measured(workers: Workers, side: Side, block: Block) -> Measured:
    measured = _ask(workers, side, block, Measured)
    if measured.error is not None:
        raise _SideFailed(Problem(side=side, error=measured.error, wrong=measured.wrong))
    return measured


def _start(checkout: Checkout, job: Job) -> WorkerProcess:
    return WorkerProcess(measured_folder(checkout.path), job, folder=checkout.path)


def _first_opened(workers: Workers) -> dict[Side, Opened | Problem]:
    return {side: _opened(side, worker) for side, worker in workers.items()}


def _next_opened(workers: Workers, *, last: bool) -> dict[Side, Opened | Problem]:
    return {} if last else _first_opened(workers)


def _opened(side: Side, worker: WorkerProcess) -> Opened | Problem:
    try:
        return worker.opened()
    except WorkerFailed as error:
        return Problem(side=side, error=str(error), died=True)


def _problem_of(opened: Mapping[Side, Opened | Problem]) -> Problem | None:
    """Return what keeps a benchmark from being measured, if anything does.

    A wrong answer of the head comes first. Otherwise the base's problem does: what fails on both
    sides (a package that is not installed, say) is no fault of the head.
    """
    problems = {side: _as_problem(side, answer) for side, answer in opened.items()}
    head = problems[Side.HEAD]
    if head is not None and head.wrong:
        return head
    for side in (Side.BASE, Side.HEAD, Side.TWIN):
        if problems[side] is not None:
            return problems[side]
    base_opened, head_opened = opened[Side.BASE], opened[Side.HEAD]
    if (
        isinstance(base_opened, Opened)
        and isinstance(head_opened, Opened)
        and base_opened.answer != head_opened.answer
    ):
        return Problem(side=Side.HEAD, error="it computes something else than the base", wrong=True)
    return None


def _as_problem(side: Side, answer: Opened | Problem) -> Problem | None:
    if isinstance(answer, Problem):
        return answer
    if answer.error is None:
        return None
    return Problem(side=side, error=answer.error, absent=answer.absent, wrong=answer.wrong)


def _close(workers: Workers, opened: Mapping[Side, Opened | Problem]) -> Problem | None:
    """End the benchmark on all sides; return what showed only at its end, the head's first."""
    problems: dict[Side, Problem] = {}
    for side, worker in workers.items():
        if isinstance(opened[side], Problem):
            continue
        try:
            closed = worker.ask(Next(), Closed)
        except WorkerFailed as error:
            problems[side] = Problem(side=side, error=str(error), died=True)
            continue
        if closed.error is not None:
            problems[side] = Problem(side=side, error=closed.error, wrong=closed.wrong)
    found = [problems[side] for side in (Side.HEAD, Side.BASE, Side.TWIN) if side in problems]
    return found[0] if found else None
