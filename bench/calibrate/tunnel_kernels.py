"""A tunnel's messages in one compiled call: libcrypto's AEADs, row after row."""

# ruff: noqa: PLR0917 - compiled code takes numbers and arrays, not objects

from numba import types

from pipelines.compiled import kernel, ready
from pipelines.engines.native.calls import store_be32, store_be64
from pipelines.engines.native.evp import Words, seal, unseal
from pipelines.media import U8

NONCE_SIZE = 12
TAG_SIZE = 16

_WORDS = types.int64[::1]
_ROWS = types.uint8[:, ::1]
_ARGUMENTS = (_WORDS, types.int64, types.uint8[::1], _ROWS, types.int64, _ROWS, _WORDS)


@kernel
def seal_rows(
    evp: Words, context: int, aad: U8, rows: U8, first: int, out: U8, scratch: Words
) -> int:
    """Seal each row under the nonces `first`, `first` + 1, ...; return how many were refused.

    `out` has room for the tag behind each row; the last two words of `scratch` hold the nonce.
    """
    refused = 0
    nonce = scratch.ctypes.data + 8 * (len(scratch) - 2)
    size = rows.shape[1]
    for row in range(rows.shape[0]):
        store_be32(nonce, 0)
        store_be64(nonce + 4, first + row)
        good = seal(
            evp,
            context,
            nonce,
            aad.ctypes.data,
            len(aad),
            rows.ctypes.data + row * size,
            size,
            out.ctypes.data + row * out.shape[1],
            TAG_SIZE,
            scratch.ctypes.data,
        )
        refused += not good
    return refused


@kernel
def open_rows(
    evp: Words, context: int, aad: U8, rows: U8, first: int, out: U8, scratch: Words
) -> int:
    """Open each row of ciphertext || tag, sealed under `first` + row; return how many were refused.

    Arguments are those of `seal_rows`.
    """
    refused = 0
    nonce = scratch.ctypes.data + 8 * (len(scratch) - 2)
    stride = rows.shape[1]
    size = stride - TAG_SIZE
    for row in range(rows.shape[0]):
        store_be32(nonce, 0)
        store_be64(nonce + 4, first + row)
        source = rows.ctypes.data + row * stride
        good = unseal(
            evp,
            context,
            nonce,
            aad.ctypes.data,
            len(aad),
            source,
            size,
            source + size,
            TAG_SIZE,
            out.ctypes.data + row * out.shape[1],
            scratch.ctypes.data,
        )
        refused += not good
    return refused


def ready_kernels() -> None:
    """Compile both, or load them from the cache."""
    ready(seal_rows, *_ARGUMENTS)
    ready(open_rows, *_ARGUMENTS)
