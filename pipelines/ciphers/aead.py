"""The contract that every cipher keeps: seal and open with associated data, into a given buffer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pipelines.media import U8

Bytes = bytes | bytearray | memoryview | U8
"""Anything contiguous that gives its bytes without a copy."""


class Aead(Protocol):
    """A keyed cipher. It holds no counters: the caller never repeats a nonce under one key.

    A keyed object may keep a library context between calls, so it is not for two threads at once.
    """

    def seal_into(self, nonce: Bytes, aad: Bytes, plaintext: Bytes, out: U8) -> int:
        """Write ciphertext || tag to the start of `out` and return its length in bytes.

        `out` has room for `Cipher.sealed_size(len(plaintext))` bytes and does not overlap
        `plaintext`. Raises ValueError for a nonce of the wrong size or a short `out`.
        """

    def open_into(self, nonce: Bytes, aad: Bytes, sealed: Bytes, out: U8) -> int:
        """Write the plaintext to the start of `out` and return its length in bytes.

        `out` has room for `len(sealed)` bytes and does not overlap `sealed`. Raises
        AuthenticationFailed where the tag does not fit (a cipher that authenticates) and Malformed
        where the length or the padding is impossible; then what stands in `out` must not be used.
        Raises ValueError for a nonce of the wrong size or an `out` too short for the plaintext.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Cipher:
    """What a cipher is called and how large its parts are; `new(key)` makes the keyed AEAD.

    Sizes are in bytes. `padding_block` > 1 means the plaintext is padded up to a whole number of
    such blocks (always at least one byte of padding).
    """

    name: str
    summary: str
    source: str
    key_size: int
    nonce_size: int
    tag_size: int
    authenticated: bool
    new: Callable[[bytes], Aead]
    labels: tuple[str, ...] = ()
    padding_block: int = 1

    def sealed_size(self, plaintext_size: int) -> int:
        """Return the bytes of ciphertext || tag for a plaintext of `plaintext_size` bytes."""
        if self.padding_block > 1:
            plaintext_size += self.padding_block - plaintext_size % self.padding_block
        return plaintext_size + self.tag_size
