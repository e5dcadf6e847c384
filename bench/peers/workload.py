"""The bytes that all contenders share: tables of distinct units, cut for hot and cold passes."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from bench.peers.cell import Memory
from pipelines.formats.rtp import FIXED_SIZE, RtpHeader
from pipelines.media import U8, PacketBatch

TABLE_BYTES = 6 << 20
"""A table holds about so many bytes of distinct units, beyond a core's own caches."""

HOT_BYTES = 96 << 10
"""What a hot pass walks round and round, in and out together a fraction of the L2 cache."""

MOST_UNITS = 2048
BURST = 64
"""Packets per call of the batch engines: an access unit of 80 kB, or a busy relay's poll."""

EVICTING_BYTES = 8 << 20
"""Walked before a cold pass, so that no unit is left in the core's own caches."""

SSRC = 0x5EA1BE9C


def units_of(size_bytes: int) -> int:
    """Return how many units a table has: whole bursts where there is room for one."""
    units = max(2, min(MOST_UNITS, TABLE_BYTES // size_bytes))
    return units - units % BURST if units > BURST else units


def hot_units_of(size_bytes: int) -> int:
    """Return how many units a hot pass walks round and round."""
    return max(2, min(BURST, HOT_BYTES // size_bytes))


def per_call_units(units: int) -> int:
    """Return how many of `units` a contender does that is called from Python for each."""
    return min(units, MOST_UNITS // 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """The random bytes of one session, by size."""

    seed: int

    def payloads(self, size_bytes: int) -> U8:
        """Return distinct units, uint8 of shape (units, size_bytes)."""
        return _random_rows(self.seed, units_of(size_bytes), size_bytes)

    def packets(self, size_bytes: int, room_bytes: int) -> PacketBatch:
        """Return RTP packets in order with `size_bytes` of payload, and room behind each."""
        payloads = self.payloads(size_bytes)
        batch = PacketBatch.empty(len(payloads), FIXED_SIZE + size_bytes + room_bytes)
        batch.data[:] = 0
        for sequence in range(len(payloads)):
            header = RtpHeader(
                marker=False,
                payload_type=96,
                sequence_number=sequence,
                timestamp=90 * sequence,
                ssrc=SSRC,
            )
            batch.data[sequence, :FIXED_SIZE] = np.frombuffer(header.to_bytes(), dtype=np.uint8)
        batch.data[:, FIXED_SIZE : FIXED_SIZE + size_bytes] = payloads
        batch.size[:] = FIXED_SIZE + size_bytes
        return batch


def evict() -> None:
    """Push what was used before out of the core's own caches; a shared L3 may keep it.

    Read, not written: lines that had to be written back would be charged to the pass that follows.
    """
    np.bitwise_xor.reduce(_junk())


def rows_for(table: U8, memory: Memory, size_bytes: int) -> U8:
    """Return the rows of `table` that a pass walks: all of them, or the few of a hot pass."""
    return table if memory is Memory.COLD else table[: hot_units_of(size_bytes)]


@cache
def _random_rows(seed: int, units: int, size_bytes: int) -> U8:
    content = np.random.default_rng((seed, size_bytes))
    return content.integers(0, 256, (units, size_bytes), dtype=np.uint8)


@cache
def _junk() -> npt.NDArray[np.uint64]:
    # Not zeros: they would all be one page of memory until they are written.
    return np.ones(EVICTING_BYTES // 8, dtype=np.uint64)
