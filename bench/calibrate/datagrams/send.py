"""Sending a batch of packets: a call for each, a call for many, or segmented by the kernel."""

import os
import socket
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from numba import types

from bench.calibrate.datagrams.messages import (
    CONTROL_BYTES,
    CONTROL_SIZE_AT,
    CONTROL_VALUE_AT,
    UDP_SEGMENT,
    VECTOR_BYTES,
    VECTOR_COUNT_AT,
    VECTOR_SIZE_AT,
    Messages,
)
from bench.calibrate.datagrams.system_calls import (
    EINTR,
    SEND,
    SENDMMSG,
    SENDMSG,
    Words,
    last_error,
    set_udp_option,
    system_calls,
)
from pipelines.compiled import kernel, ready, step
from pipelines.engines.native.calls import call_i32, call_i64, store_i64
from pipelines.media import U8, PacketBatch

Sizes = npt.NDArray[np.int32]

# Words of a sender, by position.
_SOCKET, _MESSAGES, _VECTORS, _CONTROLS, _PER_CALL, _CALLS = range(6)

MOST_SEGMENTS = 64
"""Datagrams of one segmented send that every kernel with UDP_SEGMENT takes (UDP_MAX_SEGMENTS)."""

MOST_PER_CALL = 1024
"""Messages that sendmmsg takes at once (UIO_MAXIOV)."""

MOST_BYTES = 65_507
"""Payload of one send over IPv4: 65,535 less the headers of IP and UDP."""


@step
def _point(vector: int, data: U8, size: Sizes, row: int) -> None:
    store_i64(vector, data.ctypes.data + row * data.strides[0])
    store_i64(vector + VECTOR_SIZE_AT, size[row])


@kernel
def _send_each(calls: Words, words: Words, data: U8, size: Sizes) -> int:
    row = 0
    while row < size.shape[0]:
        packet = data.ctypes.data + row * data.strides[0]
        length = np.int64(size[row])
        words[_CALLS] += 1
        arguments = (np.int32(words[_SOCKET]), packet, length, np.int32(0))
        if call_i64(calls[SEND], arguments) >= 0:
            row += 1
        elif last_error(calls) != EINTR:
            return -last_error(calls)
    return row


@kernel
def _send_many(calls: Words, words: Words, data: U8, size: Sizes) -> int:
    row = 0
    while row < size.shape[0]:
        count = min(words[_PER_CALL], size.shape[0] - row)
        for message in range(count):
            _point(words[_VECTORS] + message * VECTOR_BYTES, data, size, row + message)
        words[_CALLS] += 1
        descriptor, flags = np.int32(words[_SOCKET]), np.int32(0)
        # sendmmsg(2): fewer than asked for where a later one failed; its error is the next call's.
        sent = call_i32(calls[SENDMMSG], (descriptor, words[_MESSAGES], np.int32(count), flags))
        if sent > 0:
            row += sent
        elif last_error(calls) != EINTR:
            return -last_error(calls)
    return row


@step
def _segments(size: Sizes, row: int, most: int) -> int:
    """Return how many packets from `row` on fit one segmented send.

    The kernel cuts the payload every so many bytes: all but the last packet have the size of the
    first, and the last is no larger.
    """
    first, count, total = size[row], 1, np.int64(size[row])
    while count < most and row + count < size.shape[0]:
        following = size[row + count]
        total += following
        if following > first or total > MOST_BYTES or following == 0:
            return count
        count += 1
        if following < first:
            return count
    return count


@kernel
def _send_segmented(calls: Words, words: Words, data: U8, size: Sizes) -> int:
    row = 0
    while row < size.shape[0]:
        count = _segments(size, row, words[_PER_CALL])
        for segment in range(count):
            _point(words[_VECTORS] + segment * VECTOR_BYTES, data, size, row + segment)
        message = words[_MESSAGES]
        store_i64(message + VECTOR_COUNT_AT, count)
        store_i64(words[_CONTROLS] + CONTROL_VALUE_AT, size[row])
        # A segment of no bytes is an error to the kernel; without the control it is a plain send.
        store_i64(message + CONTROL_SIZE_AT, CONTROL_BYTES if count > 1 else 0)
        words[_CALLS] += 1
        arguments = (np.int32(words[_SOCKET]), message, np.int32(0))
        if call_i64(calls[SENDMSG], arguments) >= 0:
            row += count
        elif last_error(calls) != EINTR:
            return -last_error(calls)
    return row


_ARGUMENTS = (
    types.int64[::1],
    types.int64[::1],
    types.Array(types.uint8, 2, "A", readonly=True),
    types.Array(types.int32, 1, "A", readonly=True),
)

SENDERS: Mapping[str, tuple[Callable[[Words, Words, U8, Sizes], int], int]] = {
    "send": (_send_each, 1),
    "sendmmsg": (_send_many, MOST_PER_CALL),
    "gso": (_send_segmented, MOST_SEGMENTS),
}
"""By method: what sends, and the most datagrams it can put into a call."""


class DatagramSender:
    """Sends batches to the peer that a UDP socket is connected to, `per_call` datagrams at a time.

    The socket stays the caller's. One thread at a time; runs without the GIL. Raises ValueError for
    a `per_call` that the method cannot do, OSError where the kernel refuses segmentation.
    """

    def __init__(self, peer: socket.socket, method: str, per_call: int = 1) -> None:
        self._send, most = SENDERS[method]
        if not 1 <= per_call <= most:
            raise ValueError(f"{method}: {per_call} datagrams a call; it takes 1 to {most}")
        self._calls = system_calls()
        segmented = method == "gso"
        messages, vectors = (1, per_call) if segmented else (per_call, 1)
        self._messages = Messages(messages, vectors, control=segmented)
        if segmented:
            self._messages.segment_control()
            # udp(7): a kernel that knows segmentation takes the option; 0 leaves the socket as is.
            set_udp_option(peer, UDP_SEGMENT, 0, "segment datagrams (UDP_SEGMENT)")
        self._words = np.zeros(_CALLS + 1, dtype=np.int64)
        self._words[_SOCKET] = peer.fileno()
        self._words[_MESSAGES] = self._messages.address
        self._words[_VECTORS] = self._messages.vectors
        self._words[_CONTROLS] = self._messages.controls
        self._words[_PER_CALL] = per_call
        ready(self._send, *_ARGUMENTS)

    @property
    def system_calls(self) -> int:
        """How many system calls were made so far."""
        return int(self._words[_CALLS])

    def send(self, batch: PacketBatch) -> None:
        """Send every packet of `batch`, in order. Raises OSError where the kernel refuses one.

        Segmented sends hold packets of one size, the last of which may be smaller: a batch of many
        sizes takes more calls.
        """
        if batch.data.shape[1] > 1 and batch.data.strides[1] != 1:
            raise ValueError("the bytes of a packet must lie one behind the other")
        sent = self._send(self._calls, self._words, batch.data, batch.size)
        if sent < 0:
            raise OSError(-sent, os.strerror(-sent))
