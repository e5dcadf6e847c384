"""RTP headers (RFC 3550 5.1, 5.3.1): written, parsed and measured."""

import struct
from dataclasses import dataclass

from pipelines.ciphers.aead import Bytes
from pipelines.stage import Malformed

VERSION = 2
FIXED_SIZE = 12
"""Bytes of a header without contributing sources and extension."""

PLAIN_FIRST_BYTE = VERSION << 6
"""The first byte of a header that has neither padding, extension nor contributing sources."""

FIXED = struct.Struct(">BBHII")
"""V|P|X|CC, M|PT, sequence number, timestamp, SSRC."""

CLOCK_HZ = 90_000
"""RTP clock of every video payload format here."""

_PADDING_BIT = 0x20
_EXTENSION_BIT = 0x10
_EXTENSION = struct.Struct(">HH")


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpHeader:
    """The header of one RTP packet.

    `extension` is (profile-specific 16-bit value, data in whole 32-bit words). `padding_bytes`
    counts the padding at the packet's end, its last byte (which holds the count) included; 0 means
    the P bit is clear. Raises ValueError for a field that the wire format has no room for.
    """

    marker: bool
    payload_type: int
    sequence_number: int
    timestamp: int
    ssrc: int
    csrcs: tuple[int, ...] = ()
    extension: tuple[int, bytes] | None = None
    padding_bytes: int = 0

    def __post_init__(self) -> None:
        for field, value, bits in (
            ("payload_type", self.payload_type, 7),
            ("sequence_number", self.sequence_number, 16),
            ("timestamp", self.timestamp, 32),
            ("ssrc", self.ssrc, 32),
            ("padding_bytes", self.padding_bytes, 8),
            *(("csrc", csrc, 32) for csrc in self.csrcs),
        ):
            if not 0 <= value < 1 << bits:
                raise ValueError(f"RTP {field} {value} does not fit {bits} bits")
        if len(self.csrcs) > 15:
            raise ValueError(f"RTP header with {len(self.csrcs)} CSRCs; at most 15 fit")
        if self.extension is not None:
            profile, data = self.extension
            if not 0 <= profile <= 0xFFFF:
                raise ValueError(f"RTP extension profile {profile} does not fit 16 bits")
            if len(data) % 4 or len(data) > 0xFFFF * 4:
                raise ValueError(
                    f"RTP extension of {len(data)} bytes; whole 32-bit words, at most 65535, fit"
                )

    def to_bytes(self) -> bytes:
        """Return the header; the packet goes on with the payload and the padding it announces."""
        first = PLAIN_FIRST_BYTE | len(self.csrcs)
        if self.padding_bytes:
            first |= _PADDING_BIT
        if self.extension is not None:
            first |= _EXTENSION_BIT
        second = self.marker << 7 | self.payload_type
        parts = [FIXED.pack(first, second, self.sequence_number, self.timestamp, self.ssrc)]
        parts += [csrc.to_bytes(4) for csrc in self.csrcs]
        if self.extension is not None:
            profile, data = self.extension
            parts += [_EXTENSION.pack(profile, len(data) // 4), data]
        return b"".join(parts)


def header_size(packet: Bytes) -> int:
    """Return the bytes of the RTP header, contributing sources and extension included.

    Padding is not looked at: in an SRTP packet it is encrypted (RFC 3711 3.1). Raises Malformed
    for another version than 2 and for a header longer than the packet.
    """
    length = len(packet)
    if length < FIXED_SIZE:
        raise Malformed(f"RTP packet of {length} bytes; the fixed header alone has {FIXED_SIZE}")
    first = int(packet[0])
    if first == PLAIN_FIRST_BYTE:
        return FIXED_SIZE
    if first >> 6 != VERSION:
        raise Malformed(f"RTP version {first >> 6}; only {VERSION} is known")
    size = FIXED_SIZE + 4 * (first & 0x0F)
    if first & _EXTENSION_BIT:
        size += 4
        if size <= length:
            # RFC 3550 5.3.1: the length counts 32-bit words, the extension's own header excluded.
            size += 4 * (int(packet[size - 2]) << 8 | int(packet[size - 1]))
    if size > length:
        raise Malformed(f"RTP header of {size} bytes in a packet of {length}")
    return size


def parse(packet: Bytes) -> tuple[RtpHeader, int]:
    """Return the header of `packet` and its size in bytes.

    The payload is `packet[size : len(packet) - header.padding_bytes]`. Raises Malformed for another
    version than 2, for a header longer than the packet, and for padding that is empty or longer
    than what follows the header.
    """
    size = header_size(packet)
    head = bytes(packet[:size])
    first, second, sequence_number, timestamp, ssrc = FIXED.unpack_from(head)
    csrcs_end = FIXED_SIZE + 4 * (first & 0x0F)
    extension = None
    if first & _EXTENSION_BIT:
        profile, _ = _EXTENSION.unpack_from(head, csrcs_end)
        extension = (profile, head[csrcs_end + _EXTENSION.size :])
    padding_bytes = 0
    if first & _PADDING_BIT:
        # RFC 3550 5.1: the last octet counts the padding, itself included.
        padding_bytes = int(packet[len(packet) - 1]) if len(packet) > size else 0
        if not 1 <= padding_bytes <= len(packet) - size:
            raise Malformed(
                f"RTP padding of {padding_bytes} bytes where {len(packet) - size} follow the header"
            )
    header = RtpHeader(
        marker=bool(second >> 7),
        payload_type=second & 0x7F,
        sequence_number=sequence_number,
        timestamp=timestamp,
        ssrc=ssrc,
        csrcs=struct.unpack_from(f">{first & 0x0F}I", head, FIXED_SIZE),
        extension=extension,
        padding_bytes=padding_bytes,
    )
    return header, size


def ticks_of(pts_ns: int) -> int:
    """Return a time in ns as whole ticks of the 90 kHz clock, rounded, not yet reduced mod 2^32."""
    return (pts_ns * 9 + 50_000) // 100_000


def pts_ns_of(ticks: int) -> int:
    """Return a number of ticks of the 90 kHz clock as ns, rounded."""
    return (ticks * 200_000 + 9) // 18
