"""Timed blocks: work of known size on one stage, prepared anew and timed once a round."""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bench.calibrate.probe import Reading

Clock = Callable[[], int]
Given = TypeVar("Given")
Result = TypeVar("Result")

Run = Callable[[], Any]
"""What is timed. What it returns is checked afterwards."""


def _unchecked(_: object) -> None:
    """Take any result: what is wrong has been raised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A stage's work, as large as a clock's own cost does not matter (200 us and more).

    `prepare` makes what cannot be used twice (packets under new numbers) and returns what is timed;
    `check` raises WrongAnswer for a wrong result. The clock counts the CPU time of this thread:
    everything but an encoder with threads of its own works on it alone.
    """

    key: str
    calls: int
    packets: int = 0
    size_bytes: int = 0
    prepare: Callable[[], Run]
    check: Callable[[Any], None] = _unchecked
    clock: Clock = time.thread_time_ns

    def read(self) -> Reading:
        """Do the block's work and return its time."""
        run, clock = self.prepare(), self.clock
        began_ns = clock()
        result = run()
        ended_ns = clock()
        self.check(result)
        return Reading(
            key=self.key,
            calls=self.calls,
            packets=self.packets,
            size_bytes=self.size_bytes,
            cpu_ns=ended_ns - began_ns,
        )


class BlockProbe:
    """A probe of blocks, each done once when it is opened: checked, compiled, its memory there."""

    def __init__(self, blocks: Iterable[Block], *, seed: int) -> None:
        self._blocks = list(blocks)
        self._order = random.Random(seed)  # noqa: S311 - the order of blocks is no secret
        self.measure()

    def measure(self) -> Sequence[Reading]:
        """Return one reading of every block, taken in a new random order."""
        self._order.shuffle(self._blocks)
        return [block.read() for block in self._blocks]

    def close(self) -> None:
        """Give back what the blocks hold."""
        self._blocks.clear()


def for_each(function: Callable[[Given], Result], units: Sequence[Given]) -> Callable[[], Result]:
    """Return what calls `function` on each of `units`, and returns what the last call did.

    The results before it are dropped, as a pipeline would: buffers go back to where they are taken
    from again.
    """

    def run() -> Result:
        for unit in units:
            result = function(unit)
        return result

    return run
