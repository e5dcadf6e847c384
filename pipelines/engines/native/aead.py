"""The ciphers of the project on libcrypto, a message at a time: the AEAD contract, natively.

For frames of some KiB. Packets go through the batch kernels, which know their format.
"""

# ruff: noqa: PLR0917 - compiled code takes addresses and sizes, not objects

from collections.abc import Mapping
from typing import cast

import numpy as np
import numpy.typing as npt
from numba import types

from pipelines.ciphers.aead import Bytes, Cipher
from pipelines.compiled import kernel, ready, step
from pipelines.engines.native import hmac
from pipelines.engines.native.calls import call_i32, copy_bytes, load_i32, own_words, store_be64
from pipelines.engines.native.evp import (
    DECRYPT_INIT,
    ENCRYPT_INIT,
    EVP_FUNCTIONS,
    KeyedContext,
    Words,
    apply_keystream,
    evp_addresses,
    new_scratch,
    seal,
    unseal,
)
from pipelines.engines.native.library import NativeLibrary
from pipelines.media import U8
from pipelines.stage import AuthenticationFailed, Malformed

# How a cipher is put together.
_AEAD, _SFRAME, _SRTP, _ECB = range(4)

# Words of a keyed cipher: the address table, then these, then memory that a message uses.
_FORM, _SEALING, _OPENING, _HMAC = (EVP_FUNCTIONS + word for word in range(4))
_NONCE_SIZE, _TAG_SIZE, _BLOCK, _AAD, _NONCE, _IV, _LENGTHS, _SCRATCH = (
    EVP_FUNCTIONS + word for word in (4, 5, 6, 7, 8, 11, 13, 16)
)
_WORDS = _SCRATCH + len(new_scratch())

_EVP_NAMES: Mapping[str, tuple[int, str, hmac.Hash | None]] = {
    "aes-128-gcm": (_AEAD, "aes_128_gcm", None),
    "aes-256-gcm": (_AEAD, "aes_256_gcm", None),
    "chacha20-poly1305": (_AEAD, "chacha20_poly1305", None),
    "aes-128-ctr-hmac-sha256-80": (_SFRAME, "aes_128_ctr", hmac.SHA256),
    "aes-128-ctr-hmac-sha256-64": (_SFRAME, "aes_128_ctr", hmac.SHA256),
    "aes-128-ctr-hmac-sha256-32": (_SFRAME, "aes_128_ctr", hmac.SHA256),
    "aes-cm-128-hmac-sha1-80": (_SRTP, "aes_128_ctr", hmac.SHA1),
    "aes-cm-128-hmac-sha1-32": (_SRTP, "aes_128_ctr", hmac.SHA1),
    "aes-cm-256-hmac-sha1-80": (_SRTP, "aes_256_ctr", hmac.SHA1),
    "aes-cm-256-hmac-sha1-32": (_SRTP, "aes_256_ctr", hmac.SHA1),
    "aes-128-ecb": (_ECB, "aes_128_ecb", None),
}

# What a kernel returns instead of a size.
_MISFIT, _SHORT, _FORGED, _FAILED = -1, -2, -3, -4

_LARGEST = 0x7FFFFFFF - 64  # the library counts in C's `int`

_SMALL = 64  # bytes of associated data that there is room for from the start

_READ = types.Array(types.uint8, 1, "A", readonly=True)
_ARGUMENTS = (types.int64[::1], types.int64, _READ, types.Array(types.uint8, 1, "A"))


@step
def _misfits(data: U8, out: U8, room: int) -> bool:
    """Return whether an array is not contiguous, or of a size that cannot be."""
    odd = len(out) < room or len(data) > _LARGEST
    return odd or (len(data) > 1 and data.strides[0] != 1) or (len(out) > 1 and out.strides[0] != 1)


@step
def _at(words: Words, word: int) -> int:
    return int(words.ctypes.data) + 8 * word


@step
def _compose_iv(words: Words) -> int:
    """Return the address of the first counter block."""
    # RFC 9605 4.5.1: IV = nonce || 0^32. RFC 3711 4.1.1: all 16 bytes of it come as the nonce.
    words[_IV], words[_IV + 1] = 0, 0
    copy_bytes(_at(words, _IV), _at(words, _NONCE), min(int(words[_NONCE_SIZE]), 16))
    return _at(words, _IV)


