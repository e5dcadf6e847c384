"""SFrame cipher suites, the keys they derive, the bytes they add: RFC 9605 4.4.2, 4.5, 5.1, B."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType

from cryptography.hazmat.primitives.hashes import SHA256, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipelines.ciphers.aead import Cipher
from pipelines.ciphers.aes_ctr_hmac import (
    AES_128_CTR_HMAC_SHA256_32,
    AES_128_CTR_HMAC_SHA256_64,
    AES_128_CTR_HMAC_SHA256_80,
)
from pipelines.ciphers.aes_gcm import AES_128_GCM, AES_256_GCM
from pipelines.ciphers.chacha20_poly1305 import CHACHA20_POLY1305
from pipelines.formats.sframe.header import LARGEST_FIELD, encode_header

PRIVATE_USE = 0xF000
"""RFC 9605 8.1: 0xF000 - 0xFFFF are for private use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SframeSuite:
    """A cipher and the hash its keys are derived with, under a value of the IANA registry."""

    id: int
    cipher: Cipher
    hash: HashAlgorithm
    labels: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the cipher: `aes-128-gcm`."""
        return self.cipher.name

    @property
    def value(self) -> str:
        """The registry value as RFC 9605 8.1 writes it: `5`, or `0xF000` in the private range."""
        return str(self.id) if self.id < PRIVATE_USE else f"0x{self.id:04X}"


SUITES: Mapping[int, SframeSuite] = MappingProxyType(
    {
        suite.id: suite
        for suite in (
            SframeSuite(id=1, cipher=AES_128_CTR_HMAC_SHA256_80, hash=SHA256()),
            SframeSuite(id=2, cipher=AES_128_CTR_HMAC_SHA256_64, hash=SHA256()),
            SframeSuite(id=3, cipher=AES_128_CTR_HMAC_SHA256_32, hash=SHA256()),
            SframeSuite(id=4, cipher=AES_128_GCM, hash=SHA256()),
            SframeSuite(id=5, cipher=AES_256_GCM, hash=SHA512()),
            # No ChaCha20 suite is registered.
            SframeSuite(
                id=PRIVATE_USE,
                cipher=CHACHA20_POLY1305,
                hash=SHA256(),
                labels=("private suite",),
            ),
        )
    }
)
"""Every suite by its registry value: RFC 9605 8.1, then our own."""


def suite_named(name: str) -> SframeSuite:
    """Return the suite whose cipher is called `name`, or raise ValueError with the known names."""
    by_name = {suite.name: suite for suite in SUITES.values()}
    suite = by_name.get(name)
    if suite is None:
        close = get_close_matches(name, by_name, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"unknown SFrame suite {name!r}{hint} (known: {', '.join(by_name)})")
    return suite


@dataclass(frozen=True, slots=True, kw_only=True)
class SframeKeys:
    """What a KID encrypts with; its repr shows neither."""

    key: bytes = field(repr=False)
    salt: bytes = field(repr=False)


def derive(suite: SframeSuite, kid: int, base_key: bytes) -> SframeKeys:
    """Return key and salt for `kid` (else ValueError: 0 .. 2^64 - 1), RFC 9605 4.4.2."""
    if not 0 <= kid <= LARGEST_FIELD:
        raise ValueError(f"SFrame KID {kid}: needs 0 .. 2^64 - 1")
    context = kid.to_bytes(8, "big") + suite.id.to_bytes(2, "big")
    return SframeKeys(
        key=_hkdf(suite, base_key, b"SFrame 1.0 Secret key " + context, suite.cipher.key_size),
        salt=_hkdf(suite, base_key, b"SFrame 1.0 Secret salt " + context, suite.cipher.nonce_size),
    )


def ratchet(suite: SframeSuite, base_key: bytes) -> bytes:
    """Return the base key of the next ratchet step, RFC 9605 5.1: as many bytes as the hash has."""
    return _hkdf(suite, base_key, b"SFrame 1.0 Ratchet", suite.hash.digest_size)


def overhead_bytes(suite: SframeSuite, kid: int, ctr: int) -> int:
    """Return the bytes that SFrame adds to one unit: header and tag (RFC 9605 appendix B)."""
    return len(encode_header(kid, ctr)) + suite.cipher.tag_size


def _hkdf(suite: SframeSuite, base_key: bytes, label: bytes, size: int) -> bytes:
    # RFC 9605 4.4.2 extracts with an empty salt.
    return HKDF(suite.hash, length=size, salt=b"", info=label).derive(base_key)
