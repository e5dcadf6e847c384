"""What a tunnel's packets cost: messages sealed and opened by a bare AEAD, many in a call."""

import os
from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np

from bench.calibrate.block import Block, BlockProbe, Run
from bench.calibrate.probe import Bench, ProbePlan
from bench.calibrate.tunnel_kernels import (
    NONCE_SIZE,
    TAG_SIZE,
    open_rows,
    ready_kernels,
    seal_rows,
)
from bench.profile import keys
from bench.verdict import WrongAnswer
from pipelines.ciphers.aead import Cipher
from pipelines.ciphers.table import CIPHERS
from pipelines.engines.engine import Engine
from pipelines.engines.libcrypto import LibcryptoEngine
from pipelines.engines.native.evp import KeyedContext, evp_addresses, new_scratch
from pipelines.engines.native.library import best_library
from pipelines.media import U8
from pipelines.stage import AuthenticationFailed

TUNNEL_CIPHERS = ("aes-128-gcm", "aes-256-gcm", "chacha20-poly1305")
SIZES = (200, 600, 1000, 1400)
"""Bytes of a message: from an audio packet in an IP header to what an Ethernet frame holds."""

MESSAGES = 2048
AAD_SIZE = 8
"""As much as ESP authenticates beside the message: SPI and sequence number (RFC 4106 5)."""


class Tunnel(Protocol):
    """Both ends under one key. Nonces count from `first` on; each method returns the refusals."""

    def seal(self, rows: U8, first: int, out: U8) -> int:
        """Write ciphertext || tag of each row to `out`."""

    def open(self, rows: U8, first: int, out: U8) -> int:
        """Write the plaintext of each row to `out`."""


def tunnel_plans() -> tuple[ProbePlan, ...]:
    """Return a plan for each cipher: both directions."""
    on = f"{MESSAGES} random messages of {', '.join(map(str, SIZES))} B, {AAD_SIZE} B beside each"
    return tuple(
        ProbePlan(
            name=f"tunnel {name}",
            on={keys.aead_seal(name): on, keys.aead_open(name): on},
            open=partial(_open, CIPHERS[name]),
            library=_library,
        )
        for name in TUNNEL_CIPHERS
    )


def _library(engine: Engine) -> str:
    if isinstance(engine, LibcryptoEngine):
        return f"{engine.library()}, one compiled call for all"
    return f"{engine.library()}, one call for each"


def new_tunnel(engine: Engine, cipher: Cipher, key: bytes) -> Tunnel:
    """Return `cipher` keyed, compiled where the engine is."""
    if isinstance(engine, LibcryptoEngine):
        return _Compiled(cipher, key)
    return _OneByOne(engine, cipher, key)


class _Compiled:
    """libcrypto's own functions in a compiled loop."""

    def __init__(self, cipher: Cipher, key: bytes) -> None:
        ready_kernels()
        library = best_library()
        name = cipher.name.replace("-", "_")
        self._evp = np.array(evp_addresses(library), dtype=np.int64)
        self._sealer = KeyedContext(library, name, key, encrypting=True)
        self._opener = KeyedContext(library, name, key, encrypting=False)
        # Two words more than a scratch: the nonce.
        self._scratch = np.concatenate([new_scratch(), np.zeros(2, dtype=np.int64)])
        self._aad = np.frombuffer(_AAD, dtype=np.uint8).copy()

    def seal(self, rows: U8, first: int, out: U8) -> int:
        return seal_rows(
            self._evp, self._sealer.address, self._aad, rows, first, out, self._scratch
        )

    def open(self, rows: U8, first: int, out: U8) -> int:
        return open_rows(
            self._evp, self._opener.address, self._aad, rows, first, out, self._scratch
        )


class _OneByOne:
    """A call into the engine for each message."""

    def __init__(self, engine: Engine, cipher: Cipher, key: bytes) -> None:
        self._aead = engine.aead(cipher, key)

    def seal(self, rows: U8, first: int, out: U8) -> int:
        seal_into = self._aead.seal_into
        for number, (row, sealed) in enumerate(zip(rows, out, strict=True), start=first):
            seal_into(number.to_bytes(NONCE_SIZE), _AAD, row, sealed)
        return 0

    def open(self, rows: U8, first: int, out: U8) -> int:
        refused = 0
        open_into = self._aead.open_into
        for number, (row, opened) in enumerate(zip(rows, out, strict=True), start=first):
            try:
                open_into(number.to_bytes(NONCE_SIZE), _AAD, row, opened)
            except AuthenticationFailed:
                refused += 1
        return refused


_AAD = bytes(range(AAD_SIZE))


def _open(cipher: Cipher, bench: Bench) -> BlockProbe:
    sealing = new_tunnel(bench.engine, cipher, os.urandom(cipher.key_size))
    key = os.urandom(cipher.key_size)
    opening = new_tunnel(bench.engine, cipher, key)
    content = np.random.default_rng(bench.seed)
    used = 0
    blocks = []

    def prepare_sealing(rows: U8, out: U8) -> Run:
        # No nonce comes twice under the key, in any block of any round.
        nonlocal used
        first, used = used, used + len(rows)
        return lambda: sealing.seal(rows, first, out)

    def check(refused: int) -> None:
        if refused:
            raise WrongAnswer(f"{cipher.name}: {refused} messages refused")

    for number, size in enumerate(SIZES):
        rows = content.integers(0, 256, (MESSAGES, size), dtype=np.uint8)
        # The messages that are opened have one nonce each for good.
        first = number * MESSAGES
        sealed = check_tunnel(opening, cipher, key, rows, first)
        run: Callable[[], int] = partial(opening.open, sealed, first, np.empty_like(sealed))
        blocks += [
            Block(
                key=keys.aead_seal(cipher.name),
                # A tunnel's packet is all there is: no unit, no burst.
                calls=0,
                packets=MESSAGES,
                size_bytes=rows.size,
                prepare=partial(prepare_sealing, rows, np.empty_like(sealed)),
                check=check,
            ),
            Block(
                key=keys.aead_open(cipher.name),
                calls=0,
                packets=MESSAGES,
                size_bytes=rows.size,
                prepare=partial(_itself, run),
                check=check,
            ),
        ]
    return BlockProbe(blocks, seed=bench.seed)


def _itself(run: Run) -> Run:
    return run


def check_tunnel(tunnel: Tunnel, cipher: Cipher, key: bytes, rows: U8, first: int) -> U8:
    """Return the sealed rows, uint8 of shape (n, size + 16).

    Raises WrongAnswer unless they are the reference's, come back, and flipped bits are all seen.
    """
    n, size = rows.shape
    sealed: U8 = np.empty((n, size + TAG_SIZE), dtype=np.uint8)
    reference = np.empty_like(sealed)
    opened = np.empty_like(sealed)
    refused = tunnel.seal(rows, first, sealed)
    aead = cipher.new(key)
    for number, row in enumerate(rows):
        aead.seal_into((first + number).to_bytes(NONCE_SIZE), _AAD, row, reference[number])
    if refused or not np.array_equal(sealed, reference):
        raise WrongAnswer(f"{cipher.name}: {refused} messages not sealed, or other bytes")
    forged = sealed.copy()
    forged[:, -1] ^= 1
    if tunnel.open(forged, first, opened) != n:
        raise WrongAnswer(f"{cipher.name}: a forged message was accepted")
    if tunnel.open(sealed, first, opened) or not np.array_equal(opened[:, :size], rows):
        raise WrongAnswer(f"{cipher.name}: another message came back")
    return sealed