@step
def _authenticate(words: Words, aad_size: int, ciphertext: int, size: int) -> None:
    keyed, aad, nonce = words[_HMAC], words[_AAD], _at(words, _NONCE)
    hmac.begin(keyed)
    if words[_FORM] == _SFRAME:
        # RFC 9605 4.5.1: aad length || ciphertext length || tag length || nonce || aad || ct.
        lengths = _at(words, _LENGTHS)
        store_be64(lengths, aad_size)
        store_be64(lengths + 8, size)
        store_be64(lengths + 16, words[_TAG_SIZE])
        hmac.update(keyed, lengths, 24)
        hmac.update(keyed, nonce, words[_NONCE_SIZE])
        hmac.update(keyed, aad, aad_size)
        hmac.update(keyed, ciphertext, size)
    else:
        # RFC 3711 4.2: header || ciphertext || ROC, which follows the IV in the nonce.
        hmac.update(keyed, aad, aad_size)
        hmac.update(keyed, ciphertext, size)
        hmac.update(keyed, nonce + 16, words[_NONCE_SIZE] - 16)


@step
def _transform_blocks(
    words: Words, context: int, first: int, data: int, size: int, out: int
) -> int:
    """Return the size of `data` in ECB mode with PKCS #7 padding; `first` is the call to begin."""
    written = _at(words, _SCRATCH)
    good = call_i32(words[first], (context, 0, 0, 0, 0)) == 1
    good &= call_i32(words[first + 1], (context, out, written, data, np.int32(size))) == 1
    filled = load_i32(written)
    good &= call_i32(words[first + 2], (context, out + filled, written)) == 1
    return filled + load_i32(written) if good else _FORGED


@kernel
def _seal(words: Words, aad_size: int, plaintext: U8, out: U8) -> int:
    size, block = len(plaintext), words[_BLOCK]
    room = size + words[_TAG_SIZE]
    if block > 1:
        room += block - size % block
    if _misfits(plaintext, out, room):
        return _MISFIT
    source, target, scratch = plaintext.ctypes.data, out.ctypes.data, _at(words, _SCRATCH)
    context = words[_SEALING]
    form = words[_FORM]
    if form == _AEAD:
        good = seal(
            words,
            context,
            _at(words, _NONCE),
            words[_AAD],
            aad_size,
            source,
            size,
            target,
            words[_TAG_SIZE],
            scratch,
        )
    elif form == _ECB:
        good = _transform_blocks(words, context, ENCRYPT_INIT, source, size, target) == room
    else:
        good = apply_keystream(words, context, _compose_iv(words), source, size, target, scratch)
        _authenticate(words, aad_size, target, size)
        copy_bytes(target + size, hmac.finish(words[_HMAC]), words[_TAG_SIZE])
    return room if good else _FAILED


@kernel
def _open(words: Words, aad_size: int, sealed: U8, out: U8) -> int:
    size, block = len(sealed) - words[_TAG_SIZE], words[_BLOCK]
    if size < 0 or (block > 1 and (size == 0 or size % block != 0)):
        return _SHORT
    if _misfits(sealed, out, size):
        return _MISFIT
    source, target, scratch = sealed.ctypes.data, out.ctypes.data, _at(words, _SCRATCH)
    context = words[_OPENING]
    form = words[_FORM]
    if form == _AEAD:
        good = unseal(
            words,
            context,
            _at(words, _NONCE),
            words[_AAD],
            aad_size,
            source,
            size,
            source + size,
            words[_TAG_SIZE],
            target,
            scratch,
        )
        return size if good else _FORGED
    if form == _ECB:
        return _transform_blocks(words, context, DECRYPT_INIT, source, size, target)
    _authenticate(words, aad_size, source, size)
    if not hmac.fits(words[_HMAC], source + size, words[_TAG_SIZE]):
        return _FORGED
    iv = _compose_iv(words)
    good = apply_keystream(words, context, iv, source, size, target, scratch)
    return size if good else _FAILED


