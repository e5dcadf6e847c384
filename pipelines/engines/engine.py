"""The seam between a format and the library that executes it.

An engine hands out keyed senders and receivers; stages drive them and never name a library. An
engine that walks a whole batch in compiled code fits the same shape as one that makes a call per
packet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pipelines.ciphers.aead import Aead, Bytes, Cipher
from pipelines.formats.sframe.suites import SframeSuite
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.media import U8, PacketBatch
from pipelines.stage import Rejected


class FrameEncryptor(Protocol):
    """SFrame, sending side (RFC 9605 4.4.3)."""

    def encrypt(self, plaintext: U8, metadata: Bytes = b"") -> U8:
        """Return header || ciphertext || tag: a view, valid until the next call.

        Raises TypeError or ValueError where `plaintext` is not uint8 of shape (size,), or is an
        earlier result that this call would overwrite. Such a call may lose a counter, and repeats
        none.
        """


class FrameDecryptor(Protocol):
    """SFrame, receiving side (RFC 9605 4.4.4)."""

    def decrypt(self, unit: U8, metadata: Bytes = b"") -> U8:
        """Return the plaintext: a view, valid until the next call. Raises Rejected.

        Raises TypeError or ValueError likewise.
        """

    def state(self) -> tuple[int, ...]:
        """Return the replay state: equal before and after a rejected unit."""


class PacketProtector(Protocol):
    """SRTP or SRTCP, sending side (RFC 3711 3.3, 3.4).

    One rule for every engine: **a (key, nonce) pair never repeats**, so the sequence numbers of an
    SSRC move forward only. One that does not (out of order, again, past the last ROC) is
    NonceExhausted, even where the index was skipped and so is unused: nothing but the highest index
    is remembered, and a sender numbers its packets in order anyway. SRTCP counts by itself.
    """

    def protect(self, batch: PacketBatch) -> PacketBatch:
        """Return the protected packets of `batch`: a view, valid until the next call.

        Raises Malformed for the first packet that is none, NonceExhausted as said above; TypeError
        for other arrays than uint8 and int32, ValueError where their shapes do not fit or `batch`
        is an earlier result that this call would overwrite. Then nothing was protected and no index
        spent. Padding is not looked at: to SRTP it is payload.
        """

    def state(self) -> tuple[int, ...]:
        """Return what is remembered of each stream: equal before and after a refused batch."""


class Unprotected(Protocol):
    """What came out of a batch: the good packets, and row and reason of each bad one."""

    @property
    def packets(self) -> PacketBatch:
        """The authenticated RTP packets, in the order of the batch."""

    @property
    def rejected(self) -> tuple[tuple[int, Rejected], ...]:
        """Row and reason of each refused packet."""


class PacketUnprotector(Protocol):
    """SRTP or SRTCP, receiving side (RFC 3711 3.3, 3.4)."""

    def unprotect(self, batch: PacketBatch) -> Unprotected:
        """Open every packet; a bad one harms no other. The result is a view until the next call.

        A row is judged in this order: its size (Malformed), header and room for a tag (Malformed),
        replay (Replayed), tag (AuthenticationFailed). A batch that is no table of packets raises
        TypeError or ValueError as with `protect`.
        """

    def state(self) -> tuple[int, ...]:
        """Return ROC and replay state: equal before and after a rejected packet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryVersion:
    """Which library executes the crypto, so that no row is compared across versions silently."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Engine(Protocol):
    """A way of reaching a crypto library."""

    @property
    def name(self) -> str:
        """Name by which a user selects the engine."""

    def library(self) -> LibraryVersion:
        """Return the library that executes the crypto, with its version."""

    def aead(self, cipher: Cipher, key: bytes) -> Aead:
        """Return `cipher` keyed with `key`."""

    def sframe_encryptor(self, suite: SframeSuite, base_key: bytes, kid: int) -> FrameEncryptor:
        """Return the sending side of one SFrame key."""

    def sframe_decryptor(
        self, suite: SframeSuite, base_keys: Mapping[int, bytes], window: int
    ) -> FrameDecryptor:
        """Return the receiving side of the SFrame keys `base_keys`, by KID."""

    def srtp_protector(
        self, profile: SrtpProfile, master: MasterKey, *, initial_roc: int = 0
    ) -> PacketProtector:
        """Return the sending side of one SRTP master key; streams begin with ROC `initial_roc`.

        Raises ValueError where the library cannot do what `profile` or `initial_roc` asks for.
        """

    def srtp_unprotector(
        self, profile: SrtpProfile, master: MasterKey, window: int, *, initial_roc: int = 0
    ) -> PacketUnprotector:
        """Return the receiving side of one SRTP master key. Raises ValueError likewise."""

    def srtcp_protector(self, profile: SrtpProfile, master: MasterKey) -> PacketProtector:
        """Return the sending side of SRTCP under one master key: batches of compound packets."""

    def srtcp_unprotector(
        self, profile: SrtpProfile, master: MasterKey, window: int
    ) -> PacketUnprotector:
        """Return the receiving side of SRTCP under one master key."""
