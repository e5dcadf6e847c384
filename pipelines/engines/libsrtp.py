"""The engine `libsrtp`: compiled loops over the SRTP library that most conferencing servers run.

Packets only: frames (a bare AEAD, SFrame) are left to the engine `cryptography`.
"""

from collections.abc import Mapping

import numpy as np

from pipelines.ciphers.aead import Aead, Cipher
from pipelines.engines.engine import Engine, FrameDecryptor, FrameEncryptor, LibraryVersion
from pipelines.engines.native.libsrtp_loop import protect_rows, ready_kernels, unprotect_rows
from pipelines.engines.native.libsrtp_session import Direction, LibsrtpSession, libsrtp
from pipelines.engines.native.libsrtp_status import NONCE_SPENT, OK, reason_of
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.formats.sframe.suites import SframeSuite
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.formats.srtp.receiver import Unprotected
from pipelines.media import PacketBatch
from pipelines.memory import GrowOnlyMemory
from pipelines.stage import NonceExhausted


class _Results:
    """Where results go: one memory, and its view for the shape that was asked for last."""

    def __init__(self) -> None:
        self._memory = GrowOnlyMemory()
        self._last = PacketBatch.empty(0, 0)

    def of(self, rows: int, stride: int) -> PacketBatch:
        """Return a table of undefined content; the same one again for the same shape."""
        if self._last.data.shape != (rows, stride):
            data = self._memory.lend(rows * stride).reshape(rows, stride)
            self._last = PacketBatch(data=data, size=np.empty(rows, dtype=np.int32))
        return self._last


class LibsrtpProtector:
    """Protects the packets of any number of SSRCs under one master key, as libsrtp does it.

    Unlike the other engines' it lets a sequence number go back, as long as it lies within the
    replay window and was not used yet.
    """

    def __init__(self, profile: SrtpProfile, master: MasterKey) -> None:
        ready_kernels()
        self._session = LibsrtpSession(profile, master, Direction.OUTBOUND)
        self._protect = libsrtp().protect
        self._tag_size = profile.cipher.tag_size
        self._results = _Results()

    def protect(self, batch: PacketBatch) -> PacketBatch:
        """Return every packet as header || ciphertext || tag; a view, valid until the next call.

        Raises Malformed for a packet that is not RTP; then none of the batch was protected. Raises
        NonceExhausted for an index that was used before or is older than the window, Rejected for
        whatever else libsrtp refuses; then the packets before it have spent their indices.
        """
        rows, stride = batch.data.shape
        result = self._results.of(rows, stride + self._tag_size)
        row, status = protect_rows(
            self._protect,
            self._session.address,
            np.ascontiguousarray(batch.data),
            np.ascontiguousarray(batch.size),
            result.data,
            result.size,
            self._tag_size,
        )
        if status != OK:
            reason = reason_of(status)
            if status in NONCE_SPENT:
                raise NonceExhausted(f"packet {row}: {reason}")
            raise type(reason)(f"packet {row}: {reason}")
        return result


class LibsrtpUnprotector:
    """Opens the packets of any number of SSRCs under one master key, as libsrtp does it."""

    def __init__(self, profile: SrtpProfile, master: MasterKey, window: int = 128) -> None:
        ready_kernels()
        self._session = LibsrtpSession(profile, master, Direction.INBOUND, window)
        self._unprotect = libsrtp().unprotect
        self._tag_size = profile.cipher.tag_size
        self._results = _Results()
        self._ssrcs = np.empty(64, dtype=np.uint32)
        self._status = np.empty(64, dtype=np.int32)
        self._known = 0
        self._accepted = 0

    def unprotect(self, batch: PacketBatch) -> Unprotected:
        """Return the packets that are authentic and new; never raises Rejected itself.

        Each row is judged for itself: a bad one changes no state and harms no other.
        """
        rows, stride = batch.data.shape
        if self._known + rows > len(self._ssrcs):
            self._ssrcs = np.resize(self._ssrcs, 2 * (self._known + rows))
        if rows > len(self._status):
            self._status = np.empty(2 * rows, dtype=np.int32)
        result = self._results.of(rows, stride)
        good, self._known = unprotect_rows(
            self._unprotect,
            self._session.address,
            np.ascontiguousarray(batch.data),
            np.ascontiguousarray(batch.size),
            result.data,
            result.size,
            self._tag_size,
            self._status,
            self._ssrcs,
            self._known,
        )
        self._accepted += good
        if good == rows:
            return Unprotected(packets=result, rejected=())
        bad = np.flatnonzero(self._status[:rows]).tolist()
        return Unprotected(
            packets=PacketBatch(data=result.data[:good], size=result.size[:good]),
            rejected=tuple((row, reason_of(int(self._status[row]))) for row in bad),
        )

    def state(self) -> tuple[int, ...]:
        """Return how many packets were accepted, then (SSRC, ROC) of every stream, flat.

        The ROC is libsrtp's own word. Its highest sequence number and its replay window cannot be
        asked for: that a refused packet leaves them alone shows only in what is accepted later.
        """
        ssrcs = self._ssrcs[: self._known].tolist()
        streams = ((ssrc, self._session.roc(ssrc)) for ssrc in ssrcs)
        return (self._accepted, *(number for stream in streams for number in stream))


class LibsrtpEngine:
    """SRTP by libsrtp; frames by `frames`, the engine for whatever libsrtp does not do."""

    name = "libsrtp"

    def __init__(self, frames: Engine = CRYPTOGRAPHY) -> None:
        self._frames = frames
        # Raises LibsrtpUnavailable here, not at the first packet.
        self._library = libsrtp()

    def library(self) -> LibraryVersion:
        """Return libsrtp's version and that of the OpenSSL it calls."""
        return LibraryVersion(
            name=f"libsrtp {self._library.version} with OpenSSL", version=self._library.openssl
        )

    def aead(self, cipher: Cipher, key: bytes) -> Aead:
        """Return `cipher` keyed with `key`, by the engine for frames."""
        return self._frames.aead(cipher, key)

    def sframe_encryptor(self, suite: SframeSuite, base_key: bytes, kid: int) -> FrameEncryptor:
        """Return the sending side of one SFrame key, by the engine for frames."""
        return self._frames.sframe_encryptor(suite, base_key, kid)

    def sframe_decryptor(
        self, suite: SframeSuite, base_keys: Mapping[int, bytes], window: int
    ) -> FrameDecryptor:
        """Return the receiving side of SFrame keys, by the engine for frames."""
        return self._frames.sframe_decryptor(suite, base_keys, window)

    def srtp_protector(self, profile: SrtpProfile, master: MasterKey) -> LibsrtpProtector:
        """Return the sending side of one SRTP master key."""
        return LibsrtpProtector(profile, master)

    def srtp_unprotector(
        self, profile: SrtpProfile, master: MasterKey, window: int
    ) -> LibsrtpUnprotector:
        """Return the receiving side of one SRTP master key."""
        return LibsrtpUnprotector(profile, master, window)
