"""What datagrams cost on loopback, by method: real sockets, real system calls, no Python between.

Bursts are sent until the socket's buffer holds them, then received; each half is timed apart. Every
method is first seen to deliver each byte in order, and every timed burst is counted.
"""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np

from bench.calibrate.datagrams.loopback import Pair, loopback_pair
from bench.calibrate.datagrams.receive import DatagramReceiver
from bench.calibrate.datagrams.send import DatagramSender
from bench.calibrate.probe import Bench, ProbePlan, Reading
from bench.profile import keys
from bench.verdict import WrongAnswer
from pipelines.media import PacketBatch

PAYLOAD_BYTES = (100, 500, 1200)
BURST = 128
"""Datagrams that are in flight at most: as many as fit the buffer that every Linux allows."""

BURSTS = 32
"""Bursts of each reading."""

BUSY = 0.85
"""Less of its wall time than this a thread on a core of its own cannot be, if all is charged."""


def _listed(sizes: Sequence[int]) -> str:
    return ", ".join(map(str, sizes))


_LOOPBACK = (
    "connected UDP sockets on 127.0.0.1, "
    f"{_listed(PAYLOAD_BYTES)} B, bursts of at most {BURST}; no waiting for readiness"
)
_SENDER_PAYS = "the sender does the kernel's part of receiving"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """A method of sending with one of receiving, each with its sizes of batches.

    Only what the plan names is reported: of the other side just its delivery is needed.
    """

    send: str
    receive: str
    send_sizes: tuple[int, ...] = (1,)
    receive_sizes: tuple[int, ...] = (1,)


_BATCHES = (1, 4, 16, 64)
_SEGMENTS = (4, 16, 44)


def udp_plans() -> tuple[ProbePlan, ...]:
    """Return a plan for single datagrams, batches, and segmentation in each direction."""
    single = Pairing(send="send", receive="recv")
    batched = Pairing(
        send="sendmmsg", receive="recvmmsg", send_sizes=_BATCHES, receive_sizes=_BATCHES
    )
    # A receiver that does not coalesce: the kernel then cuts what was sent in one piece, as it
    # must before a network card that cannot.
    segmented = Pairing(send="gso", receive="recvmmsg", send_sizes=_SEGMENTS, receive_sizes=(64,))
    # What arrives together is what was sent together; a network card's driver coalesces less.
    coalesced = Pairing(send="gso", receive="gro", send_sizes=_SEGMENTS)
    return (
        _plan(single, {"send": _SENDER_PAYS, "recv": ""}),
        _plan(
            batched,
            {
                "sendmmsg": f"{_listed(_BATCHES)} a call; {_SENDER_PAYS}",
                "recvmmsg": f"{_listed(_BATCHES)} a call",
            },
        ),
        _plan(
            segmented, {"gso": f"{_listed(_SEGMENTS)} a call, cut by the kernel; {_SENDER_PAYS}"}
        ),
        _plan(coalesced, {"gro": f"{_listed(_SEGMENTS)} a call, as they were sent"}),
    )


def _plan(pairing: Pairing, notes: dict[str, str]) -> ProbePlan:
    on = {f"udp/{method}": _sentence(note) for method, note in notes.items()}
    return ProbePlan(
        name=f"udp {pairing.send}, {pairing.receive}",
        on=on,
        open=partial(_open, pairing, frozenset(on)),
        library=lambda _: "Linux",
    )


def _sentence(note: str) -> str:
    return f"{_LOOPBACK}; {note}" if note else _LOOPBACK


