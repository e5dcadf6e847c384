"""libsrtp as the pylibsrtp wheel carries it: its functions' addresses and keyed sessions.

The wheel's extension module knows the layout of libsrtp's structures from the header it was
compiled with, so policies are made through it; what it has no name for (AES-256-CM, SRTCP's
functions, the version) the same module exports, and ctypes reaches.
"""

import ctypes
import importlib
import weakref
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import SrtpProfile

EXPORTS = (
    "srtp_protect",
    "srtp_unprotect",
    "srtp_protect_rtcp",
    "srtp_unprotect_rtcp",
    "srtp_get_version_string",
    "OpenSSL_version",
)
WINDOW_WORD = 32
"""libsrtp keeps its replay window in words of so many bits, and rounds up to whole ones."""

LARGEST_WINDOW = 0x8000 - WINDOW_WORD
"""srtp_create refuses a window of 2^15 packets."""

RTCP_WINDOW = 128
"""The window of SRTCP is libsrtp's own, whatever is asked for."""


class LibsrtpUnavailable(Exception):  # noqa: N818 - what is the case, in one line for the user
    """libsrtp cannot be used here; the message says why."""


class Direction(Enum):
    """Which way the packets of a session go; the values are srtp_ssrc_type_t's."""

    INBOUND = 2
    OUTBOUND = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Libsrtp:
    """The library in this process; `protect` and its kin are the addresses of its functions."""

    version: str
    openssl: str
    path: str
    protect: int
    unprotect: int
    protect_rtcp: int
    unprotect_rtcp: int
    # The extension module's own view, by cffi, and the whole module by ctypes.
    ffi: Any
    lib: Any
    exports: ctypes.CDLL


@cache
def libsrtp() -> Libsrtp:
    """Return libsrtp. Raises LibsrtpUnavailable where it is absent or built in another way."""
    try:
        # Importing the package runs srtp_init.
        importlib.import_module("pylibsrtp")
        binding = importlib.import_module("pylibsrtp._binding")
        exports = ctypes.CDLL(binding.__file__)
    except (ImportError, OSError) as error:
        raise LibsrtpUnavailable(f"libsrtp: pylibsrtp cannot be loaded: {error}") from error
    missing = [name for name in EXPORTS if not _has(exports, name)]
    if missing:
        raise LibsrtpUnavailable(f"libsrtp: {binding.__file__} does not export {missing[0]}")
    return Libsrtp(
        version=_text(exports.srtp_get_version_string).split()[-1],
        openssl=_text(exports.OpenSSL_version, 0).split()[1],
        path=str(binding.__file__),
        protect=_address(exports.srtp_protect),
        unprotect=_address(exports.srtp_unprotect),
        protect_rtcp=_address(exports.srtp_protect_rtcp),
        unprotect_rtcp=_address(exports.srtp_unprotect_rtcp),
        ffi=binding.ffi,
        lib=binding.lib,
        exports=exports,
    )


class LibsrtpSession:
    """A keyed session for any SSRC in one direction; `address` is its srtp_t.

    Not for two threads at once. `window` spans the replay window of RTP in packets. Raises
    ValueError for a profile with cryptex, for a key or salt of another size than the profile's, and
    for a window that libsrtp would refuse or round up: it takes multiples of 32 from 64 to 32,736.
    """

    __slots__ = ("__weakref__", "address")

    def __init__(
        self, profile: SrtpProfile, master: MasterKey, direction: Direction, window: int = 128
    ) -> None:
        if not 64 <= window <= LARGEST_WINDOW or window % WINDOW_WORD:
            raise ValueError(
                f"replay window of {window} packets: libsrtp takes multiples of {WINDOW_WORD} from"
                f" 64 to {LARGEST_WINDOW}"
            )
        library = libsrtp()
        if profile.cryptex:
            # srtp_policy_t has no field for it in libsrtp 2.
            raise ValueError(
                f"{profile.name}: libsrtp {library.version} has no cryptex (RFC 9335); the engines"
                " libcrypto and cryptography have"
            )
        ffi = library.ffi
        policy = ffi.new("srtp_policy_t *")
        for part, cipher in (("rtp", profile.cipher), ("rtcp", profile.rtcp_cipher)):
            setter = library.exports[_policy_setter(cipher.name)]
            setter.restype = None
            setter(ctypes.c_void_p(int(ffi.cast("uintptr_t", ffi.addressof(policy, part)))))
        policy.ssrc.type = direction.value
        policy.window_size = window
        if (len(master.key), len(master.salt)) != (profile.key_size, profile.salt_size):
            raise ValueError(
                f"{profile.name}: master key and salt have {len(master.key)} and"
                f" {len(master.salt)} bytes, not {profile.key_size} and {profile.salt_size}"
            )
        secret = ffi.new("unsigned char[]", master.key + master.salt)
        policy.key = secret
        session = ffi.new("srtp_t *")
        status = library.lib.srtp_create(session, policy)
        # libsrtp holds its own copy of the keys now.
        ffi.buffer(secret)[:] = bytes(len(secret))
        if status:
            raise LibsrtpUnavailable(f"libsrtp: srtp_create for {profile.name}: status {status}")
        self.address = int(ffi.cast("uintptr_t", session[0]))
        weakref.finalize(self, library.lib.srtp_dealloc, session[0])


def _policy_setter(cipher: str) -> str:
    """Return the function that fills in a srtp_crypto_policy_t for one of our ciphers."""
    if cipher.endswith("-gcm"):
        bits = cipher.split("-")[1]
        return f"srtp_crypto_policy_set_aes_gcm_{bits}_16_auth"
    if cipher == "aes-cm-128-hmac-sha1-80":
        # RFC 3711's default; under its own name it is only a macro.
        return "srtp_crypto_policy_set_rtp_default"
    return f"srtp_crypto_policy_set_{cipher.replace('-', '_')}"


def _has(exports: ctypes.CDLL, name: str) -> bool:
    try:
        exports[name]
    except AttributeError:
        return False
    return True


def _address(function: Any) -> int:
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None  # noqa: S101 - a symbol that was found has an address
    return address


def _text(function: Any, *arguments: int) -> str:
    function.restype = ctypes.c_char_p
    text: bytes = function(*arguments)
    return text.decode("ascii", "replace")
