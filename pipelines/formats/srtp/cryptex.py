"""Cryptex (RFC 9335): contributing sources and header extension are encrypted with the payload.

Twelve bytes of fixed header stay readable, and the four that begin the extension, whose "defined
by profile" field then says that the rest is encrypted. Contributing sources stand between the two,
so what is encrypted does not lie in one piece:

    fixed header | CSRCs           | profile, length | extension data | payload, padding
    readable     | encrypted first | readable        | encrypted next | encrypted last
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.hmac import HMAC

from pipelines.ciphers.aead import Bytes
from pipelines.formats.rtp import FIXED_SIZE
from pipelines.formats.srtp.kdf import StreamKeys
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.media import U8
from pipelines.stage import AuthenticationFailed

EXTENSION_HEADER = 4
"""Bytes of "defined by profile" and length (RFC 3550 5.3.1)."""

HIDDEN: Mapping[int, int] = MappingProxyType({0xBEDE: 0xC0DE, 0x1000: 0xC2DE})
"""The profile that says "encrypted", by that of RFC 8285: one-byte and two-byte headers."""

SHOWN: Mapping[int, int] = MappingProxyType({hidden: shown for shown, hidden in HIDDEN.items()})
"""The profile of RFC 8285 by the one that says "encrypted"."""

_CLEAR_SIZE = FIXED_SIZE + EXTENSION_HEADER
_EXTENSION_BIT = 0x10


class CryptexKey:
    """The key of one profile: RTP packets with sources or an extension to SRTP packets and back.

    Nonces are those of `nonces.rtp_nonces`. The packets were looked at: `check_plain` or
    `check_sealed` took them.
    """

    def __init__(self, profile: SrtpProfile, keys: StreamKeys) -> None:
        self._cipher = profile.cipher
        self._is_aead = profile.is_aead
        self._aead = profile.cipher.new(keys.cipher_key)
        self._aes = AES(keys.key)
        self._auth_key = keys.auth_key

    def seal(self, nonce: bytes, packet: Bytes) -> bytes:
        """Return the SRTP packet."""
        sources, extension, rest = _parts(packet)
        # RFC 9335 5.1: sources without an extension get an empty one, which says so.
        profile = HIDDEN[int.from_bytes(extension[:2] or b"\xbe\xde")]
        extension = profile.to_bytes(2) + (extension[2:] or bytes(2))
        fixed = bytes([packet[0] | _EXTENSION_BIT]) + bytes(packet[1:FIXED_SIZE])
        plaintext = sources + rest
        if self._is_aead:
            # RFC 9335 6.2: fixed header and extension header are the associated data.
            out = np.empty(len(plaintext) + self._cipher.tag_size, dtype=np.uint8)
            self._aead.seal_into(nonce, fixed + extension, plaintext, out)
            return _joined(fixed, extension, out.tobytes(), len(sources))
        sealed = _joined(fixed, extension, self._keystream(nonce, plaintext), len(sources))
        return sealed + self._tag(nonce, sealed)

    def open_into(self, nonce: bytes, header: memoryview, sealed: memoryview, out: U8) -> int:
        """Write the RTP packet, header and all, to the start of `out`, and return its size.

        Its extension is one of RFC 8285 then; an empty one that the sender had to add stays. Raises
        AuthenticationFailed.
        """
        packet = bytes(header) + bytes(sealed)
        sources, extension, rest = _parts(packet)
        tag_at = len(packet) - self._cipher.tag_size
        if self._is_aead:
            opened = np.empty(len(sources) + len(rest), dtype=np.uint8)
            aad = packet[:FIXED_SIZE] + extension
            size = self._aead.open_into(nonce, aad, sources + rest, opened)
            plaintext = opened[:size].tobytes()
        else:
            if not bytes_eq(self._tag(nonce, packet[:tag_at]), packet[tag_at:]):
                raise AuthenticationFailed(f"{self._cipher.name}: tag does not fit")
            plaintext = self._keystream(nonce, sources + rest[: tag_at - len(packet)])
        shown = SHOWN[int.from_bytes(extension[:2])].to_bytes(2) + extension[2:]
        out.data[:tag_at] = _joined(packet[:FIXED_SIZE], shown, plaintext, len(sources))
        return tag_at

    def _keystream(self, nonce: bytes, data: bytes) -> bytes:
        return Cipher(self._aes, CTR(nonce[:16])).encryptor().update(data)

    def _tag(self, nonce: bytes, sealed: bytes) -> bytes:
        # RFC 3711 4.2: over the packet as it is sent, and the ROC, which follows the IV.
        mac = HMAC(self._auth_key, SHA1())  # noqa: S303 - RFC 3711 4.2.1 says HMAC-SHA1
        mac.update(sealed + nonce[16:])
        return mac.finalize()[: self._cipher.tag_size]


def _parts(packet: Bytes) -> tuple[bytes, bytes, bytes]:
    """Return contributing sources, the extension's own header (or nothing), and what follows."""
    sources_end = FIXED_SIZE + 4 * (packet[0] & 0x0F)
    extension_end = sources_end + (EXTENSION_HEADER if packet[0] & _EXTENSION_BIT else 0)
    return (
        bytes(packet[FIXED_SIZE:sources_end]),
        bytes(packet[sources_end:extension_end]),
        bytes(packet[extension_end:]),
    )


def _joined(fixed: bytes, extension: bytes, rest: bytes, sources_size: int) -> bytes:
    return fixed + rest[:sources_size] + extension + rest[sources_size:]
