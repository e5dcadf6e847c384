"""What SRTP asks of an RTP packet before it uses a key: one judgement and wording, any engine."""

from pipelines.ciphers.aead import Bytes
from pipelines.formats.rtp import FIXED_SIZE, header_size
from pipelines.formats.srtp.cryptex import EXTENSION_HEADER, HIDDEN, SHOWN
from pipelines.formats.srtp.nonces import SEQUENCE_AND_SSRC
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.stage import Malformed, NonceExhausted

PAYLOAD_LIMIT = 1 << 20
"""Bytes of keystream under one AES-CM IV: 2^16 blocks (RFC 3711 4.1.1); no datagram is so long."""

_EXTENSION_BIT = 0x10


def check_plain(packet: Bytes, profile: SrtpProfile) -> int:
    """Return the size of the header of an RTP packet that `profile` can protect.

    Padding is not looked at: it is encrypted like the payload (RFC 3711 3.1). Raises Malformed.
    """
    size = header_size(packet)
    extension = extension_profile(packet) if size > FIXED_SIZE else None
    if extension in SHOWN:
        raise Malformed(f"RTP header extension {extension:#06x} is an encrypted one (RFC 9335)")
    if profile.cryptex and extension is not None and extension not in HIDDEN:
        # RFC 9335 5.1: not with header extensions other than those of RFC 8285.
        raise Malformed(
            f"RTP header extension {extension:#06x}: RFC 9335 encrypts 0xbede and 0x1000 only"
        )
    clear = min(size, FIXED_SIZE + EXTENSION_HEADER) if profile.cryptex else size
    if len(packet) - clear > PAYLOAD_LIMIT:
        raise Malformed(
            f"RTP packet with {len(packet) - clear} bytes to encrypt is beyond {PAYLOAD_LIMIT}"
        )
    return size


def check_sealed(packet: Bytes, profile: SrtpProfile) -> int:
    """Return the size of the header of what may be an SRTP packet of `profile`.

    A packet that says it is encrypted by RFC 9335 where that was not agreed on would open to
    garbage under a tag that fits. Raises Malformed.
    """
    size = header_size(packet)
    extension = extension_profile(packet) if size > FIXED_SIZE else None
    if extension in SHOWN and not profile.cryptex:
        raise Malformed(
            f"RTP header extension {extension:#06x}: encrypted (RFC 9335), which {profile.name}"
            " was not agreed to be"
        )
    tag_size = profile.cipher.tag_size
    if len(packet) - size < tag_size:
        raise Malformed(
            f"SRTP packet of {len(packet)} bytes has no room for a tag of {tag_size} behind its"
            f" header of {size}"
        )
    return size


def extension_profile(packet: Bytes) -> int | None:
    """Return the "defined by profile" field of a header that was measured, None without one."""
    first = int(packet[0])
    if not first & _EXTENSION_BIT:
        return None
    at = FIXED_SIZE + 4 * (first & 0x0F)
    return int(packet[at]) << 8 | int(packet[at + 1])


def nonce_spent(packet: Bytes, last: int) -> NonceExhausted:
    """Return the refusal of a packet whose index is not above `last`, the one used before."""
    sequence, ssrc = SEQUENCE_AND_SSRC.unpack_from(bytes(packet[:FIXED_SIZE]))
    return NonceExhausted(
        f"SSRC {ssrc:#010x}: sequence number {sequence} after {last & 0xFFFF} "
        f"(ROC {last >> 16}) would use an index again"
    )


def why_not_plain(profile: SrtpProfile, packet: Bytes, last: int) -> Malformed | NonceExhausted:
    """Return why `profile` cannot protect `packet`, where `last` is its stream's highest index."""
    try:
        check_plain(packet, profile)
    except Malformed as reason:
        return reason
    return nonce_spent(packet, last)


def of_row(row: int, reason: Exception) -> Exception:
    """Return `reason` with the row of its batch, and without a traceback that keeps it alive."""
    return type(reason)(f"packet {row}: {reason}")
