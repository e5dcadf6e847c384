"""What SRTP reads of an RTP packet, in compiled code: header, sequence number, SSRC and index."""

import numpy as np
import numpy.typing as npt

from pipelines.compiled import step
from pipelines.engines.native.calls import copy_bytes, load_be16, load_be32, load_u8
from pipelines.formats.rtp import FIXED_SIZE, PLAIN_FIRST_BYTE, VERSION
from pipelines.formats.srtp.index import HALF, ROC_MASK

NOT_RTP = -1
"""What `rtp_header_size` returns for bytes that are no RTP packet."""


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
