"""AES-GCM: the AEAD that current CPUs have instructions for."""

from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.ciphers.aead import Cipher
from pipelines.ciphers.one_shot import keyed_by

AES_128_GCM: Final = Cipher(
    name="aes-128-gcm",
    summary="AES in Galois/Counter Mode, 128-bit key and tag.",
    source="NIST SP 800-38D, RFC 5116 5.1",
    key_size=16,
    nonce_size=12,
    tag_size=16,
    authenticated=True,
    new=keyed_by("aes-128-gcm", 16, AESGCM),
)

AES_256_GCM: Final = Cipher(
    name="aes-256-gcm",
    summary="AES in Galois/Counter Mode, 256-bit key, 128-bit tag.",
    source="NIST SP 800-38D, RFC 5116 5.2",
    key_size=32,
    nonce_size=12,
    tag_size=16,
    authenticated=True,
    new=keyed_by("aes-256-gcm", 32, AESGCM),
)
