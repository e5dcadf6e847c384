"""Messages between two parties: their bytes, and how damage on the way is noticed.

The libraries behind the protocols are compiled, and a damaged message makes some of them wait for
ever or end the process. So no byte reaches them before a checksum has passed. It guards against
accidents alone: who forges messages is kept out by the channel, TLS say, which is not measured.
"""

import struct
import zlib
from collections.abc import Sequence

_CHECKSUM = struct.Struct("<I")
_LENGTH = struct.Struct("<I")


class BadMessage(Exception):  # noqa: N818 - what arrived
    """A message was damaged, or belongs to another protocol, phase or key; the text says which."""


def wrap(label: str, body: bytes) -> bytes:
    """Return `body` behind a CRC-32 of four bytes that covers `label` too.

    The label (`bfv answer`) is not sent: a message in the wrong place fails like a damaged one.
    """
    return _CHECKSUM.pack(_checksum(label, body)) + body


def unwrap(label: str, message: bytes) -> bytes:
    """Return the body of a message. Raises BadMessage where the checksum does not hold."""
    body = message[_CHECKSUM.size :]
    if message[: _CHECKSUM.size] != _CHECKSUM.pack(_checksum(label, body)):
        raise BadMessage(f"{label}: {len(message)} bytes do not match their checksum")
    return body


def join(parts: Sequence[bytes]) -> bytes:
    """Return `parts` in one, each behind its length (uint32, little-endian)."""
    return b"".join(piece for part in parts for piece in (_LENGTH.pack(len(part)), part))


def split(label: str, body: bytes, count: int) -> list[bytes]:
    """Return the `count` parts of `body`. Raises BadMessage where it has more or fewer."""
    parts: list[bytes] = []
    at = 0
    while at < len(body) and len(parts) < count:
        if at + _LENGTH.size > len(body):
            break
        (length,) = _LENGTH.unpack_from(body, at)
        at += _LENGTH.size
        parts.append(body[at : at + length])
        at += length
    if at != len(body) or len(parts) != count:
        raise BadMessage(f"{label}: {len(body)} bytes are not {count} parts")
    return parts


def _checksum(label: str, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(label.encode()))