class NativeAead:
    """A cipher of the table, keyed in libcrypto; keeps `pipelines.ciphers.aead.Aead`."""

    __slots__ = ("_aad", "_contexts", "_hmac", "_name", "_nonce", "_words")

    def __init__(self, library: NativeLibrary, cipher: Cipher, key: bytes) -> None:
        if len(key) != cipher.key_size:
            raise ValueError(f"{cipher.name}: key of {len(key)} bytes, needs {cipher.key_size}")
        form, evp_name, digest = _EVP_NAMES[cipher.name]
        self._name = cipher.name
        self._words: Words = own_words(_WORDS)
        self._words[:EVP_FUNCTIONS] = evp_addresses(library)
        self._words[_SCRATCH:] = new_scratch()
        self._hmac: hmac.KeyedHmac | None = None
        if digest is not None:
            # The composites' keys are encryption key || authentication key.
            split = 16 if "128" in evp_name else 32
            key, auth_key = key[:split], key[split:]
            self._hmac = hmac.KeyedHmac(library, digest, auth_key)
            self._words[_HMAC] = self._hmac.address
        sealing = KeyedContext(library, evp_name, key, encrypting=True)
        # Counter mode is the same both ways.
        opening = sealing if digest else KeyedContext(library, evp_name, key, encrypting=False)
        self._contexts = (sealing, opening)
        self._words[_FORM : _FORM + 3] = (form, sealing.address, opening.address)
        self._words[_NONCE_SIZE : _NONCE_SIZE + 3] = (
            cipher.nonce_size,
            cipher.tag_size,
            cipher.padding_block,
        )
        # Copied to a fixed place: handing over two more arrays takes 0.5 us, their making included.
        self._nonce = self._words[_NONCE:_IV].data.cast("B")[: cipher.nonce_size]
        self._aad = memoryview(b"")
        self._make_room(_SMALL)
        ready(_seal, *_ARGUMENTS)
        ready(_open, *_ARGUMENTS)

    def seal_into(self, nonce: Bytes, aad: Bytes, plaintext: Bytes, out: U8) -> int:
        """Keep `Aead.seal_into`."""
        size = _seal(self._words, self._take(nonce, aad), _array(plaintext), out)
        if size >= 0:
            return size
        if size == _MISFIT:
            block = int(self._words[_BLOCK])
            padding = block - len(plaintext) % block if block > 1 else 0
            room = len(plaintext) + int(self._words[_TAG_SIZE]) + padding
            raise ValueError(self._complaint(out, room))
        raise RuntimeError(f"libcrypto failed to encrypt with {self._name}")

    def open_into(self, nonce: Bytes, aad: Bytes, sealed: Bytes, out: U8) -> int:
        """Keep `Aead.open_into`."""
        size = _open(self._words, self._take(nonce, aad), _array(sealed), out)
        if size >= 0:
            return size
        if size == _MISFIT:
            room = len(sealed) - int(self._words[_TAG_SIZE])
            raise ValueError(self._complaint(out, room))
        if size == _SHORT:
            raise Malformed(f"{self._name}: {len(sealed)} bytes sealed are too few, or no blocks")
        if size == _FORGED and self._words[_FORM] == _ECB:
            raise Malformed(f"{self._name}: padding does not fit")
        if size == _FORGED:
            raise AuthenticationFailed(f"{self._name}: tag does not fit")
        raise RuntimeError(f"libcrypto failed to decrypt with {self._name}")

    def _take(self, nonce: Bytes, aad: Bytes) -> int:
        """Have nonce and associated data where compiled code looks; return the size of the data."""
        if len(nonce) != len(self._nonce):
            raise ValueError(f"{self._name}: nonce of {len(nonce)} bytes, needs {len(self._nonce)}")
        self._nonce[:] = cast("bytes", nonce)
        size = len(aad)
        if size > len(self._aad):
            self._make_room(size)
        self._aad[:size] = cast("bytes", aad)
        return size

    def _make_room(self, aad_size: int) -> None:
        memory = np.zeros(aad_size, dtype=np.uint8)
        self._aad = memory.data
        self._words[_AAD] = memory.ctypes.data

    def _complaint(self, out: U8, room: int) -> str:
        if len(out) < room:
            return f"{self._name}: out of {len(out)} bytes, needs {room}"
        return f"{self._name}: a buffer is not contiguous, or larger than {_LARGEST} bytes"


def has_native(cipher: Cipher) -> bool:
    """Return whether `cipher` is one that libcrypto executes; the null cipher is a mere copy."""
    return cipher.name in _EVP_NAMES


def _array(data: Bytes) -> npt.NDArray[np.uint8]:
    return data if isinstance(data, np.ndarray) else np.frombuffer(data, dtype=np.uint8)
