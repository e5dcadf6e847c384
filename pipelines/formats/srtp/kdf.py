"""From one master key to the session keys: RFC 3711 4.3, RFC 6188 3, RFC 7714 11."""

import os
from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from pipelines.formats.srtp.profiles import SrtpProfile


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A master key and its salt, from whatever key management the call uses. Never printed.

    Two senders that share one must not share an SSRC (RFC 3711 9.1), or nonces repeat.
    """

    key: bytes = field(repr=False)
    salt: bytes = field(repr=False)

    @classmethod
    def fresh(cls, profile: SrtpProfile) -> Self:
        """Return a random master key and salt of the sizes `profile` asks for."""
        return cls(os.urandom(profile.key_size), os.urandom(profile.salt_size))


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamKeys:
    """The session keys of RTP or of RTCP; `auth_key` is empty for an AEAD. Never printed."""

    key: bytes = field(repr=False)
    auth_key: bytes = field(repr=False)
    salt: bytes = field(repr=False)

    @property
    def cipher_key(self) -> bytes:
        """Return the key in the form our ciphers take: encryption key || authentication key."""
        return self.key + self.auth_key


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKeys:
    """All that one master key yields: labels 0 to 2 of RFC 3711 4.3.1 for RTP, 3 to 5 for RTCP."""

    rtp: StreamKeys
    rtcp: StreamKeys


def derive(profile: SrtpProfile, master: MasterKey) -> SessionKeys:
    """Return the session keys of `master`, with a key derivation rate of zero.

    Raises ValueError for a key or salt whose size is not the profile's.
    """
    for part, found, due in (
        ("master key", len(master.key), profile.key_size),
        ("master salt", len(master.salt), profile.salt_size),
    ):
        if found != due:
            raise ValueError(f"{profile.name}: {part} has {found} bytes, not {due}")
    return SessionKeys(
        rtp=_stream_keys(profile, master, first_label=0),
        rtcp=_stream_keys(profile, master, first_label=3),
    )


def session_keys(profile: SrtpProfile, keys: MasterKey | SessionKeys) -> SessionKeys:
    """Return `keys` themselves if they are session keys already, as in RFC 7714's figures."""
    return keys if isinstance(keys, SessionKeys) else derive(profile, keys)


def _stream_keys(profile: SrtpProfile, master: MasterKey, first_label: int) -> StreamKeys:
    return StreamKeys(
        key=_prf(master, first_label, profile.key_size),
        auth_key=_prf(master, first_label + 1, profile.auth_key_size),
        salt=_prf(master, first_label + 2, profile.salt_size),
    )


def _prf(master: MasterKey, label: int, size: int) -> bytes:
    """Return `size` bytes of AES-CM keystream: RFC 3711 4.3.3, with AES-256 by RFC 6188 3."""
    # 4.3.1: x = (label || 48 zero bits) XOR salt, the index being divided by a rate of zero.
    # RFC 7714 11 keeps this KDF: a 96-bit salt is the leading part of the 112 bits.
    x = int.from_bytes(master.salt.ljust(14, b"\0")) ^ (label << 48)
    counter = CTR((x << 16).to_bytes(16))
    return Cipher(AES(master.key), counter).encryptor().update(bytes(size))
