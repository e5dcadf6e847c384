"""ChaCha20-Poly1305: the AEAD that needs no special instructions."""

from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from pipelines.ciphers.aead import Cipher
from pipelines.ciphers.one_shot import keyed_by

CHACHA20_POLY1305: Final = Cipher(
    name="chacha20-poly1305",
    summary="ChaCha20 with a Poly1305 tag, 256-bit key, 128-bit tag.",
    source="RFC 8439 2.8",
    key_size=32,
    nonce_size=12,
    tag_size=16,
    authenticated=True,
    new=keyed_by("chacha20-poly1305", 32, ChaCha20Poly1305),
)
