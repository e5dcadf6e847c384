"""The engine `libsrtp`: compiled loops over the SRTP library that most conferencing servers run.

Packets only: frames (a bare AEAD, SFrame) are left to the engine `cryptography`.
"""

from collections.abc import Mapping
from functools import partial

from pipelines.ciphers.aead import Aead, Cipher
from pipelines.compiled import ready
from pipelines.engines.engine import Engine, FrameDecryptor, FrameEncryptor, LibraryVersion
from pipelines.engines.native.libsrtp_loop import protect_rows, unprotect_rows
from pipelines.engines.native.libsrtp_session import (
    RTCP_WINDOW,
    Direction,
    LibsrtpSession,
    libsrtp,
)
from pipelines.engines.native.libsrtp_status import reason_of
from pipelines.engines.native.srtp_batches import (
    UNPROTECT_WORDS,
    BatchProtector,
    BatchUnprotector,
    ProtectorTable,
)
from pipelines.engines.native.srtp_plan import PLAN_WORDS
from pipelines.engines.native.srtp_session import ARGUMENTS, SessionWords
from pipelines.engines.native.srtp_streams import StreamTable
from pipelines.engines.native.srtp_window import ring_words
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.formats.sframe.suites import SframeSuite
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.packet import check_sealed, why_not_plain
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.formats.srtp.rtcp import WORD_SIZE, check_srtcp, why_not_rtcp

FIRST_RTCP_INDEX = 1
"""What libsrtp counts its first SRTCP packet as; RFC 3711 3.2.1 begins at 0. Both open alike."""


class LibsrtpProtector(BatchProtector):
    """Protects the packets of any number of SSRCs under one master key, as libsrtp does it.

    libsrtp would let a sequence number go back within its replay window; here it may not.
    """

    def __init__(self, profile: SrtpProfile, master: MasterKey) -> None:
        self._libsrtp = LibsrtpSession(profile, master, Direction.OUTBOUND)
        tag_size = profile.cipher.tag_size
        streams = ProtectorTable()
        super().__init__(
            ready(protect_rows, *ARGUMENTS),
            SessionWords(
                (libsrtp().protect, False, tag_size, profile.is_aead),
                key=self._libsrtp.address,
                streams=streams.address,
                first_index=0,
                own=PLAN_WORDS,
                growth=tag_size,
            ),
            streams,
            partial(why_not_plain, profile),
        )


class LibsrtpRtcpProtector(BatchProtector):
    """Protects compound RTCP packets, as libsrtp does it; each SSRC counts from 1."""

    def __init__(self, profile: SrtpProfile, master: MasterKey) -> None:
        self._libsrtp = LibsrtpSession(profile, master, Direction.OUTBOUND)
        tag_size = profile.rtcp_cipher.tag_size
        streams = ProtectorTable()
        super().__init__(
            ready(protect_rows, *ARGUMENTS),
            SessionWords(
                (libsrtp().protect_rtcp, True, tag_size, profile.is_aead),
                key=self._libsrtp.address,
                streams=streams.address,
                first_index=FIRST_RTCP_INDEX,
                own=PLAN_WORDS,
                growth=WORD_SIZE + tag_size,
            ),
            streams,
            why_not_rtcp,
        )


class LibsrtpUnprotector(BatchUnprotector):
    """Opens the packets of any number of SSRCs under one master key, as libsrtp does it."""

    def __init__(self, profile: SrtpProfile, master: MasterKey, window: int = 128) -> None:
        self._libsrtp = LibsrtpSession(profile, master, Direction.INBOUND, window)
        streams = StreamTable(more_words=ring_words(window))
        super().__init__(
            ready(unprotect_rows, *ARGUMENTS),
            SessionWords(
                (libsrtp().unprotect, False, profile.cipher.tag_size, profile.is_aead),
                key=self._libsrtp.address,
                streams=streams.address,
                first_index=0,
                own=UNPROTECT_WORDS,
            ),
            streams,
            lambda packet: check_sealed(packet, profile),
            cipher=profile.cipher.name,
            window=window,
            other=reason_of,
        )


class LibsrtpRtcpUnprotector(BatchUnprotector):
    """Opens SRTCP packets, as libsrtp does it. ValueError for another window than its own."""

    def __init__(self, profile: SrtpProfile, master: MasterKey, window: int = RTCP_WINDOW) -> None:
        if window != RTCP_WINDOW:
            raise ValueError(
                f"replay window of {window} SRTCP packets: libsrtp's is always {RTCP_WINDOW}"
            )
        self._libsrtp = LibsrtpSession(profile, master, Direction.INBOUND)
        streams = StreamTable(more_words=ring_words(window))
        super().__init__(
            ready(unprotect_rows, *ARGUMENTS),
            SessionWords(
                (libsrtp().unprotect_rtcp, True, profile.rtcp_cipher.tag_size, profile.is_aead),
                key=self._libsrtp.address,
                streams=streams.address,
                first_index=0,
                own=UNPROTECT_WORDS,
            ),
            streams,
            lambda packet: check_srtcp(packet, profile),
            cipher=profile.rtcp_cipher.name,
            window=window,
            other=reason_of,
        )


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

    def srtp_protector(
        self, profile: SrtpProfile, master: MasterKey, *, initial_roc: int = 0
    ) -> LibsrtpProtector:
        """Return the sending side of one SRTP master key. ValueError for a ROC above zero."""
        _refuse_roc(initial_roc)
        return LibsrtpProtector(profile, master)

    def srtp_unprotector(
        self, profile: SrtpProfile, master: MasterKey, window: int, *, initial_roc: int = 0
    ) -> LibsrtpUnprotector:
        """Return the receiving side of one SRTP master key. ValueError for a ROC above zero."""
        _refuse_roc(initial_roc)
        return LibsrtpUnprotector(profile, master, window)

    def srtcp_protector(self, profile: SrtpProfile, master: MasterKey) -> LibsrtpRtcpProtector:
        """Return the sending side of SRTCP under one master key."""
        return LibsrtpRtcpProtector(profile, master)

    def srtcp_unprotector(
        self, profile: SrtpProfile, master: MasterKey, window: int
    ) -> LibsrtpRtcpUnprotector:
        """Return the receiving side of SRTCP under one master key; `window` has to be 128."""
        return LibsrtpRtcpUnprotector(profile, master, window)


def _refuse_roc(initial_roc: int) -> None:
    if initial_roc:
        # srtp_set_stream_roc takes an SSRC that is known before its first packet.
        raise ValueError(
            f"initial_roc: {initial_roc}: libsrtp begins at 0 with an SSRC that it does not know;"
            " the engines libcrypto and cryptography take one"
        )
