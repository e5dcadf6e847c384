"""One restart: three new workers on one CPU, which do their blocks in turns."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.gate.block_plan import MOST_BLOCK_NS, SETTLE_UNITS, BlockPlan, plan_blocks
from bench.gate.blocks import Blocks
from bench.gate.checkout import Checkouts, Side
from bench.gate.design import Design
from bench.gate.patience import Patience
from bench.gate.problem import Problem
from bench.gate.processors import PressureMeter, idlest_cpu, kept_off, usable_cpus
from bench.gate.team import SideFailed, Team
from bench.gate.worker.messages import Opened, Spec

SLOW_START = 4
"""From so many times what a block should take on, the head's first calls are not taken for all."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """How restarts are made: on which checkouts, by which design.

    `plans` says by benchmark what its blocks are, filled by the first restart, so that all of them
    are alike. `slowdowns` are what a self-test does to the head.
    """

    checkouts: Checkouts
    design: Design
    random: random.Random
    pressure: PressureMeter
    plans: dict[str, BlockPlan]
    slowdowns: Mapping[str, float]
    patience: Patience

    def restart(self, specs: Sequence[Spec], keep: Callable[[Turn], None]) -> None:
        """Measure `specs` with new workers; each `Turn` goes to `keep` when it is over.

        A worker that dies is the problem of the benchmark that it was at; those behind it are
        measured by another three.
        """
        left = list(specs)
        while left:
            done = self._with_one_team(left, keep)
            left = [spec for spec in left if spec.name not in done]

    def _with_one_team(self, specs: Sequence[Spec], keep: Callable[[Turn], None]) -> set[str]:
        """Return the names that were dealt with: all of `specs`, where no worker died."""
        done: set[str] = set()
        checkouts = [self.checkouts.base, self.checkouts.head, self.checkouts.twin]
        # So that no side is always the first to start.
        self.random.shuffle(checkouts)
        began = time.monotonic()
        cpus = usable_cpus()
        cpu = idlest_cpu(cpus)
        hash_seed = self.random.randrange(1 << 32)
        team = Team(checkouts, specs, hash_seed=hash_seed, patience=self.patience)
        with team, kept_off(cpu):
            team.wait()
            share = (time.monotonic() - began) / len(specs)
            for spec in specs:
                began = time.monotonic()
                turn = self._turn(spec.name, team, cpu, cpus)
                keep(replace(turn, seconds=share + time.monotonic() - began))
                done.add(turn.name)
                if turn.problem is not None and turn.problem.died:
                    break
        return done

    def _turn(self, name: str, team: Team, cpu: int, cpus: list[int]) -> Turn:
        try:
            turn = self._measured(name, team, team.opened(), cpu, cpus)
        except SideFailed as failed:
            if not failed.problem.died:
                team.close_benchmark()
            return Turn(name=failed.benchmark or name, problem=failed.problem)
        late = team.close_benchmark()
        return turn if late is None else Turn(name=name, problem=late)

    def _measured(
        self, name: str, team: Team, opened: Mapping[Side, Opened], cpu: int, cpus: list[int]
    ) -> Turn:
        threads = any(answer.threads for answer in opened.values())
        used = cpus if threads else [cpu]
        team.pin(used)
        if name not in self.plans:
            self.plans[name] = self._planned(team, opened)
        plan = self.plans[name]
        return Turn(
            name=name,
            unit=opened[Side.BASE].unit,
            units=plan.units,
            threads=threads,
            blocks=self._rounds(team, plan, used, slowdown=self.slowdowns.get(name, 0.0)),
        )

    def _planned(self, team: Team, opened: Mapping[Side, Opened]) -> BlockPlan:
        """Return blocks of the time wanted, as the pinned base does them, that the head can do."""
        wanted_ns = self.design.block_ns
        # What a unit takes with its untimed parts (a test's setup): the blocks must end some day.
        base_ns = max(1.0, opened[Side.BASE].unit_ns)
        head_ns = max(1.0, opened[Side.HEAD].unit_ns)
        units = max(1, round(wanted_ns / base_ns))
        most = max(1, round(MOST_BLOCK_NS / base_ns))
        for _ in range(2):
            began_ns = time.monotonic_ns()
            taken = team.block(Side.BASE, units=units)
            took_ns = (time.monotonic_ns() - began_ns) / (units + SETTLE_UNITS)
            base_ns = min(base_ns, took_ns)
            units = min(most, max(1, round(units * wanted_ns / max(1, taken.ns))))
        if units * head_ns > SLOW_START * max(wanted_ns, units * base_ns):
            # Its first calls may be slow and the rest not.
            began_ns = time.monotonic_ns()
            team.block(Side.HEAD, units=1, settle=0, other_s=base_ns / 1e9)
            head_ns = min(head_ns, time.monotonic_ns() - began_ns)
        return plan_blocks(self.design, units=units, base_ns=base_ns, head_ns=head_ns)

    def _rounds(
        self, team: Team, plan: BlockPlan, cpus: Sequence[int], *, slowdown: float
    ) -> Blocks:
        order: list[Side] = []
        for _ in range(plan.warm_up + plan.rounds):
            order += self.random.sample(list(Side), len(Side))
        with self.pressure.metered(team.pids, cpus):
            turned = team.take_turns(order, plan, slowdowns={Side.HEAD: slowdown})
        times = {side: np.array(turned[side].ns[plan.warm_up :]) for side in Side}
        interrupted = [turned[side].interrupted[plan.warm_up :] for side in Side]
        return Blocks(
            base_ns=times[Side.BASE],
            head_ns=times[Side.HEAD],
            twin_ns=times[Side.TWIN],
            interrupted=np.any(np.array(interrupted), axis=0),
        )
