"""The engine `cryptography`: one call into pyca/cryptography per frame or packet."""

from collections.abc import Mapping
from importlib.metadata import version

from cryptography.hazmat.backends.openssl import backend

from pipelines.ciphers.aead import Aead, Cipher
from pipelines.engines.engine import Engine, LibraryVersion
from pipelines.formats.sframe.context import SframeReceiver, SframeSender
from pipelines.formats.sframe.suites import SframeSuite
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.formats.srtp.receiver import SrtpReceiver
from pipelines.formats.srtp.rtcp import SrtcpReceiver, SrtcpSender
from pipelines.formats.srtp.sender import SrtpSender


class PycaEngine:
    """Per call: good for whole frames of some KiB up, and the yardstick for packets."""

    name = "cryptography"

    def library(self) -> LibraryVersion:
        """Return the OpenSSL that the cryptography wheel carries."""
        openssl = backend.openssl_version_text().split()[1]
        return LibraryVersion(
            name=f"cryptography {version('cryptography')} with OpenSSL", version=openssl
        )

    def aead(self, cipher: Cipher, key: bytes) -> Aead:
        """Return `cipher` keyed with `key`."""
        return cipher.new(key)

    def sframe_encryptor(self, suite: SframeSuite, base_key: bytes, kid: int) -> SframeSender:
        """Return the sending side of one SFrame key."""
        return SframeSender(suite, base_key, kid)

    def sframe_decryptor(
        self, suite: SframeSuite, base_keys: Mapping[int, bytes], window: int
    ) -> SframeReceiver:
        """Return the receiving side of the SFrame keys `base_keys`, by KID."""
        return SframeReceiver(suite, base_keys, window)

    def srtp_protector(
        self, profile: SrtpProfile, master: MasterKey, *, initial_roc: int = 0
    ) -> SrtpSender:
        """Return the sending side of one SRTP master key."""
        return SrtpSender(profile, master, initial_roc=initial_roc)

    def srtp_unprotector(
        self, profile: SrtpProfile, master: MasterKey, window: int, *, initial_roc: int = 0
    ) -> SrtpReceiver:
        """Return the receiving side of one SRTP master key."""
        return SrtpReceiver(profile, master, window, initial_roc=initial_roc)

    def srtcp_protector(self, profile: SrtpProfile, master: MasterKey) -> SrtcpSender:
        """Return the sending side of SRTCP under one master key."""
        return SrtcpSender(profile, master)

    def srtcp_unprotector(
        self, profile: SrtpProfile, master: MasterKey, window: int
    ) -> SrtcpReceiver:
        """Return the receiving side of SRTCP under one master key."""
        return SrtcpReceiver(profile, master, window)


CRYPTOGRAPHY: Engine = PycaEngine()