def _open(pairing: Pairing, wanted: frozenset[str], bench: Bench) -> "UdpProbe":
    return UdpProbe(pairing, wanted, seed=bench.seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One sender into one receiver, with batches of one size each."""

    sender: DatagramSender
    receiver: DatagramReceiver
    batch: PacketBatch


class UdpProbe:
    """Every batch size and payload of one pairing. Raises OSError, NoSystemCalls, WrongAnswer."""

    def __init__(self, pairing: Pairing, wanted: frozenset[str], *, seed: int) -> None:
        self._send_key = keys.udp_send(pairing.send)
        self._receive_key = keys.udp_receive(pairing.receive)
        self._wanted = wanted
        self._order = random.Random(seed)  # noqa: S311 - the order of blocks is no secret
        with ExitStack() as stack:
            pair = stack.enter_context(loopback_pair())
            self._ways = list(_ways(pair, pairing, seed))
            for way in self._ways:
                deliver(way.sender, way.receiver, way.batch)
            self._clock = charged_clock(self._send_once)
            self._stack = stack.pop_all()

    def measure(self) -> Sequence[Reading]:
        """Return a round of every way, in a new random order. Raises WrongAnswer for a loss."""
        self._order.shuffle(self._ways)
        readings = [reading for way in self._ways for reading in self._read(way)]
        return [reading for reading in readings if reading.key in self._wanted]

    def close(self) -> None:
        """Close the sockets."""
        self._stack.close()

    def _read(self, way: _Way) -> tuple[Reading, Reading]:
        count, clock = len(way.batch), self._clock
        sender_calls, receiver_calls = way.sender.system_calls, way.receiver.system_calls
        sending_ns = receiving_ns = 0
        for _ in range(BURSTS):
            began_ns = clock()
            way.sender.send(way.batch)
            sent_ns = clock()
            arrived = way.receiver.receive(count)
            receiving_ns += clock() - sent_ns
            sending_ns += sent_ns - began_ns
            check_count(len(arrived), count)
        packets, size_bytes = BURSTS * count, BURSTS * way.batch.total_bytes
        return (
            Reading(
                key=self._send_key,
                calls=way.sender.system_calls - sender_calls,
                packets=packets,
                size_bytes=size_bytes,
                cpu_ns=sending_ns,
            ),
            Reading(
                key=self._receive_key,
                calls=way.receiver.system_calls - receiver_calls,
                packets=packets,
                size_bytes=size_bytes,
                cpu_ns=receiving_ns,
            ),
        )

    def _send_once(self) -> tuple[int, int]:
        """Return the wall time and the CPU time of one burst's sending."""
        way = self._ways[0]
        cpu_ns, wall_ns = time.thread_time_ns(), time.perf_counter_ns()
        way.sender.send(way.batch)
        took = time.perf_counter_ns() - wall_ns, time.thread_time_ns() - cpu_ns
        check_count(len(way.receiver.receive(len(way.batch))), len(way.batch))
        return took


def _ways(pair: Pair, pairing: Pairing, seed: int) -> list[_Way]:
    """Return every batch size and payload; sizes of sending and receiving go together."""
    rng = np.random.default_rng(seed)
    ways = []
    sizes = (
        list(zip(pairing.send_sizes, pairing.receive_sizes, strict=True))
        if len(pairing.send_sizes) == len(pairing.receive_sizes)
        else list(product(pairing.send_sizes, pairing.receive_sizes))
    )
    for (per_send, per_receive), payload in product(sizes, PAYLOAD_BYTES):
        count = BURST - BURST % per_send
        batch = PacketBatch(
            data=rng.integers(0, 256, (count, payload), dtype=np.uint8),
            size=np.full(count, payload, dtype=np.int32),
        )
        ways.append(
            _Way(
                sender=DatagramSender(pair.sender, pairing.send, per_send),
                receiver=DatagramReceiver(
                    pair.receiver, pairing.receive, per_receive, stride=payload, room=count
                ),
                batch=batch,
            )
        )
    return ways


def deliver(sender: DatagramSender, receiver: DatagramReceiver, batch: PacketBatch) -> None:
    """Send `batch` and receive it. Raises WrongAnswer unless each byte arrived, in order."""
    sender.send(batch)
    arrived = receiver.receive(len(batch)).packets()
    check_count(len(arrived), len(batch))
    for row, packet in enumerate(arrived):
        if packet != batch.row(row).tobytes():
            raise WrongAnswer(f"datagram {row} of {len(batch)} arrived with other bytes")


def check_count(arrived: int, sent: int) -> None:
    """Raise WrongAnswer unless as many datagrams arrived as were sent: UDP drops in silence."""
    if arrived != sent:
        raise WrongAnswer(
            f"{arrived} of {sent} datagrams arrived; is the receive buffer too small?"
        )


def charged_clock(send: Callable[[], tuple[int, int]], attempts: int = 20) -> Callable[[], int]:
    """Return the clock that sees all that sending takes: CPU time, or wall time where it must be.

    `send` returns wall and CPU time in ns of sending once. A kernel with IRQ_TIME_ACCOUNTING keeps
    the receiving half of loopback, a soft interrupt, apart from the thread it runs in; no attempt
    is then busy for as long as it lasted.
    """
    busiest = max(cpu_ns / wall_ns for wall_ns, cpu_ns in (send() for _ in range(attempts)))
    return time.thread_time_ns if busiest >= BUSY else time.perf_counter_ns
