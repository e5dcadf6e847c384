"""HMAC (RFC 2104) for compiled code, on the library's hash functions.

The key is hashed once, into the states of the inner and the outer hash. A message then costs two
copies of about 100 bytes where EVP_MAC sets up contexts: 0.2 us a message, as much as the hashing
of a short packet. The outer hash has one block left, always the same but for the inner digest: it
goes to the library's compression function as it is, which saves another 25 ns.
"""

import ctypes
import weakref
from dataclasses import dataclass

from pipelines.compiled import step
from pipelines.engines.native.calls import (
    call_i32,
    call_void,
    copy_bytes,
    load_i32,
    load_i64,
    own_words,
    store_be32,
)
from pipelines.engines.native.library import NativeLibrary

_BLOCK = 64

# Bytes copied for a hash state: SHA_CTX has 96, SHA256_CTX 112 (openssl/sha.h).
_STATE = 112

# Where the parts of a keyed HMAC lie in its memory, in bytes.
_INNER, _OUTER, _WORKING, _LAST_BLOCK, _DIGEST = 0, 128, 256, 384, 448
_UPDATE, _FINAL, _TRANSFORM, _COMPARE, _DIGEST_SIZE = 480, 488, 496, 504, 512
_SIZE = 520


@dataclass(frozen=True, slots=True, kw_only=True)
class Hash:
    """A hash function by the name that its functions begin with in libcrypto."""

    name: str
    digest_size: int


SHA1 = Hash(name="SHA1", digest_size=20)
SHA256 = Hash(name="SHA256", digest_size=32)


def hash_addresses(library: NativeLibrary, function: Hash) -> tuple[int, ...]:
    """Return what an HMAC calls; raises NoNativeLibrary where a function is missing.

    Builds of OpenSSL without its deprecated functions lack these.
    """
    calls = (f"{function.name}_{call}" for call in ("Init", "Update", "Final", "Transform"))
    return library.addresses((*calls, "CRYPTO_memcmp"))


class KeyedHmac:
    """An HMAC that holds a key; its memory is wiped with this object.

    `address` is what compiled code works on, one thread at a time.
    """

    __slots__ = ("__weakref__", "_memory", "address")

    def __init__(self, library: NativeLibrary, function: Hash, key: bytes) -> None:
        if len(key) > _BLOCK:
            raise ValueError(f"HMAC key of {len(key)} bytes; at most {_BLOCK} are taken here")
        init, update, final, transform, compare = hash_addresses(library, function)
        self._memory = own_words(_SIZE // 8)
        self.address = int(self._memory.ctypes.data)
        start = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(init)
        absorb = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)(
            update
        )
        for offset, padding in ((_INNER, 0x36), (_OUTER, 0x5C)):
            start(self.address + offset)
            padded = bytes(byte ^ padding for byte in key.ljust(_BLOCK, b"\0"))
            absorb(self.address + offset, padded, _BLOCK)
        # FIPS 180-4 5.1.1: a one bit, zeros, and the length in bits; the key's block counts too.
        bits = 8 * (_BLOCK + function.digest_size)
        end = b"\x80".ljust(_BLOCK - function.digest_size - 8, b"\0") + bits.to_bytes(8)
        ctypes.memmove(self.address + _LAST_BLOCK + function.digest_size, end, len(end))
        self._memory[_TRANSFORM // 8] = transform
        self._memory[_UPDATE // 8] = update
        self._memory[_FINAL // 8] = final
        self._memory[_COMPARE // 8] = compare
        self._memory[_DIGEST_SIZE // 8] = function.digest_size
        weakref.finalize(self, self._memory.fill, 0)


@step
def begin(hmac: int) -> None:
    """Begin the HMAC of a new message."""
    copy_bytes(hmac + _WORKING, hmac + _INNER, _STATE)


@step
def update(hmac: int, data: int, size: int) -> None:
    """Authenticate the `size` bytes at `data` too."""
    call_i32(load_i64(hmac + _UPDATE), (hmac + _WORKING, data, size))


@step
def finish(hmac: int) -> int:
    """Return the address of the whole tag, valid until the next message."""
    working, block, digest = hmac + _WORKING, hmac + _LAST_BLOCK, hmac + _DIGEST
    call_i32(load_i64(hmac + _FINAL), (block, working))
    copy_bytes(working, hmac + _OUTER, _STATE)
    call_void(load_i64(hmac + _TRANSFORM), (working, block))
    # Both states begin with the chaining value, in words of the machine's own byte order.
    for offset in range(0, load_i64(hmac + _DIGEST_SIZE), 4):
        store_be32(digest + offset, load_i32(working + offset))
    return digest


@step
def fits(hmac: int, tag: int, size: int) -> bool:
    """Finish, and return whether the first `size` bytes are those at `tag`, in constant time."""
    return call_i32(load_i64(hmac + _COMPARE), (finish(hmac), tag, size)) == 0
