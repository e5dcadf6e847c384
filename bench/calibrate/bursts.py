"""RTP packets of a cell's units in one table, whose numbers go on from block to block."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from bench.calibrate.media_clips import MediaClips
from bench.calibrate.probe import Bench
from bench.calibrate.transport import SSRC
from bench.calibrate.units import AUDIO_BYTES, ENOUGH_PACKETS, MOST_UNITS, Cell, all_cells
from pipelines.formats.native.packetizer import CompiledPacketizer
from pipelines.formats.rtp import FIXED_SIZE
from pipelines.media import PacketBatch

SMALL_PACKETS = 16
"""In one call: what a call takes stands apart from what a packet takes."""

OTHERS = 3
"""How many of `all_bursts`, the last ones, are no unit's."""


class Bursts:
    """The packets of each unit as a batch: rows of one table."""

    def __init__(self, name: str, batches: Sequence[PacketBatch]) -> None:
        self.name = name
        self.table = PacketBatch(
            data=np.concatenate([batch.data for batch in batches]),
            size=np.concatenate([batch.size for batch in batches]),
        )
        ends = np.cumsum([0, *(len(batch) for batch in batches)]).tolist()
        self.batches = tuple(
            PacketBatch(data=self.table.data[begin:end], size=self.table.size[begin:end])
            for begin, end in pairwise(ends)
        )

    @classmethod
    def of(cls, cell: Cell) -> "Bursts":
        """Return the packets of a cell's units, which are opaque."""
        packetizer = CompiledPacketizer(cell.units[0].codec, ssrc=SSRC)
        return cls(cell.name, [packetizer.packetize(unit).copy() for unit in cell.units])

    def first(self, count: int) -> "Bursts":
        """Return a copy of the first batches."""
        return Bursts(self.name, self.batches[:count])

    @property
    def payload_bytes(self) -> int:
        """Return the bytes behind the RTP headers."""
        return self.table.total_bytes - FIXED_SIZE * len(self.table)


def all_bursts(bench: Bench, clips: MediaClips) -> tuple[Bursts, ...]:
    """Return what SRTP meets: packets of audio and of video, a unit's in one call.

    Besides, several small packets in one call, and one large one: in units alone calls and packets,
    or packets and bytes, come in nearly fixed proportions, and no fit could tell their terms apart.
    """
    units = [Bursts.of(cell) for cell in all_cells(bench, clips)]
    by_size = sorted((bursts.table for bursts in units), key=lambda table: int(table.size.mean()))
    largest = np.argsort(by_size[-1].size)[::-1][:MOST_UNITS].tolist()
    return (
        *units,
        _together("audio packets", by_size[0]),
        _together("small video packets", by_size[len(AUDIO_BYTES)]),
        Bursts("one full packet a call", [by_size[-1].take([row]) for row in largest]),
    )


def _together(what: str, table: PacketBatch) -> Bursts:
    calls = ENOUGH_PACKETS // SMALL_PACKETS
    rows = np.resize(np.arange(len(table)), (calls, SMALL_PACKETS)).tolist()
    return Bursts(f"{SMALL_PACKETS} {what} a call", [table.take(chosen) for chosen in rows])


class Numbers:
    """The sequence numbers of one sender: none comes twice under its key."""

    def __init__(self) -> None:
        self._next = 0

    def give(self, bursts: Bursts) -> tuple[PacketBatch, ...]:
        """Return the batches, their packets numbered on from the last ones given."""
        count = len(bursts.table)
        numbers = ((self._next + np.arange(count)) & 0xFFFF).astype(">u2")
        bursts.table.data[:, 2:4] = numbers.view(np.uint8).reshape(count, 2)
        self._next += count
        return bursts.batches
