"""Receiving a number of datagrams: a call for each, a call for many, or coalesced by the kernel."""

# ruff: noqa: PLR0917 - compiled code takes numbers and arrays, not objects

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import types

from bench.calibrate.datagrams.messages import (
    CONTROL_BYTES,
    CONTROL_SIZE_AT,
    CONTROL_VALUE_AT,
    MESSAGE_BYTES,
    RECEIVED_AT,
    UDP_GRO,
    Messages,
)
from bench.calibrate.datagrams.system_calls import (
    EAGAIN,
    EINTR,
    RECV,
    RECVMMSG,
    RECVMSG,
    Words,
    last_error,
    set_udp_option,
    system_calls,
)
from pipelines.compiled import kernel, ready, step
from pipelines.engines.native.calls import call_i32, call_i64, load_i32, load_i64, store_i64
from pipelines.media import U8

Sizes = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]

# Words of a receiver, by position.
_SOCKET, _MESSAGES, _CONTROLS, _PER_CALL, _CALLS = range(5)

MOST_PER_CALL = 1024
"""Messages that recvmmsg takes at once (UIO_MAXIOV)."""

COALESCED_BYTES = 65_536
"""Room that a coalesced message may need: what IPv4 can carry, rounded up."""

MOST_COALESCED = 128
"""Datagrams of one coalesced message, at most (UDP_MAX_SEGMENTS of recent kernels)."""

_WAIT_FOR_ONE = 0x10000
"""MSG_WAITFORONE: return what is there instead of waiting until all messages are full."""


@kernel
def _receive_each(
    calls: Words, words: Words, wanted: int, memory: U8, place: Places, size: Sizes
) -> int:
    stride = memory.shape[1]
    row = 0
    while row < wanted:
        at = row * stride
        words[_CALLS] += 1
        descriptor, flags = np.int32(words[_SOCKET]), np.int32(0)
        received = call_i64(calls[RECV], (descriptor, memory.ctypes.data + at, stride, flags))
        if received >= 0:
            place[row], size[row] = at, received
            row += 1
        elif last_error(calls) == EAGAIN:
            return row
        elif last_error(calls) != EINTR:
            return -last_error(calls)
    return row


@kernel
def _receive_many(
    calls: Words, words: Words, wanted: int, memory: U8, place: Places, size: Sizes
) -> int:
    stride = memory.shape[1]
    row = 0
    while row < wanted:
        # A row of memory for each datagram, so that message i of the table serves row i.
        messages = words[_MESSAGES] + row * MESSAGE_BYTES
        count = np.int32(min(words[_PER_CALL], wanted - row))
        words[_CALLS] += 1
        descriptor, flags = np.int32(words[_SOCKET]), np.int32(_WAIT_FOR_ONE)
        received = call_i32(calls[RECVMMSG], (descriptor, messages, count, flags, np.int64(0)))
        if received > 0:
            for message in range(received):
                place[row] = row * stride
                size[row] = load_i32(messages + message * MESSAGE_BYTES + RECEIVED_AT)
                row += 1
        elif last_error(calls) == EAGAIN:
            return row
        elif last_error(calls) != EINTR:
            return -last_error(calls)
    return row


@step
def _segment_bytes(message: int, control: int, received: int) -> int:
    """Return the bytes of each datagram in a received message but the last, which may be smaller.

    The kernel adds a control message only where it coalesced.
    """
    if load_i64(message + CONTROL_SIZE_AT) > CONTROL_VALUE_AT:
        return load_i32(control + CONTROL_VALUE_AT)
    return received


