"""What SRTP reads of an RTP packet, in compiled code: header, sequence number, SSRC and index.

As `pipelines.formats.srtp.packet`, which also says in words what is wrong with a packet.
"""

import numpy as np
import numpy.typing as npt

from pipelines.compiled import step
from pipelines.engines.native.calls import copy_bytes, load_be16, load_be32, load_u8
from pipelines.formats.rtp import FIXED_SIZE, PLAIN_FIRST_BYTE, VERSION
from pipelines.formats.srtp.cryptex import EXTENSION_HEADER, HIDDEN
from pipelines.formats.srtp.index import HALF, ROC_MASK
from pipelines.formats.srtp.packet import PAYLOAD_LIMIT

NOT_RTP = -1
"""What a header's size is for bytes that are no RTP packet, or none that can be taken."""

(ONE_BYTE, ONE_BYTE_HIDDEN), (TWO_BYTE, TWO_BYTE_HIDDEN) = HIDDEN.items()
"""The "defined by profile" fields of RFC 8285, and those of RFC 9335 for the same encrypted."""

NO_EXTENSION = -1
CLEAR_SIZE = FIXED_SIZE + EXTENSION_HEADER
"""Bytes that cryptex leaves readable."""


@step
def rtp_header_size(packet: int, size: int) -> int:
    """Return the bytes of the header at the address `packet`, or NOT_RTP.

    As `pipelines.formats.rtp.header_size`; reads no byte past `size`.
    """
    if size < FIXED_SIZE:
        return NOT_RTP
    first = load_u8(packet)
    if first == PLAIN_FIRST_BYTE:
        return FIXED_SIZE
    if first >> 6 != VERSION:
        return NOT_RTP
    header = FIXED_SIZE + 4 * (first & 0x0F)
    if first & 0x10:
        header += 4
        if header > size:
            return NOT_RTP
        # RFC 3550 5.3.1: the length counts 32-bit words, the extension's own header excluded.
        header += 4 * load_be16(packet + header - 2)
    return header if header <= size else NOT_RTP


@step
def extension_profile(packet: int) -> int:
    """Return the "defined by profile" field of a packet that was measured, or NO_EXTENSION."""
    first = load_u8(packet)
    if first & 0x10 == 0:
        return NO_EXTENSION
    return load_be16(packet + FIXED_SIZE + 4 * (first & 0x0F))


@step
def is_hidden(profile: int) -> bool:
    """Return whether an extension says that it is encrypted (RFC 9335)."""
    return profile in (ONE_BYTE_HIDDEN, TWO_BYTE_HIDDEN)


@step
def plain_header_size(packet: int, size: int, cryptex: int) -> int:
    """Return the bytes of the header of a packet that can be protected, or NOT_RTP."""
    header = rtp_header_size(packet, size)
    if header <= FIXED_SIZE:
        return header if size - header <= PAYLOAD_LIMIT else NOT_RTP
    profile = extension_profile(packet)
    if is_hidden(profile):
        return NOT_RTP
    if cryptex != 0 and profile not in (NO_EXTENSION, ONE_BYTE, TWO_BYTE):
        return NOT_RTP
    clear = min(header, CLEAR_SIZE) if cryptex != 0 else header
    return header if size - clear <= PAYLOAD_LIMIT else NOT_RTP


@step
def sealed_header_size(packet: int, size: int, tag_size: int, cryptex: int) -> int:
    """Return the bytes of the header of a packet that can be opened, or NOT_RTP."""
    header = rtp_header_size(packet, size)
    if size - header < tag_size:
        return NOT_RTP
    if header > FIXED_SIZE and cryptex == 0 and is_hidden(extension_profile(packet)):
        return NOT_RTP
    return header


@step
def packet_size(sizes: npt.NDArray[np.int32], row: int, stride: int) -> int:
    """Return the size of packet `row`, or one too small for a packet where `stride` is below it."""
    size = int(sizes[row])
    return size if size <= stride else 0


@step
def copy_header(to: int, packet: int, size: int) -> None:
    """Copy a header; nearly every one has the fixed size, which compiles to two moves."""
    if size == FIXED_SIZE:
        copy_bytes(to, packet, FIXED_SIZE)
    else:
        copy_bytes(to, packet, size)


@step
def sequence_number(packet: int) -> int:
    """Return the sequence number of the packet (RFC 3550 5.1)."""
    return load_be16(packet + 2)


@step
def ssrc_of(packet: int) -> int:
    """Return the SSRC of the packet (RFC 3550 5.1)."""
    return load_be32(packet + 8)


@step
def estimate_index(highest: int, sequence: int) -> int:
    """Return the index that `sequence` most likely has: RFC 3711 App. A.

    As `pipelines.formats.srtp.index.estimate_index`, where the rule for ROC 0 is explained.
    """
    roc, last = highest >> 16, highest & 0xFFFF
    if last < HALF:
        if sequence - last > HALF and roc > 0:
            roc -= 1
    elif last - HALF > sequence:
        roc = (roc + 1) & ROC_MASK
    return roc << 16 | sequence
