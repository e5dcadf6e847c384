"""SRTCP, the same keys for RTCP: RFC 3711 3.4, RFC 7714 9, one cipher call per packet."""

from itertools import starmap

import numpy as np

from pipelines.ciphers.aead import Aead, Bytes
from pipelines.formats.batch import check_apart, check_table, checked_row, plain_table
from pipelines.formats.replay import ReplayWindow
from pipelines.formats.rtp import VERSION
from pipelines.formats.srtp.kdf import MasterKey, SessionKeys, session_keys
from pipelines.formats.srtp.nonces import ENCRYPTED, rtcp_nonces
from pipelines.formats.srtp.packet import PAYLOAD_LIMIT, of_row
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.formats.srtp.receiver import Unprotected
from pipelines.media import PacketBatch
from pipelines.memory import GrowOnlyMemory
from pipelines.stage import Malformed, NonceExhausted, Rejected

HEADER_SIZE = 8
"""Bytes that stay readable: the first RTCP header and the sender's SSRC (RFC 3711 3.4)."""

WORD_SIZE = 4
"""Bytes of the word E || SRTCP index, which travels with every packet."""

LAST_INDEX = (1 << 31) - 1
"""RFC 3711 3.4 and 9.2: after 2^31 SRTCP packets the key must be replaced."""


def check_rtcp(packet: Bytes) -> int:
    """Return the SSRC of a compound RTCP packet that can be protected. Raises Malformed."""
    if len(packet) < HEADER_SIZE:
        raise Malformed(f"RTCP packet of {len(packet)} bytes is shorter than {HEADER_SIZE}")
    if packet[0] >> 6 != VERSION:
        raise Malformed(f"RTCP version is {packet[0] >> 6}, not {VERSION}")
    if len(packet) - HEADER_SIZE > PAYLOAD_LIMIT:
        raise Malformed(f"RTCP packet of {len(packet)} bytes is beyond {PAYLOAD_LIMIT}")
    return int.from_bytes(bytes(packet[4:HEADER_SIZE]))


def check_srtcp(packet: Bytes, profile: SrtpProfile) -> tuple[int, int]:
    """Return SSRC and index of what may be an SRTCP packet of `profile`.

    Raises Malformed, also where the E flag is clear: every profile here encrypts its SRTCP.
    """
    ssrc = check_rtcp(packet)
    tag_size = profile.rtcp_cipher.tag_size
    if len(packet) < HEADER_SIZE + WORD_SIZE + tag_size:
        raise Malformed(f"SRTCP packet of {len(packet)} bytes has no room for its trailer")
    # RFC 7714 9.2: the word ends the packet. RFC 3711 3.4, figure 2: the tag follows it.
    word_at = len(packet) - WORD_SIZE - (0 if profile.is_aead else tag_size)
    index = int.from_bytes(bytes(packet[word_at : word_at + WORD_SIZE])) ^ ENCRYPTED
    if index > LAST_INDEX:
        raise Malformed("SRTCP packet is not encrypted: its E flag is clear")
    return ssrc, index


def indices_spent(ssrc: int) -> NonceExhausted:
    """Return the refusal of a packet that no index is left for."""
    return NonceExhausted(f"SSRC {ssrc:#010x}: all 2^31 SRTCP indices are used")


