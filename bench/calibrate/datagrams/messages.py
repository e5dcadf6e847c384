"""What the kernel is handed: msghdr, mmsghdr, iovec and cmsghdr, laid out in NumPy memory."""

import numpy as np
import numpy.typing as npt

# include/uapi/linux/udp.h; Python's socket module does not name them.
SOL_UDP = 17
UDP_SEGMENT = 103
UDP_GRO = 104

# socket(7), cmsg(3), as 64-bit Linux lays them out: `align` puts C's own padding between fields.
_MSGHDR = np.dtype(
    [
        ("name", np.int64),
        ("name_bytes", np.uint32),
        ("vectors", np.int64),
        ("vector_count", np.int64),
        ("control", np.int64),
        ("control_bytes", np.int64),
        ("flags", np.int32),
    ],
    align=True,
)
_MMSGHDR = np.dtype([("header", _MSGHDR), ("bytes", np.uint32)], align=True)
_IOVEC = np.dtype([("base", np.int64), ("bytes", np.int64)])
_CMSGHDR = np.dtype(
    [("bytes", np.int64), ("level", np.int32), ("type", np.int32), ("value", np.int64)]
)

MESSAGE_BYTES = _MMSGHDR.itemsize
"""From one message to the next; each begins with a msghdr."""

VECTOR_COUNT_AT = 24
CONTROL_SIZE_AT = 40
RECEIVED_AT = 56
"""Offsets in a message: msg_iovlen, msg_controllen, msg_len."""

VECTOR_BYTES = _IOVEC.itemsize
VECTOR_SIZE_AT = 8
"""From one iovec to the next, and to its iov_len."""

CONTROL_BYTES = _CMSGHDR.itemsize
CONTROL_VALUE_AT = 16
"""From one control message to the next, and to its value."""


class Messages:
    """`count` messages of `vectors_each` vectors, linked by their addresses.

    With `control` each has room for one control message of UDP, which `segment_control` fills for
    sending; otherwise the kernel fills it on receiving.
    """

    __slots__ = ("_controls", "_messages", "_vectors", "count", "vectors_each")

    def __init__(self, count: int, vectors_each: int, *, control: bool) -> None:
        self.count, self.vectors_each = count, vectors_each
        self._messages = np.zeros(count, dtype=_MMSGHDR)
        self._vectors = np.zeros((count, vectors_each), dtype=_IOVEC)
        self._controls = np.zeros(count, dtype=_CMSGHDR)
        headers = self._messages["header"]
        headers["vectors"] = _addresses(self._vectors)
        headers["vector_count"] = vectors_each
        if control:
            headers["control"] = _addresses(self._controls)
            headers["control_bytes"] = CONTROL_BYTES

    @property
    def address(self) -> int:
        """Address of the first message."""
        return int(self._messages.ctypes.data)

    @property
    def vectors(self) -> int:
        """Address of the first vector of the first message."""
        return int(self._vectors.ctypes.data)

    @property
    def controls(self) -> int:
        """Address of the first control message."""
        return int(self._controls.ctypes.data)

    def point_at(self, memory: npt.NDArray[np.uint8]) -> None:
        """Let message i receive into row i of `memory`: one vector each."""
        self._vectors["base"][:, 0] = _addresses(memory)
        self._vectors["bytes"][:, 0] = memory.shape[1]

    def segment_control(self) -> None:
        """Make each control message a UDP_SEGMENT: a uint16, the bytes of every datagram."""
        # cmsg(3): CMSG_LEN is the header and the value, without the padding behind it.
        self._controls["bytes"] = CONTROL_VALUE_AT + 2
        self._controls["level"] = SOL_UDP
        self._controls["type"] = UDP_SEGMENT


def _addresses(rows: npt.NDArray[np.void] | npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Return the address of each row."""
    return int(rows.ctypes.data) + np.arange(len(rows), dtype=np.int64) * rows.strides[0]
