"""The relay: every packet rewritten and protected for a hundred receivers, beside one protect."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from bench.peers.cell import (
    Cell,
    Contender,
    Direction,
    Memory,
    Part,
    WrongAnswer,
    timed_ns,
)
from bench.peers.srtp import COMPARED
from bench.peers.workload import SSRC, Workload, evict
from pipelines.engines.native.library import NativeLibrary
from pipelines.engines.native.relay import RelayFanout, Rewrite
from pipelines.engines.native.srtp_protect import NativeSrtpSender
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import PacketBatch

RECEIVERS = 100
PACKETS_OUT = 4000
"""Packets that leave in one pass of either contender."""

FAN_OUT_BURST = 8
"""Packets of one sender that a relay takes from its socket at once."""

ALONE_BURST = 64
"""Packets per call of the single protect: as many as amortise the call."""

FAN_OUT = f"rewrite and protect for {RECEIVERS}"
ONE_PROTECT = "one protect"


def relay_contenders(
    work: Workload, sizes: Sequence[int], library: NativeLibrary
) -> Iterator[Contender]:
    """Yield the fan-out and the single protect of every profile and size, both by libcrypto."""
    for profile in (PROFILES[name] for name in COMPARED):
        masters = [MasterKey.fresh(profile) for _ in range(RECEIVERS)]
        rewrites = [
            Rewrite(ssrc=1000 + number, sequence_offset=7 * number, timestamp_offset=900 * number)
            for number in range(RECEIVERS)
        ]
        for size in sizes:
            packets = work.packets(size, 0)
            for memory in Memory:
                cell = Cell(
                    part=Part.RELAY,
                    cipher=profile.name,
                    size_bytes=size,
                    direction=Direction.SEAL,
                    memory=memory,
                )
                # Each has a sender of its own: all go through the same sequence numbers.
                fan_out = _Relayed(
                    packets=packets,
                    cell=cell,
                    protect=RelayFanout(library, profile, masters, rewrites).protect,
                    profile=profile,
                    receivers=list(zip(masters, rewrites, strict=True)),
                    burst=FAN_OUT_BURST,
                )
                alone = MasterKey.fresh(profile)
                one = _Relayed(
                    packets=packets,
                    cell=cell,
                    protect=NativeSrtpSender(library, profile, alone).protect,
                    profile=profile,
                    receivers=[(alone, Rewrite(ssrc=SSRC))],
                    burst=ALONE_BURST,
                )
                for name, task in ((FAN_OUT, fan_out), (ONE_PROTECT, one)):
                    yield Contender(
                        cell=cell,
                        name=name,
                        library=f"{library.name}, OpenSSL {library.version}",
                        batch=task.burst,
                        verify=task.verify,
                        one_pass=task.one_pass,
                    )


class _Relayed:
    """One way of protecting bursts; sequence numbers go on through all passes."""

    def __init__(
        self,
        *,
        packets: PacketBatch,
        cell: Cell,
        protect: Callable[[PacketBatch], PacketBatch],
        profile: SrtpProfile,
        receivers: Sequence[tuple[MasterKey, Rewrite]],
        burst: int,
    ) -> None:
        self.burst = burst
        self._source, self._cell, self._protect = packets, cell, protect
        self._profile, self._receivers = profile, receivers
        self._next = 0
        self._calls = max(2, PACKETS_OUT // (burst * len(receivers)))
        self._scratch = packets.take(range(min(len(packets), self._calls * burst)))

    def one_pass(self) -> float:
        cold = self._cell.memory is Memory.COLD
        self._protect(self._burst(0))
        places = len(self._scratch) // self.burst if cold else 1
        if cold:
            evict()
        total_ns = 0
        for call in range(self._calls):
            burst = self._burst(call % places)
            total_ns += timed_ns(partial(self._protect, burst))
        return total_ns / (self._calls * self.burst * len(self._receivers))

    def verify(self) -> None:
        burst = self._burst(0)
        out = self._protect(burst)
        for number, (master, rewrite) in enumerate(self._receivers):
            right = SrtpSender(self._profile, master).protect(_rewritten(burst, rewrite))
            for row in range(self.burst):
                got = out.row(number * self.burst + row).tobytes()
                if got != right.row(row).tobytes():
                    raise WrongAnswer(f"{self._cell}: receiver {number}, packet {row}: other bytes")

    def _burst(self, place: int) -> PacketBatch:
        """Return the burst at `place` with the next sequence numbers."""
        rows = slice(place * self.burst, (place + 1) * self.burst)
        data = self._scratch.data[rows]
        sequences = (np.arange(self._next, self._next + self.burst) & 0xFFFF).astype(">u2")
        data[:, 2:4] = sequences.view(np.uint8).reshape(self.burst, 2)
        self._next += self.burst
        return PacketBatch(data=data, size=self._scratch.size[rows])


def _rewritten(burst: PacketBatch, rewrite: Rewrite) -> PacketBatch:
    """Return a copy of `burst` as the receiver is to see it, made with Python's own integers."""
    copy = burst.copy()
    for row in copy.rows():
        sequence = int.from_bytes(row[2:4].tobytes()) + rewrite.sequence_offset
        timestamp = int.from_bytes(row[4:8].tobytes()) + rewrite.timestamp_offset
        header = (
            (sequence & 0xFFFF).to_bytes(2)
            + (timestamp & 0xFFFFFFFF).to_bytes(4)
            + rewrite.ssrc.to_bytes(4)
        )
        row[2:12] = np.frombuffer(header, dtype=np.uint8)
    return copy
