"""What this project calls of the `cryptography` package, in the types of the AEAD contract.

The library takes anything with a buffer. Its stubs and NumPy's agree on that only from Python 3.12
on, so its objects are cast to these protocols once, when a key is set, and never per call.
"""

from typing import Protocol, Self

from pipelines.ciphers.aead import Bytes


class OneShot(Protocol):
    """AESGCM or ChaCha20Poly1305; `buf` has exactly the size of the result."""

    def encrypt_into(self, nonce: Bytes, data: Bytes, aad: Bytes, buf: Bytes, /) -> int:
        """Write ciphertext || tag into `buf`."""

    def decrypt_into(self, nonce: Bytes, data: Bytes, aad: Bytes, buf: Bytes, /) -> int:
        """Write the plaintext into `buf`; raises InvalidTag."""


class BlockMode(Protocol):
    """An encryptor or decryptor of a block cipher in some mode."""

    def reset_nonce(self, nonce: bytes, /) -> None:
        """Start again at another IV."""

    def update(self, data: Bytes, /) -> bytes:
        """Return `data` encrypted or decrypted."""

    def update_into(self, data: Bytes, buf: Bytes, /) -> int:
        """Write `data` encrypted or decrypted; a block mode wants a block - 1 bytes to spare."""


class Mac(Protocol):
    """A keyed HMAC."""

    def copy(self) -> Self:
        """Return one in the same state."""

    def update(self, data: Bytes, /) -> None:
        """Authenticate `data` too."""

    def finalize(self) -> bytes:
        """Return the whole tag."""
