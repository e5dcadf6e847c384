"""The nonce of a packet, from the session salt, the SSRC and the packet index."""

from collections.abc import Callable
from struct import Struct

from pipelines.formats.srtp.profiles import SrtpProfile

SEQUENCE_AND_SSRC = Struct(">2xH4xI")
"""What SRTP reads from the fixed RTP header (RFC 3550 5.1), beside the header's size."""

Nonces = Callable[[int, int], bytes]
"""Called with (ssrc, index); integers, because one big-number XOR is what is cheap in Python."""

ENCRYPTED = 1 << 31
"""The E flag of SRTCP, above its 31-bit index (RFC 3711 3.4)."""


def rtp_nonces(profile: SrtpProfile, salt: bytes) -> Nonces:
    """Return what makes the nonce of an RTP packet from its SSRC and 48-bit index."""
    if profile.is_aead:
        return _aead_nonces(salt)
    iv_salt = int.from_bytes(salt) << 48

    def nonce(ssrc: int, index: int) -> bytes:
        # RFC 3711 4.1.1: IV = (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16), 16 bytes.
        # 4.2: the tag also covers the ROC, which our composite takes as four bytes after the IV.
        return (iv_salt ^ (ssrc << 96) ^ (index << 48) ^ (index >> 16)).to_bytes(20)

    return nonce


def rtcp_nonces(profile: SrtpProfile, salt: bytes) -> Nonces:
    """Return what makes the nonce of an RTCP packet from its SSRC and 31-bit index."""
    if profile.is_aead:
        return _aead_nonces(salt)
    iv_salt = int.from_bytes(salt) << 48

    def nonce(ssrc: int, index: int) -> bytes:
        # RFC 3711 3.4: the word E || index stands where the ROC does for RTP.
        word = ENCRYPTED | index
        return (iv_salt ^ (ssrc << 96) ^ (index << 48) ^ word).to_bytes(20)

    return nonce


def _aead_nonces(salt: bytes) -> Nonces:
    iv_salt = int.from_bytes(salt)

    def nonce(ssrc: int, index: int) -> bytes:
        # RFC 7714 8.1: (00 00 || SSRC || ROC || SEQ) XOR salt. 9.1, for RTCP: (00 00 || SSRC ||
        # 00 00 || 0 and index) XOR salt. Either way the index fills the last 48 bits.
        return (iv_salt ^ (ssrc << 48) ^ index).to_bytes(12)

    return nonce
