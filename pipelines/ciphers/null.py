"""The baseline of every comparison: seal and open are one copy, and nothing is protected."""

from typing import cast

from pipelines.ciphers.aead import Aead, Bytes, Cipher
from pipelines.media import U8


class _Copy:
    __slots__ = ()

    def seal_into(self, nonce: Bytes, aad: Bytes, plaintext: Bytes, out: U8) -> int:
        del aad
        size = len(plaintext)
        if len(nonce) != NULL.nonce_size:
            raise ValueError(f"null: nonce of {len(nonce)} bytes, needs {NULL.nonce_size}")
        if len(out) < size:
            raise ValueError(f"null: out of {len(out)} bytes, needs {size}")
        out.data[:size] = cast("memoryview", plaintext)
        return size

    open_into = seal_into


def _new(key: bytes) -> Aead:
    if key:
        raise ValueError(f"null: key of {len(key)} bytes, needs 0")
    return _Copy()


NULL = Cipher(
    name="null",
    summary="Copy: what a stage costs before any cryptography.",
    source="this project",
    key_size=0,
    nonce_size=12,
    tag_size=0,
    authenticated=False,
    new=_new,
    labels=("unauthenticated",),
)
