"""One restart: three new workers on one CPU, which do their blocks in turns."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.gate.blocks import Blocks
from bench.gate.checkout import Checkouts, Side
from bench.gate.design import Design
from bench.gate.problem import Problem
from bench.gate.processors import PressureMeter, idlest_cpu, kept_off, usable_cpus
from bench.gate.team import SideFailed, Team
from bench.gate.worker.messages import Opened, Spec

WARM_UP_ROUNDS = 3
"""Rounds that are not counted, after the workers were put on their CPU."""

MOST_BLOCK_NS = 20_000_000
"""What a block takes at most, by the time of a unit in the warm-up, its untimed parts included."""


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
        with Team(checkouts, specs, hash_seed=hash_seed) as team, kept_off(cpu):
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
        if name not in self.block_units:
            self.block_units[name] = self._units(team, opened[Side.BASE].unit_ns)
        units = self.block_units[name]
        return Turn(
            name=name,
            unit=opened[Side.BASE].unit,
            units=units,
            threads=threads,
            blocks=self._rounds(team, units, used, slowdown=self.slowdowns.get(name, 0.0)),
        )

    def _units(self, team: Team, unit_ns: float) -> int:
        """Return how many units make a block of the time wanted, as the pinned base does them."""
        wanted_ns = self.design.block_ns
        units = max(1, round(wanted_ns / max(1.0, unit_ns)))
        # A unit may have a part that is not timed (a test's setup): its blocks must end some day.
        most = max(1, round(MOST_BLOCK_NS / max(1.0, unit_ns)))
        for _ in range(2):
            taken = team.block(Side.BASE, units=units)
            units = min(most, max(1, round(units * wanted_ns / max(1, taken.ns))))
        return units

    def _rounds(self, team: Team, units: int, cpus: Sequence[int], *, slowdown: float) -> Blocks:
        order: list[Side] = []
        for _ in range(WARM_UP_ROUNDS + self.design.rounds):
            order += self.random.sample(list(Side), len(Side))
        with self.pressure.metered(team.pids, cpus):
            turned = team.take_turns(order, units=units, slowdowns={Side.HEAD: slowdown})
        times = {side: np.array(turned[side].ns[WARM_UP_ROUNDS:]) for side in Side}
        interrupted = [turned[side].interrupted[WARM_UP_ROUNDS:] for side in Side]
        return Blocks(
            base_ns=times[Side.BASE],
            head_ns=times[Side.HEAD],
            twin_ns=times[Side.TWIN],
            interrupted=np.any(np.array(interrupted), axis=0),
        )
