"""The measuring: every contender once in each round, cells and contenders in random order."""

import os
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.measure import collector_off
from bench.peers.cell import Cell, Contender
from bench.progress import Progress

if sys.platform != "win32":
    import resource

ATTEMPTS = 4
"""How often a pass is made in a round, as long as the core was taken away during it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Whose samples they are."""

    cell: Cell
    name: str


@dataclass(slots=True)
class Samples:
    """ns per unit of every contender, one for each round, and how quiet the machine was."""

    ns: dict[Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    passes: int = 0
    disturbed: int = 0


def measure_rounds(
    contenders: Sequence[Contender], rounds: int, *, seed: int, progress: Progress
) -> Samples:
    """Return the samples of `rounds` rounds.

    The contenders of a cell run one after the other, so that what the machine does meanwhile meets
    them alike. A pass that another process interrupted is made again; if it is interrupted each
    time, the last one counts, and is counted as disturbed.
    """
    by_cell: dict[Cell, list[Contender]] = defaultdict(list)
    for contender in contenders:
        by_cell[contender.cell].append(contender)
    order = random.Random(seed)  # noqa: S311 - an order, not a secret
    cells = list(by_cell)
    samples = Samples()
    progress.begin(f"{rounds} rounds of {len(contenders)} contenders", rounds * len(contenders))
    with collector_off():
        for _ in range(rounds):
            order.shuffle(cells)
            for cell in cells:
                rivals = by_cell[cell]
                order.shuffle(rivals)
                for contender in rivals:
                    _sample(contender, samples)
                progress.advance(samples.passes)
    progress.end()
    return samples


def _sample(contender: Contender, samples: Samples) -> None:
    for _ in range(ATTEMPTS):
        before = _preemptions()
        ns = contender.one_pass()
        if _preemptions() == before:
            break
    else:
        samples.disturbed += 1
    samples.ns[Key(cell=contender.cell, name=contender.name)].append(ns)
    samples.passes += 1


def _preemptions() -> int:
    """Return how often the core was taken from this thread, or 0 where that is not told."""
    if sys.platform != "linux":
        return 0
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw


@contextmanager
def pinned() -> Iterator[int | None]:
    """Stay on one core, the last one usable, until the block ends; None where that is not possible.

    The first core often serves interrupts, so it is taken only where it is the only one.
    """
    if sys.platform != "linux":
        yield None
        return
    usable = os.sched_getaffinity(0)
    core = max(usable)
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, usable)
