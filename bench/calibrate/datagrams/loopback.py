"""Two UDP sockets on loopback that know each other's address, with a large receive buffer."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

BUFFER_BYTES = 8 << 20
WAIT_S = 1
"""How long a datagram may take until it counts as lost: hours, on loopback."""

_SO_RCVBUFFORCE = 33  # include/uapi/asm-generic/socket.h; Python does not name it


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What is sent through `sender` arrives at `receiver`."""

    sender: socket.socket
    receiver: socket.socket


@contextmanager
def loopback_pair(buffer_bytes: int = BUFFER_BYTES) -> Iterator[Pair]:
    """Open a pair; the receiver's buffer holds what the system allows of `buffer_bytes`."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        # A time-out of the kernel's: Python's own would make the descriptor non-blocking.
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", WAIT_S, 0))
        _set_buffer(receiver, buffer_bytes)
        receiver.bind(("127.0.0.1", 0))
        sender.connect(receiver.getsockname())
        yield Pair(sender=sender, receiver=receiver)


def _set_buffer(receiver: socket.socket, size: int) -> None:
    try:
        # socket(7): beyond the system's limit, for whoever may administer the network.
        receiver.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, size)
    except OSError:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
