"""The engine `libcrypto`: compiled batches over the functions of the best libcrypto found."""

from collections.abc import Mapping, Sequence

from pipelines.ciphers.aead import Aead, Cipher
from pipelines.engines.engine import LibraryVersion
from pipelines.engines.native.aead import NativeAead, has_native
from pipelines.engines.native.evp import evp_addresses
from pipelines.engines.native.hmac import SHA1, SHA256, hash_addresses
from pipelines.engines.native.library import NativeLibrary, best_library
from pipelines.engines.native.relay import RelayFanout, Rewrite
from pipelines.engines.native.sframe_decrypt import NativeSframeReceiver
from pipelines.engines.native.sframe_encrypt import NativeSframeSender
from pipelines.engines.native.srtcp import NativeSrtcpReceiver, NativeSrtcpSender
from pipelines.engines.native.srtp_protect import NativeSrtpSender
from pipelines.engines.native.srtp_unprotect import NativeSrtpReceiver
from pipelines.formats.sframe.suites import SframeSuite
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import SrtpProfile


class LibcryptoEngine:
    """One call into compiled code per batch of packets; raises NoNativeLibrary where it can't be.

    What it hands out is for one thread at a time, and runs without the GIL.
    """

    name = "libcrypto"

    def __init__(self, library: NativeLibrary | None = None) -> None:
        self._library = best_library() if library is None else library
        # A lack shows here, where another engine can still be chosen, and not at the first key.
        evp_addresses(self._library)
        for function in (SHA1, SHA256):
            hash_addresses(self._library, function)

    def library(self) -> LibraryVersion:
        """Return the libcrypto that is called, with its version."""
        return LibraryVersion(name=f"{self._library.name}, OpenSSL", version=self._library.version)

    def aead(self, cipher: Cipher, key: bytes) -> Aead:
        """Return `cipher` keyed with `key`; the null cipher is the same copy for every engine."""
        return NativeAead(self._library, cipher, key) if has_native(cipher) else cipher.new(key)

    def sframe_encryptor(self, suite: SframeSuite, base_key: bytes, kid: int) -> NativeSframeSender:
        """Return the sending side of one SFrame key."""
        return NativeSframeSender(self._library, suite, base_key, kid)

    def sframe_decryptor(
        self, suite: SframeSuite, base_keys: Mapping[int, bytes], window: int
    ) -> NativeSframeReceiver:
        """Return the receiving side of the SFrame keys `base_keys`, by KID."""
        return NativeSframeReceiver(self._library, suite, base_keys, window)

    def srtp_protector(
        self, profile: SrtpProfile, master: MasterKey, *, initial_roc: int = 0
    ) -> NativeSrtpSender:
        """Return the sending side of one SRTP master key."""
        return NativeSrtpSender(self._library, profile, master, initial_roc=initial_roc)

    def srtp_unprotector(
        self, profile: SrtpProfile, master: MasterKey, window: int, *, initial_roc: int = 0
    ) -> NativeSrtpReceiver:
        """Return the receiving side of one SRTP master key."""
        return NativeSrtpReceiver(self._library, profile, master, window, initial_roc=initial_roc)

    def srtcp_protector(self, profile: SrtpProfile, master: MasterKey) -> NativeSrtcpSender:
        """Return the sending side of SRTCP under one master key."""
        return NativeSrtcpSender(self._library, profile, master)

    def srtcp_unprotector(
        self, profile: SrtpProfile, master: MasterKey, window: int
    ) -> NativeSrtcpReceiver:
        """Return the receiving side of SRTCP under one master key."""
        return NativeSrtcpReceiver(self._library, profile, master, window)

    def srtp_fanout(
        self, profile: SrtpProfile, masters: Sequence[MasterKey], rewrites: Sequence[Rewrite]
    ) -> RelayFanout:
        """Return what forwards one stream to receivers, each with its master key and rewrite."""
        return RelayFanout(self._library, profile, masters, rewrites)
