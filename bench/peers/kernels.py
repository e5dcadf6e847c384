"""The bare loops: libcrypto's EVP functions, libsrtp in place, and memcpy, with nothing around."""

# ruff: noqa: PLR0917 - compiled code takes numbers and arrays, not objects

import numpy as np
import numpy.typing as npt
from numba import types

from pipelines.compiled import kernel, ready
from pipelines.engines.native.calls import (
    call_i32,
    call_i64,
    load_be16,
    store_be16,
    store_be32,
    store_be64,
)
from pipelines.engines.native.library import NativeLibrary
from pipelines.media import U8

I32 = npt.NDArray[np.int32]
Words = npt.NDArray[np.int64]

AAD_SIZE = 12
"""As much as an RTP header without extras."""

NONCE_SIZE = 12
TAG_SIZE = 16

# The addresses of a library's functions, by position.
_ENCRYPT_INIT, _ENCRYPT_UPDATE, _ENCRYPT_FINAL = 0, 1, 2
_DECRYPT_INIT, _DECRYPT_UPDATE, _DECRYPT_FINAL = 3, 4, 5
_CTRL = 6
_EVP = (
    *("EVP_EncryptInit_ex", "EVP_EncryptUpdate", "EVP_EncryptFinal_ex"),
    *("EVP_DecryptInit_ex", "EVP_DecryptUpdate", "EVP_DecryptFinal_ex"),
    "EVP_CIPHER_CTX_ctrl",
)
_GET_TAG = 0x10  # EVP_CTRL_AEAD_GET_TAG
_SET_TAG = 0x11  # EVP_CTRL_AEAD_SET_TAG

_BYTES = types.Array(types.uint8, 2, "C")
_FLAT = types.Array(types.uint8, 1, "C")
_SIZES = types.Array(types.int32, 1, "C")
_WORDS = types.Array(types.int64, 1, "C")


def evp_addresses(library: NativeLibrary) -> Words:
    """Return where the functions are that the loops call; raises NoNativeLibrary."""
    return np.array(library.addresses(_EVP), dtype=np.int64)


@kernel
def seal_rows(evp: Words, context: int, aad: U8, rows: U8, count: int, first: int, out: U8) -> int:
    """Seal `count` rows, round and round, under the nonces `first`, `first` + 1, ...

    Return how many the library refused. `out` has room for the tag behind each row.
    """
    scratch = np.zeros(32, dtype=np.uint8)
    nonce, written = scratch.ctypes.data, scratch.ctypes.data + 16
    height, size = rows.shape
    refused = 0
    for unit in range(count):
        row = unit % height
        source, to = rows.ctypes.data + row * size, out.ctypes.data + row * out.shape[1]
        store_be32(nonce, 0)
        store_be64(nonce + 4, first + unit)
        good = call_i32(evp[_ENCRYPT_INIT], (context, 0, 0, 0, nonce))
        good &= call_i32(
            evp[_ENCRYPT_UPDATE], (context, 0, written, aad.ctypes.data, np.int32(AAD_SIZE))
        )
        good &= call_i32(evp[_ENCRYPT_UPDATE], (context, to, written, source, np.int32(size)))
        good &= call_i32(evp[_ENCRYPT_FINAL], (context, to + size, written))
        good &= call_i32(evp[_CTRL], (context, np.int32(_GET_TAG), np.int32(TAG_SIZE), to + size))
        refused += good != 1
    return refused


@kernel
def open_rows(evp: Words, context: int, aad: U8, rows: U8, count: int, first: int, out: U8) -> int:
    """Open `count` rows of ciphertext || tag, round and round; row i has the nonce `first` + i.

    Return how many tags did not fit.
    """
    scratch = np.zeros(32, dtype=np.uint8)
    nonce, written = scratch.ctypes.data, scratch.ctypes.data + 16
    height, stride = rows.shape
    size = stride - TAG_SIZE
    refused = 0
    for unit in range(count):
        row = unit % height
        source, to = rows.ctypes.data + row * stride, out.ctypes.data + row * out.shape[1]
        store_be32(nonce, 0)
        store_be64(nonce + 4, first + row)
        good = call_i32(evp[_DECRYPT_INIT], (context, 0, 0, 0, nonce))
        good &= call_i32(
            evp[_CTRL], (context, np.int32(_SET_TAG), np.int32(TAG_SIZE), source + size)
        )
        good &= call_i32(
            evp[_DECRYPT_UPDATE], (context, 0, written, aad.ctypes.data, np.int32(AAD_SIZE))
        )
        good &= call_i32(evp[_DECRYPT_UPDATE], (context, to, written, source, np.int32(size)))
        good &= call_i32(evp[_DECRYPT_FINAL], (context, to + size, written))
        refused += good != 1
    return refused


@kernel
def in_place(function: int, session: int, data: U8, size: I32) -> int:
    """Call libsrtp's srtp_protect or srtp_unprotect on each row, in place; return the refusals.

    A row has room for the tag behind its `size`.
    """
    refused = 0
    for row in range(data.shape[0]):
        to = data.ctypes.data + row * data.shape[1]
        if call_i32(function, (session, to, size.ctypes.data + 4 * row)) != 0:
            refused += 1
    return refused


@kernel
def copy_rows(memcpy: int, rows: U8, count: int, size: int, out: U8) -> int:
    """Copy `size` bytes of `count` rows, round and round, by the C library's memcpy."""
    for unit in range(count):
        row = unit % rows.shape[0]
        call_i64(
            memcpy,
            (out.ctypes.data + row * out.shape[1], rows.ctypes.data + row * rows.shape[1], size),
        )
    return 0


@kernel
def renumber(data: U8, step: int) -> int:
    """Move the sequence number of every row's RTP header on by `step`, modulo 2^16."""
    for row in range(data.shape[0]):
        at = data.ctypes.data + row * data.shape[1] + 2
        store_be16(at, load_be16(at) + step)
    return 0


def ready_kernels() -> None:
    """Compile the loops, or load them from the cache."""
    keyed_rows = (_WORDS, types.int64, _FLAT, _BYTES, types.int64, types.int64, _BYTES)
    ready(seal_rows, *keyed_rows)
    ready(open_rows, *keyed_rows)
    ready(in_place, types.int64, types.int64, _BYTES, _SIZES)
    ready(renumber, _BYTES, types.int64)
    ready(copy_rows, types.int64, _BYTES, types.int64, types.int64, _BYTES)
