"""The keys of one KID as compiled code uses them, and the memory that a unit's tag is made in."""

# ruff: noqa: PLR0917 - compiled code takes addresses and sizes, not objects

import numpy as np

from pipelines.compiled import step
from pipelines.engines.native import hmac
from pipelines.engines.native.calls import copy_bytes, load_i64, store_be64
from pipelines.engines.native.evp import (
    KeyedContext,
    Words,
    apply_keystream,
    new_scratch,
    seal,
    unseal,
)
from pipelines.engines.native.library import NativeLibrary
from pipelines.formats.sframe.header import LARGEST_HEADER_BYTES
from pipelines.formats.sframe.suites import SframeSuite, derive

# Where the parts lie in the block of a KID, in bytes.
KID = 0
"""Offset of the KID, an unsigned number in int64."""

TAG_SIZE = 8
"""Offset of the tag's size in bytes."""

_IS_AEAD, _CONTEXT, _HMAC, _SALT_LOW = 16, 24, 32, 40
_IV, _SCRATCH = 48, 64
_NONCE_BYTES = 12
OWN = _SCRATCH + 8 * len(new_scratch())
"""Offset of the words that one direction adds."""

# What the tag of suites 1 to 3 covers before the associated data.
_LENGTHS_BYTES = 24
_BEFORE_AAD = _LENGTHS_BYTES + _NONCE_BYTES

_EVP_NAMES = {
    "aes-128-gcm": "aes_128_gcm",
    "aes-256-gcm": "aes_256_gcm",
    "chacha20-poly1305": "chacha20_poly1305",
}
_ENCRYPTION_KEY_BYTES = 16  # of suites 1 to 3


def signed(value: int) -> int:
    """Return an unsigned 64-bit `value` as the int64 of the same bits."""
    return value - (1 << 64) if value >> 63 else value


class SframeKeyBlock:
    """One KID's keys in contexts of `library`; fills the `block` of int64 that leads to them.

    The block holds a salt and addresses, and is written to by each unit: one thread at a time.
    """

    __slots__ = ("_context", "_hmac")

    def __init__(
        self,
        library: NativeLibrary,
        suite: SframeSuite,
        base_key: bytes,
        kid: int,
        block: Words,
        *,
        encrypting: bool,
    ) -> None:
        keys = derive(suite, kid, base_key)
        scratch = new_scratch()
        block[KID // 8] = signed(kid)
        block[TAG_SIZE // 8] = suite.cipher.tag_size
        block[_SALT_LOW // 8] = int.from_bytes(keys.salt[4:], signed=True)
        block[_SCRATCH // 8 : _SCRATCH // 8 + len(scratch)] = scratch
        # RFC 9605 4.5.1: the counter block is nonce || 0^32. Of all this only 8 bytes change.
        block.view(np.uint8)[_IV : _IV + 4] = np.frombuffer(keys.salt[:4], dtype=np.uint8)
        self._hmac: hmac.KeyedHmac | None = None
        evp_name = _EVP_NAMES.get(suite.cipher.name)
        if evp_name is not None:
            self._context = KeyedContext(library, evp_name, keys.key, encrypting=encrypting)
        else:
            encryption_key = keys.key[:_ENCRYPTION_KEY_BYTES]
            self._context = KeyedContext(library, "aes_128_ctr", encryption_key, encrypting=True)
            self._hmac = hmac.KeyedHmac(library, hmac.SHA256, keys.key[_ENCRYPTION_KEY_BYTES:])
            block[_HMAC // 8] = self._hmac.address
        block[_IS_AEAD // 8] = evp_name is not None
        block[_CONTEXT // 8] = self._context.address


class AssociatedData:
    """Memory for header || metadata, with room before it for what suites 1 to 3 authenticate too.

    The metadata of a call stands at `address`; compiled code writes each header right before.
    """

    __slots__ = ("_memory", "address")

    def __init__(self) -> None:
        self.put(b"")

    def put(self, metadata: bytes) -> None:
        """Take the metadata of a call."""
        before = _BEFORE_AAD + LARGEST_HEADER_BYTES
        self._memory = np.frombuffer(bytearray(before) + metadata, dtype=np.uint8)
        self.address = int(self._memory.ctypes.data) + before


@step
def _authenticate(key: int, aad: int, aad_size: int, ciphertext: int, size: int) -> None:
    # RFC 9605 4.5.1: aad length || ciphertext length || tag length || nonce || aad || ciphertext.
    covered = aad - _BEFORE_AAD
    store_be64(covered, aad_size)
    store_be64(covered + 8, size)
    store_be64(covered + 16, load_i64(key + TAG_SIZE))
    copy_bytes(covered + _LENGTHS_BYTES, key + _IV, _NONCE_BYTES)
    keyed = load_i64(key + _HMAC)
    hmac.begin(keyed)
    hmac.update(keyed, covered, _BEFORE_AAD + aad_size)
    hmac.update(keyed, ciphertext, size)


@step
def _write_nonce(key: int, ctr: int) -> None:
    # RFC 9605 4.4.3: salt XOR counter, both big-endian and aligned at the right.
    store_be64(key + _IV + 4, load_i64(key + _SALT_LOW) ^ ctr)


@step
def seal_body(
    functions: Words, key: int, ctr: int, aad: int, aad_size: int, source: int, size: int, out: int
) -> bool:
    """Write ciphertext || tag of the `size` bytes at `source` to `out`.

    All but sizes are addresses; `aad` is one in an AssociatedData. Returns whether the library did
    it.
    """
    _write_nonce(key, ctr)
    context, iv, scratch = load_i64(key + _CONTEXT), key + _IV, key + _SCRATCH
    tag_size = load_i64(key + TAG_SIZE)
    if load_i64(key + _IS_AEAD):
        return seal(functions, context, iv, aad, aad_size, source, size, out, tag_size, scratch)
    good = apply_keystream(functions, context, iv, source, size, out, scratch)
    _authenticate(key, aad, aad_size, out, size)
    copy_bytes(out + size, hmac.finish(load_i64(key + _HMAC)), tag_size)
    return good


@step
def open_body(
    functions: Words, key: int, ctr: int, aad: int, aad_size: int, sealed: int, size: int, out: int
) -> bool:
    """Write the plaintext of the `size` bytes at `sealed`, behind which the tag stands, to `out`.

    Returns whether the tag fits; after False, what stands in `out` must not be used.
    """
    _write_nonce(key, ctr)
    context, iv, scratch = load_i64(key + _CONTEXT), key + _IV, key + _SCRATCH
    tag, tag_size = sealed + size, load_i64(key + TAG_SIZE)
    if load_i64(key + _IS_AEAD):
        return unseal(
            functions, context, iv, aad, aad_size, sealed, size, tag, tag_size, out, scratch
        )
    _authenticate(key, aad, aad_size, sealed, size)
    if not hmac.fits(load_i64(key + _HMAC), tag, tag_size):
        return False
    return apply_keystream(functions, context, iv, sealed, size, out, scratch)
