"""Passes over packets that may be taken only once: each burst is fresh, hot or cold.

A receiver refuses what it saw before, and timing that would time the refusal. So every pass has
new keys or a new receiver and goes once through the packets, in order. Hot means that a burst was
copied, just before, to where the last one lay; cold, that the caches were emptied before the pass.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bench.peers.cell import Cell, Memory, WrongAnswer, timed_ns
from bench.peers.workload import evict
from pipelines.media import PacketBatch

VERIFIED_BURSTS = 3


class Player(Protocol):
    """One contender's way through a pass."""

    def begin(self, *, known_keys: bool) -> None:
        """Forget everything; `known_keys` asks for the keys that the expected bytes were made with.

        A receiver always has those.
        """

    def work(self, burst: PacketBatch) -> Callable[[], object]:
        """Return what is timed for `burst`, with all that comes before it done."""

    def results(self, burst: PacketBatch) -> list[bytes]:
        """Do the work of `burst` and return every unit that came out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bursts:
    """The units of one cell. `source` are inputs and `expected` what must come out, row by row.

    `scratch` is a table as large as `source`, which a contender may overwrite.
    """

    cell: Cell
    source: PacketBatch
    expected: PacketBatch
    scratch: PacketBatch
    rows: int

    def timed_pass(self, player: Player, units: int) -> float:
        """Return the ns per unit of `player` over about `units` units."""
        player.begin(known_keys=False)
        bursts = max(2, min(units, len(self.source)) // self.rows)
        if self.cell.memory is Memory.COLD:
            work = [player.work(self._copied(burst, to=burst)) for burst in range(bursts)]
            work[0]()
            evict()
            total_ns = timed_ns(lambda: [each() for each in work[1:]])
        else:
            player.work(self._copied(0, to=0))()
            total_ns = sum(
                timed_ns(player.work(self._copied(burst, to=0))) for burst in range(1, bursts)
            )
        return total_ns / ((bursts - 1) * self.rows)

    def verify(self, player: Player) -> None:
        """Raise WrongAnswer where `player` does not give the expected bytes."""
        player.begin(known_keys=True)
        for burst in range(min(VERIFIED_BURSTS, len(self.source) // self.rows)):
            results = player.results(self._copied(burst, to=burst))
            first = burst * self.rows
            right = [self.expected.row(first + row).tobytes() for row in range(self.rows)]
            if results != right:
                raise WrongAnswer(f"{self.cell}: other bytes in burst {burst}")

    def _copied(self, burst: int, *, to: int) -> PacketBatch:
        """Copy a burst to the place of burst `to`, and return it there."""
        begin, place = burst * self.rows, to * self.rows
        rows = slice(place, place + self.rows)
        np.copyto(self.scratch.data[rows], self.source.data[begin : begin + self.rows])
        self.scratch.size[rows] = self.source.size[begin : begin + self.rows]
        return PacketBatch(data=self.scratch.data[rows], size=self.scratch.size[rows])


def pieces(burst: PacketBatch, rows: int) -> list[PacketBatch]:
    """Return `burst` cut into batches of `rows`: views."""
    return [
        PacketBatch(data=burst.data[at : at + rows], size=burst.size[at : at + rows])
        for at in range(0, len(burst), rows)
    ]
