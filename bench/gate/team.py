"""The three workers of one restart: base, head and twin, asked together."""

import os
import select
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from bench.gate.checkout import Checkout, Side, measured_folder
from bench.gate.problem import Problem, worst
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
    TakeTurns,
    Turned,
)
from bench.gate.worker_process import (
    ANSWER_TIMEOUT_S,
    Reply,
    WorkerFailed,
    WorkerProcess,
)

TURNS_TIMEOUT_S = 120.0


class SideFailed(Exception):  # noqa: N818 - what happened
    """A side could not do its part; `problem` says which and why.

    `benchmark` is the one that it was at, where it may be another than the one that is waited for.
    """

    def __init__(self, problem: Problem, benchmark: str | None = None) -> None:
        super().__init__(problem.error)
        self.problem = problem
        self.benchmark = benchmark


class Team:
    """New workers on the three checkouts; leaving the `with` block ends them."""

    def __init__(
        self, checkouts: Sequence[Checkout], specs: Sequence[Spec], *, hash_seed: int
    ) -> None:
        """Take the workers in the order of `checkouts`; all of them get the same `hash_seed`."""
        self._hash_seed = hash_seed
        self._checkouts = checkouts
        self._specs = specs
        self._stack = ExitStack()
        self._workers: dict[Side, WorkerProcess] = {}
        self._batons: dict[Side, tuple[int, int]] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for checkout in self._checkouts:
                self._batons[checkout.side] = read, write = os.pipe()
                stack.callback(os.close, read)
                stack.callback(os.close, write)
            inherited = [end for baton in self._batons.values() for end in baton]
            for checkout in self._checkouts:
                self._workers[checkout.side] = stack.enter_context(
                    WorkerProcess(
                        measured_folder(checkout.path),
                        Job(benchmarks=list(self._specs)),
                        folder=checkout.path,
                        hash_seed=self._hash_seed,
                        inherited=inherited,
                    )
                )
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def pids(self) -> list[int]:
        """Return the process ids of the workers."""
        return [worker.pid for worker in self._workers.values()]

    def wait(self) -> None:
        """Wait until every worker is ready, or died."""
        for worker in self._workers.values():
            with suppress(WorkerFailed):
                worker.wait()

    def opened(self) -> dict[Side, Opened]:
        """Wait until the next benchmark is ready everywhere. Raises SideFailed."""
        opened: dict[Side, Opened | Problem] = {}
        at: dict[Side, str | None] = {}
        for side, worker in self._workers.items():
            try:
                opened[side] = worker.opened()
            except WorkerFailed as error:
                opened[side] = Problem(
                    side=side, error=str(error), died=True, crashed=error.crashed
                )
        problem = _problem_of(opened, {each.side: each.path for each in self._checkouts})
        if problem is not None:
            raise SideFailed(problem, at.get(problem.side))
        return {side: answer for side, answer in opened.items() if isinstance(answer, Opened)}

    def pin(self, cpus: Sequence[int]) -> None:
        """Put all workers on `cpus`. Raises SideFailed."""
        for side in self._workers:
            self._ask(side, Pin(cpus=list(cpus)), Pinned)

    def block(self, side: Side, *, units: int) -> Measured:
        """Return one block of one side, measured alone. Raises SideFailed."""
        measured = self._ask(side, Block(start=0, units=units), Measured)
        if measured.error is not None:
            raise SideFailed(Problem(side=side, error=measured.error, wrong=measured.wrong))
        return measured

    def take_turns(
        self, order: Sequence[Side], *, units: int, slowdowns: Mapping[Side, float]
    ) -> dict[Side, Turned]:
        """Let the workers do blocks in `order`, three to a round. Raises SideFailed."""
        sides = list(self._workers)
        numbers = [sides.index(side) for side in order]
        for me, side in enumerate(sides):
            self._send(
                side,
                TakeTurns(
                    order=numbers,
                    me=me,
                    baton=self._batons[side][0],
                    batons=[self._batons[other][1] for other in sides],
                    units=units,
                    slowdown=slowdowns.get(side, 0.0),
                ),
            )
        turned = self._gathered(Turned)
        failed = [
            Problem(side=side, error=answer.error, wrong=answer.wrong)
            for side, answer in turned.items()
            if answer.error is not None
        ]
        problem = worst(failed)
        if problem is not None:
            raise SideFailed(problem)
        return turned

    def close_benchmark(self) -> Problem | None:
        """End the benchmark on all sides; return what showed only at its end."""
        problems: list[Problem] = []
        for side, worker in self._workers.items():
            try:
                closed = worker.ask(Next(), Closed)
            except WorkerFailed as error:
                problems.append(_died(side, error))
                continue
            if closed.error is not None:
                problems.append(Problem(side=side, error=closed.error, wrong=closed.wrong))
        return worst(problems)

    def _gathered(self, reply: type[Reply]) -> dict[Side, Reply]:
        """Wait for one answer of each worker, whoever has it first: one that died is heard of."""
        waiting = dict(self._workers)
        answers: dict[Side, Reply] = {}
        while waiting:
            ready = select.select(list(waiting.values()), [], [], TURNS_TIMEOUT_S)[0]
            if not ready:
                # The one that has the baton, and that is not known.
                error = f"no answer for {TURNS_TIMEOUT_S:.0f} s"
                raise SideFailed(Problem(side=next(iter(waiting)), error=error, died=True))
            for side in [side for side, worker in waiting.items() if worker in ready]:
                answers[side] = self._expect(side, reply)
                del waiting[side]
        return answers

    def _ask(self, side: Side, request: Request, reply: type[Reply]) -> Reply:
        self._send(side, request)
        return self._expect(side, reply)

    def _send(self, side: Side, request: Request) -> None:
        try:
            self._workers[side].send(request)
        except WorkerFailed as error:
            raise SideFailed(_died(side, error)) from error

    def _expect(self, side: Side, reply: type[Reply]) -> Reply:
        try:
            return self._workers[side].expect(reply, ANSWER_TIMEOUT_S)
        except WorkerFailed as error:
            raise SideFailed(_died(side, error)) from error


def _problem_of(
    opened: Mapping[Side, Opened | Problem], folders: Mapping[Side, Path]
) -> Problem | None:
    """Return what keeps a benchmark from being measured, if anything does."""
    problem = worst([_as_problem(side, answer, folders[side]) for side, answer in opened.items()])
    if problem is not None:
        return problem
    base, head = opened[Side.BASE], opened[Side.HEAD]
    if not isinstance(base, Opened) or not isinstance(head, Opened):
        return None
    if base.answer != head.answer:
        return Problem(side=Side.HEAD, error="it computes something else than the base", wrong=True)
    return None


def _died(side: Side, error: WorkerFailed) -> Problem:
    return Problem(side=side, error=str(error), died=True, crashed=error.crashed)


def _as_problem(side: Side, answer: Opened | Problem, folder: Path) -> Problem | None:
    if isinstance(answer, Problem):
        return answer
    if answer.error is None:
        if Path(answer.origin).resolve().is_relative_to(folder.resolve()):
            return None
        # What is installed, or linked to, is the same code on all sides: it would always pass.
        why = f"it is loaded from {answer.origin}, not from the checkout: nothing to compare"
        return Problem(side=side, error=why, foreign=True)
    return Problem(side=side, error=answer.error, absent=answer.absent, wrong=answer.wrong)
