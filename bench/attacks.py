"""What an attacker on the wire can do to one message: every way that must be rejected."""

from collections.abc import Iterator

import numpy as np

from pipelines.media import U8, EncodedFrame, PacketBatch, Unit

EDGE_BYTES = 32
"""Headers and tags lie within this many bytes of the ends: there every bit is flipped."""

BODY_FLIPS = 64
"""Bits flipped between the edges, evenly spread."""

LARGE_BYTES = 65_536
"""Above this size opening a message is slow, so one bit of each byte at the edges is flipped."""


def messages(unit: Unit) -> list[Unit]:
    """Return the units that are authenticated one by one: each packet, or the whole frame."""
    if isinstance(unit, PacketBatch):
        return [unit.take([row]) for row in range(len(unit))]
    return [unit]


def message_bytes(message: Unit) -> U8:
    """Return the bytes of a one-packet batch or a sealed frame."""
    if isinstance(message, PacketBatch):
        return message.row(0)
    if isinstance(message, EncodedFrame):
        return message.payload
    raise TypeError(f"a {type(message).__name__} is not sealed")


def with_bytes(message: Unit, data: U8) -> Unit:
    """Return `message` with other bytes."""
    if isinstance(message, PacketBatch):
        return PacketBatch.of([data.tobytes()])
    if isinstance(message, EncodedFrame):
        return message.with_payload(data, message.codec)
    raise TypeError(f"a {type(message).__name__} is not sealed")


def copied(unit: Unit) -> Unit:
    """Return a copy of a sealed unit that the next call of its stage leaves alone."""
    if isinstance(unit, PacketBatch):
        return unit.copy()
    return with_bytes(unit, message_bytes(unit).copy())


def flipped_bits(size: int) -> list[int]:
    """Return the bits to flip in a message of `size` bytes: all at the edges, some between."""
    edge = min(EDGE_BYTES, size)
    at_edges = [*range(edge), *range(max(edge, size - EDGE_BYTES), size)]
    bits_each = 1 if size > LARGE_BYTES else 8
    bits = [byte * 8 + bit for byte in at_edges for bit in range(bits_each)]
    body_bytes = size - 2 * EDGE_BYTES
    if body_bytes > 0:
        spread = np.linspace(0, body_bytes * 8 - 1, min(BODY_FLIPS, body_bytes), dtype=np.int64)
        bits += (spread + EDGE_BYTES * 8).tolist()
    return bits


def tampered(message: Unit) -> Iterator[tuple[str, Unit]]:
    """Yield what was done and the tampered message, for flipped bits, cut and added bytes."""
    genuine = message_bytes(message)
    size = len(genuine)
    for bit in flipped_bits(size):
        changed = genuine.copy()
        changed[bit // 8] ^= np.uint8(1 << (bit % 8))
        yield f"bit {bit % 8} of byte {bit // 8} of {size} flipped", with_bytes(message, changed)
    for kept in sorted({0, 1, 4, 12, size // 2, size - 16, size - 10, size - 1}):
        if 0 <= kept < size:
            yield f"cut to {kept} of {size} bytes", with_bytes(message, genuine[:kept].copy())
    longer = np.append(genuine, np.uint8(0))
    yield "one byte added", with_bytes(message, longer)
