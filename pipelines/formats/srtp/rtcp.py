"""SRTCP, the same keys for RTCP: RFC 3711 3.4, RFC 7714 9. Packets are few: bytes in, bytes out."""

import numpy as np

from pipelines.ciphers.aead import Aead
from pipelines.formats.replay import ReplayWindow
from pipelines.formats.srtp.kdf import MasterKey, SessionKeys, session_keys
from pipelines.formats.srtp.nonces import ENCRYPTED, rtcp_nonces
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.stage import Malformed, NonceExhausted

HEADER_SIZE = 8
"""Bytes that stay readable: the first RTCP header and the sender's SSRC (RFC 3711 3.4)."""

WORD_SIZE = 4
"""Bytes of the word E || SRTCP index, which travels with every packet."""

LAST_INDEX = (1 << 31) - 1
"""RFC 3711 3.4 and 9.2: after 2^31 SRTCP packets the key must be replaced."""


def _ssrc(packet: bytes) -> int:
    if len(packet) < HEADER_SIZE:
        raise Malformed(f"RTCP packet of {len(packet)} bytes is shorter than {HEADER_SIZE}")
    if packet[0] >> 6 != 2:
        raise Malformed(f"RTCP version is {packet[0] >> 6}, not 2")
    return int.from_bytes(packet[4:HEADER_SIZE])


class SrtcpSender:
    """Protects compound RTCP packets; each SSRC counts from `initial_index`."""

    def __init__(
        self, profile: SrtpProfile, master: MasterKey | SessionKeys, *, initial_index: int = 0
    ) -> None:
        keys = session_keys(profile, master).rtcp
        self.profile = profile
        self._cipher: Aead = profile.rtcp_cipher.new(keys.cipher_key)
        self._nonce = rtcp_nonces(profile, keys.salt)
        self._initial_index = initial_index
        self._next: dict[int, int] = {}

    def protect_rtcp(self, packet: bytes) -> bytes:
        """Return the SRTCP packet.

        Raises Malformed where `packet` is not RTCP, and NonceExhausted after index 2^31 - 1.
        """
        ssrc = _ssrc(packet)
        index = self._next.get(ssrc, self._initial_index)
        if index > LAST_INDEX:
            raise NonceExhausted(f"SSRC {ssrc:#010x}: all 2^31 SRTCP indices are used")
        self._next[ssrc] = index + 1
        header, plaintext = packet[:HEADER_SIZE], packet[HEADER_SIZE:]
        word = (ENCRYPTED | index).to_bytes(WORD_SIZE)
        out = np.empty(self.profile.rtcp_cipher.sealed_size(len(plaintext)), dtype=np.uint8)
        nonce = self._nonce(ssrc, index)
        if self.profile.is_aead:
            # RFC 7714 9.2, 9.3: the word is associated data and follows the tag.
            self._cipher.seal_into(nonce, header + word, plaintext, out)
            return header + out.tobytes() + word
        # RFC 3711 3.4, figure 2: the word (authenticated through the nonce) precedes the tag.
        self._cipher.seal_into(nonce, header, plaintext, out)
        sealed, tag_size = out.tobytes(), self.profile.rtcp_cipher.tag_size
        return header + sealed[:-tag_size] + word + sealed[-tag_size:]

    def state(self) -> tuple[int, ...]:
        """Return (SSRC, next index) of every stream, flat, in order of first use."""
        return tuple(number for stream in self._next.items() for number in stream)


class SrtcpReceiver:
    """Opens SRTCP packets; an SSRC has state only from its first authentic packet on."""

    def __init__(
        self, profile: SrtpProfile, master: MasterKey | SessionKeys, window: int = 128
    ) -> None:
        keys = session_keys(profile, master).rtcp
        self.profile = profile
        self.window = ReplayWindow(window).size  # refuses a size here, not at the first packet
        self._cipher: Aead = profile.rtcp_cipher.new(keys.cipher_key)
        self._nonce = rtcp_nonces(profile, keys.salt)
        self._windows: dict[int, ReplayWindow] = {}

    def unprotect_rtcp(self, packet: bytes) -> bytes:
        """Return the RTCP packet.

        Raises Malformed, Replayed or AuthenticationFailed, and then no state has moved. All these
        profiles encrypt SRTCP, so a packet with the E flag clear is Malformed.
        """
        ssrc = _ssrc(packet)
        word, sealed = self._split(packet)
        index = int.from_bytes(word) ^ ENCRYPTED
        if index > LAST_INDEX:
            raise Malformed("SRTCP packet is not encrypted: its E flag is clear")
        window = self._windows.get(ssrc)
        if window is not None:
            window.check(index)
        header = packet[:HEADER_SIZE]
        aad = header + word if self.profile.is_aead else header
        out = np.empty(len(sealed), dtype=np.uint8)
        size = self._cipher.open_into(self._nonce(ssrc, index), aad, sealed, out)
        if window is None:
            window = self._windows[ssrc] = ReplayWindow(self.window)
        window.commit(index)
        return header + out[:size].tobytes()

    def _split(self, packet: bytes) -> tuple[bytes, bytes]:
        """Return the word E || index, and ciphertext || tag."""
        tag_size = self.profile.rtcp_cipher.tag_size
        if len(packet) < HEADER_SIZE + WORD_SIZE + tag_size:
            raise Malformed(f"SRTCP packet of {len(packet)} bytes has no room for its trailer")
        if self.profile.is_aead:
            return packet[-WORD_SIZE:], packet[HEADER_SIZE:-WORD_SIZE]
        tag_at = len(packet) - tag_size
        word_at = tag_at - WORD_SIZE
        return packet[word_at:tag_at], packet[HEADER_SIZE:word_at] + packet[tag_at:]

    def state(self) -> tuple[int, ...]:
        """Return (SSRC, replay window's state) of every stream, flat, in order of appearance."""
        return tuple(
            number for ssrc, window in self._windows.items() for number in (ssrc, *window.state())
        )
