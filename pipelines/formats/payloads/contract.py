"""What every payload format offers, and the buffers that formats and packetizer share."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipelines.formats.rtp import FIXED_SIZE
from pipelines.media import U8, PacketBatch

MOST_PACKETS = 1 << 15
"""Packets of one unit: more apart than this, 16-bit sequence numbers do not tell the order."""

_CACHE_LINE = 64


class PacketRows:
    """A packet table that only grows: formats write payloads, the packetizer writes the headers.

    `data` is uint8 of shape (rows, stride) with the payload of row `i` from column `FIXED_SIZE` on,
    `memory` the same bytes flat, `size` int32 of shape (rows,) the bytes of each whole packet.
    """

    def __init__(self, mtu: int) -> None:
        self.stride = -(-(FIXED_SIZE + mtu) // _CACHE_LINE) * _CACHE_LINE
        self._allocate(0)

    def _allocate(self, rows: int) -> None:
        self.data = np.zeros((rows, self.stride), dtype=np.uint8)
        self.size = np.zeros(rows, dtype=np.int32)
        self.memory = self.data.reshape(-1).data

    def reserve(self, rows: int) -> None:
        """Have at least `rows` rows; raises ValueError where sequence numbers cannot order them."""
        if rows > MOST_PACKETS:
            raise ValueError(f"unit of {rows} packets; at most {MOST_PACKETS} fit: raise the mtu")
        if rows > len(self.size):
            self._allocate(max(rows, 2 * len(self.size)))

    def write(self, packets: Sequence[Iterable[bytes | memoryview]]) -> int:
        """Write each packet's parts one after another as its payload; return the packets."""
        count = len(packets)
        self.reserve(count)
        memory = self.memory
        sizes = []
        row_begin = 0
        for parts in packets:
            begin = row_begin + FIXED_SIZE
            for part in parts:
                end = begin + len(part)
                memory[begin:end] = part
                begin = end
            sizes.append(begin - row_begin)
            row_begin += self.stride
        self.size[:count] = sizes
        return count


class UnitBuffer:
    """The bytes of a reassembled unit, in memory that only grows."""

    def __init__(self) -> None:
        self.data: U8 = np.empty(0, dtype=np.uint8)
        self.memory = self.data.data

    def reserve(self, size: int) -> memoryview:
        """Return memory of at least `size` bytes; what it held before is lost."""
        if size > len(self.data):
            self.data = np.empty(max(size, 2 * len(self.data)), dtype=np.uint8)
            self.memory = self.data.data
        return self.memory


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPackets:
    """The payloads of one unit without a gap, in sequence order, RTP headers and padding removed.

    Payload `i` is `memory[starts[i] : stops[i]]`. `table` holds the same payloads, one per row,
    where the packets already lay in order and with plain headers.
    """

    memory: memoryview
    starts: Sequence[int]
    stops: Sequence[int]
    table: PacketBatch | None

    def __len__(self) -> int:
        return len(self.stops)

    def payloads(self) -> list[memoryview]:
        """Return the payloads as views."""
        return [self.memory[a:b] for a, b in zip(self.starts, self.stops, strict=True)]

    @property
    def total_bytes(self) -> int:
        """Return the bytes of all payloads."""
        return sum(self.stops) - sum(self.starts)


class Joined(NamedTuple):
    """What a format found while it put a unit together.

    `begins_unit` says whether the payloads themselves prove that none is missing before the first;
    otherwise only the sequence number of the unit before can tell.
    """

    size: int
    is_keyframe: bool
    begins_unit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadFormat:
    """One payload format: what it is called, where it is specified, and its two directions.

    `split(unit, is_keyframe, picture_id, mtu, rows)` writes the payloads of a unit, each at most
    `mtu` bytes (never less than `smallest_mtu`), and returns how many there are; it raises
    Malformed for a unit it could not give back byte for byte.
    `join(packets, out)` writes the unit; it raises Incomplete where the first packet shows that
    earlier ones are missing and Malformed for payloads that do not fit together.
    """

    name: str
    source: str
    smallest_mtu: int
    split: Callable[[U8, bool, int, int, PacketRows], int]
    join: Callable[[UnitPackets, UnitBuffer], Joined]
