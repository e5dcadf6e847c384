"""The SRTP protection profiles: which cipher, how long a key, how long a salt."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Self

from pipelines.ciphers.aead import Cipher
from pipelines.ciphers.table import CIPHERS


@dataclass(frozen=True, slots=True, kw_only=True)
class SrtpProfile:
    """One protection profile; sizes are in bytes.

    `key_size` and `salt_size` belong to the master key and salt as well as to the session ones.
    `cipher` protects RTP, `rtcp_cipher` RTCP: they differ where RTP alone has the short tag.
    `registry_name` is the IANA name: DTLS-SRTP's where there is one, else the SDES crypto suite's.
    `cryptex` says that both ends agreed to encrypt contributing sources and header extensions too.
    """

    name: str
    registry_name: str
    source: str
    key_size: int
    salt_size: int
    cipher: Cipher
    rtcp_cipher: Cipher
    cryptex: bool = False

    @property
    def growth(self) -> int:
        """Return the bytes that a packet grows by at most: a tag, with cryptex an extension too."""
        return self.cipher.tag_size + (4 if self.cryptex else 0)

    @property
    def auth_key_size(self) -> int:
        """Return the bytes of the session authentication key: 20 (RFC 3711 5.2), 0 for an AEAD."""
        return self.cipher.key_size - self.key_size

    @property
    def is_aead(self) -> bool:
        """Return whether the cipher is an AEAD of RFC 7714, not AES-CM beside an HMAC."""
        return self.auth_key_size == 0

    def with_cryptex(self) -> Self:
        """Return this profile where RFC 9335 is agreed on beside it (`a=cryptex` in SDP)."""
        return replace(
            self,
            name=f"{self.name}-cryptex",
            registry_name=f"{self.registry_name} with cryptex",
            source=f"{self.source}, RFC 9335",
            cryptex=True,
        )


def _aes_cm(bits: int, tag_bits: int, registry_name: str, source: str) -> SrtpProfile:
    family = f"aes-cm-{bits}-hmac-sha1"
    return SrtpProfile(
        name=f"{family}-{tag_bits}",
        registry_name=registry_name,
        source=source,
        key_size=bits // 8,
        salt_size=14,
        cipher=CIPHERS[f"{family}-{tag_bits}"],
        # RFC 3711 5.2, RFC 5764 4.1.2, RFC 6188 4: SRTCP keeps the 80-bit tag.
        rtcp_cipher=CIPHERS[f"{family}-80"],
    )


def _aes_gcm(bits: int, registry_name: str) -> SrtpProfile:
    cipher = CIPHERS[f"aes-{bits}-gcm"]
    return SrtpProfile(
        name=cipher.name,
        registry_name=registry_name,
        source="RFC 7714",
        key_size=bits // 8,
        salt_size=12,
        cipher=cipher,
        rtcp_cipher=cipher,
    )


_ALL = (
    _aes_cm(128, 80, "SRTP_AES128_CM_HMAC_SHA1_80", "RFC 3711, RFC 5764"),
    _aes_cm(128, 32, "SRTP_AES128_CM_HMAC_SHA1_32", "RFC 3711, RFC 5764"),
    _aes_cm(256, 80, "AES_256_CM_HMAC_SHA1_80", "RFC 3711, RFC 6188"),
    _aes_cm(256, 32, "AES_256_CM_HMAC_SHA1_32", "RFC 3711, RFC 6188"),
    _aes_gcm(128, "SRTP_AEAD_AES_128_GCM"),
    _aes_gcm(256, "SRTP_AEAD_AES_256_GCM"),
)

PROFILES: Mapping[str, SrtpProfile] = MappingProxyType({profile.name: profile for profile in _ALL})
"""Every profile by its name here, which is also the name of its RTP cipher."""

CRYPTEX_PROFILES: Mapping[str, SrtpProfile] = MappingProxyType(
    {profile.name: profile for profile in (each.with_cryptex() for each in _ALL)}
)
"""The same with header extensions encrypted; the keys are those of the profile without."""
