"""AES-128 in ECB mode: an insecure baseline, as one product used on its media until April 2020.

Equal plaintext blocks give equal ciphertext blocks, nothing is authenticated, and a receiver that
reports bad padding is a padding oracle. It is here to be measured, never to be used.
"""

from typing import Final, cast

from cryptography.hazmat.primitives.ciphers import Cipher as Construction
from cryptography.hazmat.primitives.ciphers import algorithms, modes

from pipelines.ciphers.aead import Bytes, Cipher
from pipelines.ciphers.library import BlockMode
from pipelines.media import U8
from pipelines.stage import Malformed

_BLOCK = 16


class _AesEcb:
    """ECB keeps nothing from block to block, so one context each way serves every message."""

    __slots__ = ("_decryptor", "_encryptor")

    def __init__(self, key: bytes) -> None:
        if len(key) != AES_128_ECB.key_size:
            raise ValueError(f"aes-128-ecb: key of {len(key)} bytes, needs {AES_128_ECB.key_size}")
        construction = Construction(
            algorithms.AES(key),
            modes.ECB(),  # noqa: S305 - the point of this file, labelled insecure
        )
        self._encryptor = cast("BlockMode", construction.encryptor())
        self._decryptor = cast("BlockMode", construction.decryptor())

    def seal_into(self, nonce: Bytes, aad: Bytes, plaintext: Bytes, out: U8) -> int:
        del aad
        whole = len(plaintext) // _BLOCK * _BLOCK
        size = whole + _BLOCK
        _check(nonce, out, size)
        self._encryptor.update_into(plaintext[:whole], out)
        # RFC 5652 6.3 (PKCS #7): fill the last block with the count of the bytes it lacks.
        last = bytes(plaintext[whole:])
        count = _BLOCK - len(last)
        out.data[whole:size] = self._encryptor.update(last + bytes((count,)) * count)
        return size

    def open_into(self, nonce: Bytes, aad: Bytes, sealed: Bytes, out: U8) -> int:
        del aad
        size = len(sealed)
        # A caller's mistake is named before what is wrong with the bytes from the wire.
        _check(nonce, out, size if size % _BLOCK == 0 else 0)
        if size == 0 or size % _BLOCK:
            raise Malformed(f"aes-128-ecb: {size} bytes sealed, needs whole blocks of {_BLOCK}")
        # The library wants a block less one byte more room than it fills; the last block, which
        # is padded and goes apart, leaves that.
        whole = size - _BLOCK
        self._decryptor.update_into(sealed[:whole], out)
        last = self._decryptor.update(bytes(sealed[whole:]))
        count = last[-1]
        if not 1 <= count <= _BLOCK or last[-count:] != bytes((count,)) * count:
            raise Malformed("aes-128-ecb: padding does not fit")
        opened = size - count
        out.data[whole:opened] = last[: _BLOCK - count]
        return opened


def _check(nonce: Bytes, out: U8, size: int) -> None:
    if len(nonce) != AES_128_ECB.nonce_size:
        raise ValueError(
            f"aes-128-ecb: nonce of {len(nonce)} bytes, needs {AES_128_ECB.nonce_size}"
        )
    if len(out) < size:
        raise ValueError(f"aes-128-ecb: out of {len(out)} bytes, needs {size}")


AES_128_ECB: Final = Cipher(
    name="aes-128-ecb",
    summary="AES block by block with no nonce and no tag: an insecure baseline.",
    source="NIST SP 800-38A 6.1; Citizen Lab, Move Fast and Roll Your Own Crypto (2020)",
    key_size=16,
    nonce_size=12,
    tag_size=0,
    authenticated=False,
    new=_AesEcb,
    labels=("insecure", "unauthenticated"),
    padding_block=_BLOCK,
)