def why_not_rtcp(packet: Bytes, last: int) -> Malformed | NonceExhausted:
    """Return why `packet` cannot be protected; `last` says nothing that its refusal names."""
    del last
    try:
        return indices_spent(check_rtcp(packet))
    except Malformed as reason:
        return reason


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
        self._highest: dict[int, int] = {}
        self._memory = GrowOnlyMemory()

    def protect(self, batch: PacketBatch) -> PacketBatch:
        """Return every packet as an SRTCP packet; a view, valid until the next call.

        Raises Malformed where a packet is not RTCP, and NonceExhausted after index 2^31 - 1;
        ValueError and TypeError for a batch that is no table. Then no index was spent.
        """
        check_table(batch)
        check_apart(batch, self._memory)
        batch = plain_table(batch)
        highest = dict(self._highest)
        plan = []
        for row in range(len(batch)):
            try:
                packet = checked_row(batch, row).tobytes()
                ssrc = check_rtcp(packet)
            except Malformed as reason:
                raise of_row(row, reason) from None
            index = highest.get(ssrc, self._initial_index - 1) + 1
            if index > LAST_INDEX:
                raise of_row(row, indices_spent(ssrc))
            highest[ssrc] = index
            plan.append((packet, ssrc, index))
        self._highest = highest
        stride = batch.data.shape[1] + WORD_SIZE + self.profile.rtcp_cipher.tag_size
        return _table(list(starmap(self._protect, plan)), stride, self._memory)

    def protect_rtcp(self, packet: bytes) -> bytes:
        """Return one packet as `protect` does."""
        return self.protect(PacketBatch.of([packet])).row(0).tobytes()

    def _protect(self, packet: bytes, ssrc: int, index: int) -> bytes:
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
        """Return (SSRC, highest index used) of every stream, flat, in order of first use."""
        return tuple(number for stream in self._highest.items() for number in stream)


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
        self._memory = GrowOnlyMemory()

    def unprotect(self, batch: PacketBatch) -> Unprotected:
        """Return the packets that are authentic and new; never raises Rejected itself.

        Each row is judged for itself: a bad one changes no state and harms no other. Raises
        ValueError and TypeError for a batch that is no table of packets.
        """
        check_table(batch)
        check_apart(batch, self._memory)
        batch = plain_table(batch)
        good: list[bytes] = []
        rejected: list[tuple[int, Rejected]] = []
        for row in range(len(batch)):
            try:
                good.append(self.unprotect_rtcp(checked_row(batch, row).tobytes()))
            except Rejected as reason:
                # Without its traceback, which would keep frames and buffers alive in a cycle.
                rejected.append((row, type(reason)(*reason.args)))
        packets = _table(good, batch.data.shape[1], self._memory)
        return Unprotected(packets=packets, rejected=tuple(rejected))

    def unprotect_rtcp(self, packet: bytes) -> bytes:
        """Return the RTCP packet.

        Raises Malformed, Replayed or AuthenticationFailed, and then no state has moved.
        """
        ssrc, index = check_srtcp(packet, self.profile)
        window = self._windows.get(ssrc)
        if window is not None:
            window.check(index)
        header = packet[:HEADER_SIZE]
        word, sealed = self._split(packet)
        aad = header + word if self.profile.is_aead else header
        out = np.empty(len(sealed), dtype=np.uint8)
        size = self._cipher.open_into(self._nonce(ssrc, index), aad, sealed, out)
        if window is None:
            window = self._windows[ssrc] = ReplayWindow(self.window)
        window.commit(index)
        return header + out[:size].tobytes()

    def _split(self, packet: bytes) -> tuple[bytes, bytes]:
        """Return the word E || index, and ciphertext || tag."""
        if self.profile.is_aead:
            return packet[-WORD_SIZE:], packet[HEADER_SIZE:-WORD_SIZE]
        tag_at = len(packet) - self.profile.rtcp_cipher.tag_size
        word_at = tag_at - WORD_SIZE
        return packet[word_at:tag_at], packet[HEADER_SIZE:word_at] + packet[tag_at:]

    def state(self) -> tuple[int, ...]:
        """Return (SSRC, replay window's state) of every stream, flat, in order of appearance."""
        return tuple(
            number for ssrc, window in self._windows.items() for number in (ssrc, *window.state())
        )


def _table(packets: list[bytes], stride: int, memory: GrowOnlyMemory) -> PacketBatch:
    data = memory.lend(len(packets) * stride).reshape(len(packets), stride)
    for row, packet in zip(data, packets, strict=True):
        row.data[: len(packet)] = packet
    return PacketBatch(data=data, size=np.array([len(packet) for packet in packets], np.int32))
