"""The three workers of one restart: base, head and twin, asked together."""

import os
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from bench.gate.block_plan import SETTLE_UNITS, BlockPlan
from bench.gate.checkout import Checkout, Side, measured_folder
from bench.gate.overdue import LOOK_S, LOOKS, overdue
from bench.gate.patience import Patience
from bench.gate.problem import Problem, worst
from bench.gate.stack import waits_for_its_turn
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
    heard_from,
)

OTHERS: Mapping[Side, Collection[Side]] = {
    Side.BASE: (Side.HEAD,),
    Side.HEAD: (Side.BASE, Side.TWIN),
    Side.TWIN: (Side.HEAD,),
}
"""Who tells how long a side may take."""


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
        self,
        checkouts: Sequence[Checkout],
        specs: Sequence[Spec],
        *,
        hash_seed: int,
        patience: Patience,
    ) -> None:
        """Take the workers in the order of `checkouts`; all of them get the same `hash_seed`."""
        self._hash_seed = hash_seed
        self._patience = patience
        self._checkouts = checkouts
        self._specs = specs
        self._stack = ExitStack()
        self._workers: dict[Side, WorkerProcess] = {}
        self._batons: dict[Side, tuple[int, int]] = {}
        self._first: dict[Side, Opened | WorkerFailed] | None = None

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
        """Wait until every worker is ready, or died; `opened` says what came of it."""
        self._first = self._next_opened()

    def opened(self) -> dict[Side, Opened]:
        """Wait until the next benchmark is ready everywhere. Raises SideFailed."""
        found, self._first = self._first or self._next_opened(), None
        opened = {
            side: _died(side, answer) if isinstance(answer, WorkerFailed) else answer
            for side, answer in found.items()
        }
        problem = _problem_of(opened, {each.side: each.path for each in self._checkouts})
        if problem is not None:
            # A worker opens several in advance: it may have died of another than is waited for.
            cause = found[problem.side]
            raise SideFailed(problem, cause.benchmark if isinstance(cause, WorkerFailed) else None)
        return {side: answer for side, answer in opened.items() if isinstance(answer, Opened)}

    def _next_opened(self) -> dict[Side, Opened | WorkerFailed]:
        """Return what came of the next benchmark on each side, whoever has it first."""
        found: dict[Side, Opened | WorkerFailed] = {}
        waiting = dict(self._workers)
        while waiting:
            ready = heard_from(waiting.values(), LOOK_S)
            for side, worker in list(waiting.items()):
                try:
                    answer = worker.opened_within(ANSWER_TIMEOUT_S) if worker in ready else None
                except WorkerFailed as error:
                    found[side] = error
                else:
                    late = overdue(worker, self._others_took(side, found), self._patience)
                    if done := answer or late:
                        found[side] = done
                if side in found:
                    del waiting[side]
        return found

    def _others_took(self, side: Side, found: Collection[Side]) -> float | None:
        """Return what the others took for the stage that a side is at, None where they are at it.

        Whoever is through with the benchmark without that stage, or dead, leaves no reason to wait.
        """
        stage = self._workers[side].stage
        took = [
            self._workers[other].took_s.get(stage, 0.0 if other in found else None)
            for other in OTHERS[side]
        ]
        known = [seconds for seconds in took if seconds is not None]
        return max(known) if len(known) == len(took) else None

    def pin(self, cpus: Sequence[int]) -> None:
        """Put all workers on `cpus`. Raises SideFailed."""
        for side in self._workers:
            self._ask(side, Pin(cpus=list(cpus)), Pinned)

    def block(
        self, side: Side, *, units: int, settle: int = SETTLE_UNITS, other_s: float | None = None
    ) -> Measured:
        """Return one block of one side, measured alone. Raises SideFailed.

        `other_s` is what it takes the other side, if that is known.
        """
        self._send(side, Block(start=0, units=units, settle=settle))
        if other_s is not None:
            self._wait_for(side, "a block", self._patience.seconds(other_s))
        measured = self._expect(side, Measured)
        if measured.error is not None:
            raise SideFailed(Problem(side=side, error=measured.error, wrong=measured.wrong))
        return measured

    def take_turns(
        self, order: Sequence[Side], plan: BlockPlan, *, slowdowns: Mapping[Side, float]
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
                    units=plan.units,
                    settle=plan.settle,
                    slowdown=slowdowns.get(side, 0.0),
                ),
            )
        turned = self._gathered(Turned, self._patience.seconds(plan.expected_s))
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
        slowest_s = 0.0
        for side in (Side.BASE, Side.TWIN, Side.HEAD):
            began_s = time.monotonic()
            try:
                self._send(side, Next())
                if side is Side.HEAD:
                    within_s = self._patience.seconds(slowest_s, setup=True)
                    self._wait_for(side, "tear-down", within_s)
                closed = self._expect(side, Closed)
            except SideFailed as failed:
                problems.append(failed.problem)
                continue
            slowest_s = max(slowest_s, time.monotonic() - began_s)
            if closed.error is not None:
                problems.append(Problem(side=side, error=closed.error, wrong=closed.wrong))
        return worst(problems)

    def _wait_for(self, side: Side, what: str, within_s: float) -> None:
        """Wait until a side answers what the other one answered long ago. Raises SideFailed."""
        worker = self._workers[side]
        if heard_from([worker], within_s):
            return
        self._patience.given_up += 1
        late = worker.give_up(f"{what} not done after {within_s:.0f} s", outlasted=True)
        raise SideFailed(_died(side, late))

    def _gathered(self, reply: type[Reply], within_s: float) -> dict[Side, Reply]:
        """Wait for one answer of each worker, whoever has it first: one that died is heard of."""
        waiting = dict(self._workers)
        answers: dict[Side, Reply] = {}
        while waiting:
            ready = heard_from(waiting.values(), within_s)
            if not ready:
                raise SideFailed(self._stuck(waiting, within_s))
            for side in [side for side, worker in waiting.items() if worker in ready]:
                answers[side] = self._expect(side, reply)
                del waiting[side]
        return answers

    def _stuck(self, waiting: Mapping[Side, WorkerProcess], after_s: float) -> Problem:
        """Return whose block does not end: who has the baton whenever one looks."""
        holders = set(waiting)
        for _ in range(LOOKS):
            time.sleep(LOOK_S)
            holders &= {side for side in holders if not waits_for_its_turn(waiting[side].stack())}
        known = len(holders) == 1
        side = next(iter(holders or waiting))
        self._patience.given_up += known
        why = f"blocks not done after {after_s:.0f} s"
        return _died(side, waiting[side].give_up(why, outlasted=known))

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
    return Problem(
        side=side,
        error=str(error),
        died=True,
        crashed=error.crashed,
        outlasted=error.outlasted,
    )


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
