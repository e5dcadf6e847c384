"""The visible table of ciphers: a cipher is in the project when its line is here."""

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from pipelines.ciphers.aead import Cipher
from pipelines.ciphers.aes_ctr_hmac import (
    AES_128_CTR_HMAC_SHA256_32,
    AES_128_CTR_HMAC_SHA256_64,
    AES_128_CTR_HMAC_SHA256_80,
    AES_CM_128_HMAC_SHA1_32,
    AES_CM_128_HMAC_SHA1_80,
    AES_CM_256_HMAC_SHA1_32,
    AES_CM_256_HMAC_SHA1_80,
)
from pipelines.ciphers.aes_ecb import AES_128_ECB
from pipelines.ciphers.aes_gcm import AES_128_GCM, AES_256_GCM
from pipelines.ciphers.chacha20_poly1305 import CHACHA20_POLY1305
from pipelines.ciphers.null import NULL

CIPHERS: Mapping[str, Cipher] = MappingProxyType(
    {
        cipher.name: cipher
        for cipher in (
            NULL,
            AES_128_GCM,
            AES_256_GCM,
            CHACHA20_POLY1305,
            AES_128_CTR_HMAC_SHA256_80,
            AES_128_CTR_HMAC_SHA256_64,
            AES_128_CTR_HMAC_SHA256_32,
            AES_CM_128_HMAC_SHA1_80,
            AES_CM_128_HMAC_SHA1_32,
            AES_CM_256_HMAC_SHA1_80,
            AES_CM_256_HMAC_SHA1_32,
            AES_128_ECB,
        )
    }
)
"""Every cipher by its name, the null baseline first and the insecure one last."""


def cipher_named(name: str) -> Cipher:
    """Return the cipher called `name`, or raise ValueError that lists the known names."""
    cipher = CIPHERS.get(name)
    if cipher is None:
        close = get_close_matches(name, CIPHERS, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"unknown cipher {name!r}{hint} (known: {', '.join(CIPHERS)})")
    return cipher