@kernel
def _receive_coalesced(
    calls: Words, words: Words, wanted: int, memory: U8, place: Places, size: Sizes
) -> int:
    stride = memory.shape[1]
    row, used = 0, 0
    while row < wanted:
        message = words[_MESSAGES] + used * MESSAGE_BYTES
        control = words[_CONTROLS] + used * CONTROL_BYTES
        # The kernel leaves here how much it wrote.
        store_i64(message + CONTROL_SIZE_AT, CONTROL_BYTES)
        words[_CALLS] += 1
        descriptor, flags = np.int32(words[_SOCKET]), np.int32(0)
        received = call_i64(calls[RECVMSG], (descriptor, message, flags))
        if received >= 0:
            segment = _segment_bytes(message, control, received)
            at, left = used * stride, received
            place[row], size[row] = at, min(segment, left)
            row += 1
            while segment < left:
                at += segment
                left -= segment
                place[row], size[row] = at, min(segment, left)
                row += 1
            used += 1
        elif last_error(calls) == EAGAIN:
            return row
        elif last_error(calls) != EINTR:
            return -last_error(calls)
    return row


RECEIVERS: Mapping[str, tuple[Callable[..., int], int]] = {
    "recv": (_receive_each, 1),
    "recvmmsg": (_receive_many, MOST_PER_CALL),
    "gro": (_receive_coalesced, 1),
}
"""By method: what receives, and the most messages it can take in a call."""

_ARGUMENTS = (
    types.int64[::1],
    types.int64[::1],
    types.int64,
    types.Array(types.uint8, 2, "C"),
    types.int64[::1],
    types.int32[::1],
)


@dataclass(frozen=True, slots=True)
class Arrived:
    """Datagrams: number i is `memory[place[i] : place[i] + size[i]]`, a view until the next call.

    `memory` is uint8 of one dimension, `place` int64, `size` int32, both of shape (n,).
    """

    memory: U8
    place: Places
    size: Sizes

    def __len__(self) -> int:
        return len(self.size)

    def packets(self) -> list[bytes]:
        """Return a copy of each datagram, in order of arrival."""
        return [
            self.memory[at : at + count].tobytes()
            for at, count in zip(self.place.tolist(), self.size.tolist(), strict=True)
        ]


class DatagramReceiver:
    """Takes datagrams of at most `stride` bytes from a blocking UDP socket.

    `per_call` is how many messages a call may take, `room` how many datagrams one `receive` may
    ask for. The socket stays the caller's, with the time-out it has (SO_RCVTIMEO). One thread at
    a time; runs without the GIL. Raises ValueError for what the method cannot do, OSError where
    the kernel cannot coalesce.
    """

    def __init__(
        self, own: socket.socket, method: str, per_call: int = 1, *, stride: int, room: int
    ) -> None:
        self._receive, most = RECEIVERS[method]
        if not 1 <= per_call <= most:
            raise ValueError(f"{method}: {per_call} messages a call; it takes 1 to {most}")
        self._calls = system_calls()
        coalesced = method == "gro"
        if coalesced:
            set_udp_option(own, UDP_GRO, 1, "coalesce datagrams (UDP_GRO)")
        self._memory: U8 = np.empty((room, COALESCED_BYTES if coalesced else stride), np.uint8)
        # The last message may hold more datagrams than were still asked for.
        more = MOST_COALESCED if coalesced else 0
        self._place: Places = np.zeros(room + more, dtype=np.int64)
        self._size: Sizes = np.zeros(room + more, dtype=np.int32)
        self._messages = Messages(room, 1, control=coalesced)
        self._messages.point_at(self._memory)
        self._words = np.zeros(_CALLS + 1, dtype=np.int64)
        self._words[_SOCKET] = own.fileno()
        self._words[_MESSAGES] = self._messages.address
        self._words[_CONTROLS] = self._messages.controls
        self._words[_PER_CALL] = per_call
        self._room = room
        ready(self._receive, *_ARGUMENTS)

    @property
    def system_calls(self) -> int:
        """How many system calls were made so far."""
        return int(self._words[_CALLS])

    def receive(self, count: int) -> Arrived:
        """Return `count` datagrams, or fewer where the socket's time-out passed without one more.

        More where the last coalesced message held more. Raises OSError, and ValueError where
        `count` is more than there is room for.
        """
        if count > self._room:
            raise ValueError(f"{count} datagrams where there is room for {self._room}")
        received = self._receive(
            self._calls, self._words, count, self._memory, self._place, self._size
        )
        if received < 0:
            raise OSError(-received, os.strerror(-received))
        return Arrived(self._memory.reshape(-1), self._place[:received], self._size[:received])
