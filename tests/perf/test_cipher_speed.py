"""Each cipher alone: seal and open at fixed sizes and on the access units of a camera."""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from pipelines.ciphers.aead import Aead, Bytes, Cipher
from pipelines.ciphers.nonce import NonceCounter
from pipelines.ciphers.table import CIPHERS
from pipelines.media import U8, EncodedFrame

N_MESSAGES = 64
AAD = bytes(12)
CAMERA = "camera"

InRounds = Callable[..., Any]
Call = tuple[Bytes, Bytes, Bytes, U8]

every_cipher = pytest.mark.parametrize("cipher", CIPHERS.values(), ids=CIPHERS)
# An audio packet of G.711, a full video packet, a key frame; then real access units.
every_size = pytest.mark.parametrize("size", [172, 1200, 16_384, CAMERA])


def in_turn(operation: Callable[[Bytes, Bytes, Bytes, U8], int], calls: Sequence[Call]) -> int:
    size = 0
    for call in calls:
        size = operation(*call)
    return size


class Messages:
    """Distinct messages under a new key, and the calls that seal or open each of them once."""

    def __init__(self, cipher: Cipher, plaintexts: Sequence[Bytes]) -> None:
        self.plaintexts = plaintexts
        self.aead: Aead = cipher.new(secrets.token_bytes(cipher.key_size))
        self.sealed = [np.empty(cipher.sealed_size(len(p)), dtype=np.uint8) for p in plaintexts]
        self.opened = [np.empty(len(sealed), dtype=np.uint8) for sealed in self.sealed]
        self._nonce_size = cipher.nonce_size
        self._counter = NonceCounter(width_bytes=8)
        self._nonces: list[bytes] = []

    def seal_calls(self) -> list[Call]:
        """Return one call each, with nonces that were never used before."""
        self._nonces = [
            self._counter.take().to_bytes(self._nonce_size, "big") for _ in self.plaintexts
        ]
        return [
            (nonce, AAD, plaintext, out)
            for nonce, plaintext, out in zip(
                self._nonces, self.plaintexts, self.sealed, strict=True
            )
        ]

    def open_calls(self) -> list[Call]:
        return [
            (nonce, AAD, sealed, out)
            for nonce, sealed, out in zip(self._nonces, self.sealed, self.opened, strict=True)
        ]

    def assert_opened(self) -> None:
        for plaintext, opened in zip(self.plaintexts, self.opened, strict=True):
            assert opened[: len(plaintext)].tobytes() == bytes(plaintext)


@pytest.fixture
def plaintexts(size: int | str, camera_units: Sequence[EncodedFrame]) -> list[Bytes]:
    if size == CAMERA:
        return [unit.payload for unit in camera_units]
    data = np.random.default_rng(1).integers(0, 256, (N_MESSAGES, int(size)), dtype=np.uint8)
    return list(data)


def described(plaintexts: Sequence[Bytes], size: int | str) -> str:
    total = sum(map(len, plaintexts))
    what = "H.264 access units of a camera" if size == CAMERA else f"messages of {size} B"
    return f"{len(plaintexts)} {what}, {total:,} B a round"


@every_cipher
@every_size
def test_seal(
    benchmark: BenchmarkFixture,
    in_rounds: InRounds,
    cipher: Cipher,
    size: int | str,
    plaintexts: list[Bytes],
) -> None:
    benchmark.group = f"seal: {described(plaintexts, size)}"
    messages = Messages(cipher, plaintexts)
    in_rounds(in_turn, setup=lambda: ((messages.aead.seal_into, messages.seal_calls()), {}))
    in_turn(messages.aead.open_into, messages.open_calls())
    messages.assert_opened()


@every_cipher
@every_size
def test_open(
    benchmark: BenchmarkFixture,
    in_rounds: InRounds,
    cipher: Cipher,
    size: int | str,
    plaintexts: list[Bytes],
) -> None:
    benchmark.group = f"open: {described(plaintexts, size)}"
    messages = Messages(cipher, plaintexts)
    in_turn(messages.aead.seal_into, messages.seal_calls())
    last_size = in_rounds(in_turn, args=(messages.aead.open_into, messages.open_calls()))
    assert last_size == len(plaintexts[-1])
    messages.assert_opened()
