"""The SFrame header, RFC 9605 4.3: a config byte `X KKK Y CCC`, then KID and CTR if above 7."""

from pipelines.ciphers.aead import Bytes
from pipelines.stage import Malformed

LARGEST_FIELD = (1 << 64) - 1
"""The largest KID and the largest CTR."""

LARGEST_HEADER_BYTES = 17
"""A config byte and two values of eight bytes."""

_EXTENDED = 8  # X in the upper half of the config byte, Y in the lower


def encode_header(kid: int, ctr: int) -> bytes:
    """Return the only encoding of (`kid`, `ctr`); raises ValueError outside of 0 .. 2^64 - 1."""
    kid_bits, kid_bytes = _encode_field("KID", kid)
    ctr_bits, ctr_bytes = _encode_field("CTR", ctr)
    return bytes((kid_bits << 4 | ctr_bits,)) + kid_bytes + ctr_bytes


def decode_header(data: Bytes) -> tuple[int, int, int]:
    """Return (KID, CTR, size of the header in bytes) of a unit that starts with a header.

    Raises Malformed for data that ends too early and for a value that is not in its shortest
    form. RFC 9605 4.3 says the sender MUST use that form and leaves the receiver open; strict
    here, so that every (KID, CTR) has one header.
    """
    head = bytes(data[:LARGEST_HEADER_BYTES])
    if not head:
        raise Malformed("SFrame header: no data")
    kid, at = _decode_field("KID", head[0] >> 4, head, 1)
    ctr, at = _decode_field("CTR", head[0] & 15, head, at)
    return kid, ctr, at


def _encode_field(name: str, value: int) -> tuple[int, bytes]:
    if 0 <= value < _EXTENDED:
        return value, b""
    if not 0 <= value <= LARGEST_FIELD:
        raise ValueError(f"SFrame {name} {value}: needs 0 .. 2^64 - 1")
    size = (value.bit_length() + 7) // 8
    return _EXTENDED | (size - 1), value.to_bytes(size, "big")


def _decode_field(name: str, bits: int, head: bytes, at: int) -> tuple[int, int]:
    if bits < _EXTENDED:
        return bits, at
    end = at + (bits & 7) + 1
    if end > len(head):
        raise Malformed(f"SFrame header: {name} ends at byte {end} of {len(head)}")
    value = int.from_bytes(head[at:end], "big")
    if value < _EXTENDED or head[at] == 0:
        raise Malformed(
            f"SFrame header: {name} {value} in {end - at} bytes is not its shortest form"
        )
    return value, end
