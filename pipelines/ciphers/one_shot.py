"""AEADs that the `cryptography` package offers as one call per message."""

from collections.abc import Callable
from typing import cast

from cryptography.exceptions import InvalidTag

from pipelines.ciphers.aead import Aead, Bytes
from pipelines.ciphers.library import OneShot
from pipelines.media import U8
from pipelines.stage import AuthenticationFailed, Malformed

_NONCE_SIZE = 12
_TAG_SIZE = 16


class OneShotAead:
    """An AEAD with a 12-byte nonce and a 16-byte tag, executed by one call of `cryptography`.

    Arrays go to the library as they are: making memoryviews of them on every call costs more
    (0.2-0.4 us) than the library's faster way with memoryviews gives back. An `out` of the exact
    size saves a slice of 0.2 us out of about 1.
    """

    __slots__ = ("_library", "_name")

    def __init__(self, name: str, library: OneShot) -> None:
        self._name = name
        self._library = library

    def seal_into(self, nonce: Bytes, aad: Bytes, plaintext: Bytes, out: U8) -> int:
        """Keep `Aead.seal_into`."""
        size = len(plaintext) + _TAG_SIZE
        room = len(out)
        if len(nonce) != _NONCE_SIZE or room < size:
            raise ValueError(self._complaint(nonce, room, size))
        # The library wants `buf` to have exactly the size of the result.
        return self._library.encrypt_into(
            nonce, plaintext, aad, out if room == size else out[:size]
        )

    def open_into(self, nonce: Bytes, aad: Bytes, sealed: Bytes, out: U8) -> int:
        """Keep `Aead.open_into`."""
        size = len(sealed) - _TAG_SIZE
        room = len(out)
        # A caller's mistake is named before what is wrong with the bytes from the wire.
        if size < 0 and len(nonce) == _NONCE_SIZE:
            raise Malformed(f"{self._name}: {len(sealed)} bytes sealed, a tag alone is {_TAG_SIZE}")
        if len(nonce) != _NONCE_SIZE or room < size:
            raise ValueError(self._complaint(nonce, room, size))
        try:
            return self._library.decrypt_into(
                nonce, sealed, aad, out if room == size else out[:size]
            )
        except InvalidTag:
            raise AuthenticationFailed(f"{self._name}: tag does not fit") from None

    def _complaint(self, nonce: Bytes, room: int, size: int) -> str:
        if len(nonce) != _NONCE_SIZE:
            return f"{self._name}: nonce of {len(nonce)} bytes, needs {_NONCE_SIZE}"
        return f"{self._name}: out of {room} bytes, needs {size}"


def keyed_by(
    name: str, key_size: int, library: Callable[[bytes], object]
) -> Callable[[bytes], Aead]:
    """Return what makes the AEAD `name` from a key of `key_size` bytes (else ValueError)."""

    def new(key: bytes) -> Aead:
        # AESGCM would quietly take a key of another AES size, and be another cipher.
        if len(key) != key_size:
            raise ValueError(f"{name}: key of {len(key)} bytes, needs {key_size}")
        return OneShotAead(name, cast("OneShot", library(key)))

    return new
