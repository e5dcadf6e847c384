"""AEADs and block ciphers of libcrypto for compiled code: keyed once, then a new IV per message."""

# ruff: noqa: PLR0917 - compiled code takes addresses and sizes, not objects

import ctypes
import weakref

import numpy as np
import numpy.typing as npt

from pipelines.compiled import step
from pipelines.engines.native.calls import call_i32, store_i64
from pipelines.engines.native.library import NativeLibrary, NoNativeLibrary

# The address table: what each entry is, by the position that compiled code knows it by.
ENCRYPT_INIT = 0
ENCRYPT_UPDATE = 1
ENCRYPT_FINAL = 2
GET_PARAMETERS = 3
DECRYPT_INIT = 4
DECRYPT_UPDATE = 5
DECRYPT_FINAL = 6
_FUNCTIONS = {
    ENCRYPT_INIT: "EVP_EncryptInit_ex",
    ENCRYPT_UPDATE: "EVP_EncryptUpdate",
    ENCRYPT_FINAL: "EVP_EncryptFinal_ex",
    GET_PARAMETERS: "EVP_CIPHER_CTX_get_params",
    DECRYPT_INIT: "EVP_DecryptInit_ex2",
    DECRYPT_UPDATE: "EVP_DecryptUpdate",
    DECRYPT_FINAL: "EVP_DecryptFinal_ex",
}
EVP_FUNCTIONS = len(_FUNCTIONS)
"""How many addresses the table holds."""

Words = npt.NDArray[np.int64]

# A scratch: where the library writes a length nobody needs, then the request for a tag, which is an
# array of two OSSL_PARAM (key, data type, data, size, returned size), the second one empty. Asking
# so instead of by EVP_CIPHER_CTX_ctrl, which builds the same request each time, saves 15 ns.
_TAG_REQUEST = 16
_TAG_DATA = _TAG_REQUEST + 16
_TAG_SIZE = _TAG_REQUEST + 24
_TAG_KEY = ctypes.create_string_buffer(b"tag")  # OSSL_CIPHER_PARAM_AEAD_TAG
_OCTET_STRING = 5  # OSSL_PARAM_OCTET_STRING


def evp_addresses(library: NativeLibrary) -> tuple[int, ...]:
    """Return the address table of `library`; raises NoNativeLibrary where a function is missing."""
    return library.addresses(_FUNCTIONS[position] for position in range(EVP_FUNCTIONS))


def new_scratch() -> Words:
    """Return the memory that `seal` and `unseal` use beside the message, for one thread."""
    scratch = np.zeros(12, dtype=np.int64)
    scratch[_TAG_REQUEST // 8] = ctypes.addressof(_TAG_KEY)
    scratch[_TAG_REQUEST // 8 + 1] = _OCTET_STRING
    return scratch


class KeyedContext:
    """An EVP_CIPHER_CTX that holds a key; its memory is wiped and freed with this object.

    `cipher` is the end of the function's name: `aes_128_gcm`, `aes_256_ctr`,
    `chacha20_poly1305`. `address` is what compiled code works on, one thread at a time.
    """

    __slots__ = ("__weakref__", "address")

    def __init__(
        self, library: NativeLibrary, cipher: str, key: bytes, *, encrypting: bool
    ) -> None:
        new = ctypes.CFUNCTYPE(ctypes.c_void_p)(library.address("EVP_CIPHER_CTX_new"))
        free = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(library.address("EVP_CIPHER_CTX_free"))
        method = ctypes.CFUNCTYPE(ctypes.c_void_p)(library.address(f"EVP_{cipher}"))
        init = ctypes.CFUNCTYPE(
            ctypes.c_int,
            *(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p),
        )(library.address(f"EVP_{'En' if encrypting else 'De'}cryptInit_ex"))
        self.address = int(new())
        weakref.finalize(self, free, self.address)
        if init(self.address, method(), None, key, None) != 1:
            raise NoNativeLibrary(f"{library.path} has no working {cipher}")


@step
def seal(
    functions: Words,
    context: int,
    iv: int,
    aad: int,
    aad_size: int,
    plaintext: int,
    size: int,
    out: int,
    tag_size: int,
    scratch: int,
) -> bool:
    """Write ciphertext || tag to `out`, and return whether the library did it.

    All but sizes are addresses, `scratch` that of a `new_scratch`. `out` may be `plaintext`.
    """
    good = call_i32(functions[ENCRYPT_INIT], (context, 0, 0, 0, iv)) == 1
    if aad_size > 0:
        done = call_i32(functions[ENCRYPT_UPDATE], (context, 0, scratch, aad, np.int32(aad_size)))
        good &= done == 1
    if size > 0:
        done = call_i32(
            functions[ENCRYPT_UPDATE], (context, out, scratch, plaintext, np.int32(size))
        )
        good &= done == 1
    good &= call_i32(functions[ENCRYPT_FINAL], (context, out + size, scratch)) == 1
    store_i64(scratch + _TAG_DATA, out + size)
    store_i64(scratch + _TAG_SIZE, tag_size)
    good &= call_i32(functions[GET_PARAMETERS], (context, scratch + _TAG_REQUEST)) == 1
    return good


@step
def unseal(
    functions: Words,
    context: int,
    iv: int,
    aad: int,
    aad_size: int,
    ciphertext: int,
    size: int,
    tag: int,
    tag_size: int,
    out: int,
    scratch: int,
) -> bool:
    """Write the plaintext to `out`, and return whether the tag fits (compared in constant time).

    All but sizes are addresses, `scratch` that of a `new_scratch`. What stands in `out` after
    False must not be used. `out` may be `ciphertext`.
    """
    store_i64(scratch + _TAG_DATA, tag)
    store_i64(scratch + _TAG_SIZE, tag_size)
    good = call_i32(functions[DECRYPT_INIT], (context, 0, 0, iv, scratch + _TAG_REQUEST)) == 1
    if aad_size > 0:
        done = call_i32(functions[DECRYPT_UPDATE], (context, 0, scratch, aad, np.int32(aad_size)))
        good &= done == 1
    if size > 0:
        done = call_i32(
            functions[DECRYPT_UPDATE], (context, out, scratch, ciphertext, np.int32(size))
        )
        good &= done == 1
    # The library's final call may say 0 or less: anything but 1 is a refusal.
    good &= call_i32(functions[DECRYPT_FINAL], (context, out + size, scratch)) == 1
    return good


@step
def apply_keystream(
    functions: Words, context: int, iv: int, data: int, size: int, out: int, scratch: int
) -> bool:
    """Write `data` XOR the keystream of a context in counter mode, which starts at the block `iv`.

    `out` may be `data`. Counter mode is the same both ways: the context is one for encrypting.
    """
    good = call_i32(functions[ENCRYPT_INIT], (context, 0, 0, 0, iv)) == 1
    if size > 0:
        done = call_i32(functions[ENCRYPT_UPDATE], (context, out, scratch, data, np.int32(size)))
        good &= done == 1
    return good
