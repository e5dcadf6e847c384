"""A whole frame sealed by an AEAD: counter(8) || ciphertext || tag. Our own format.

It is the least that a frame needs to be opened: a big-endian frame counter, which is also the
nonce (right-aligned, the rest zero) and the associated data. The pipelines `raw-*` use it to show
a cipher with nothing around it.
"""

import numpy as np

from pipelines.ciphers.aead import Aead, Cipher
from pipelines.ciphers.nonce import NonceCounter
from pipelines.formats.replay import ReplayWindow
from pipelines.media import U8
from pipelines.memory import GrowOnlyMemory
from pipelines.stage import Malformed

COUNTER_BYTES = 8


class FrameSealer:
    """Seals frames under one key; the counter never repeats."""

    def __init__(self, cipher: Cipher, aead: Aead) -> None:
        self._cipher = cipher
        self._aead = aead
        self._counter = NonceCounter(width_bytes=COUNTER_BYTES)
        self._memory = GrowOnlyMemory()

    def seal(self, plaintext: U8) -> U8:
        """Return counter || ciphertext || tag: a view, valid until the next call."""
        size = COUNTER_BYTES + self._cipher.sealed_size(len(plaintext))
        out = self._memory.lend(size)
        header = self._counter.take().to_bytes(COUNTER_BYTES, "big")
        out[:COUNTER_BYTES] = np.frombuffer(header, dtype=np.uint8)
        nonce = header.rjust(self._cipher.nonce_size, b"\0")
        self._aead.seal_into(nonce, header, plaintext, out[COUNTER_BYTES:])
        return out


class FrameOpener:
    """Opens what `FrameSealer` sealed and refuses replays."""

    def __init__(self, cipher: Cipher, aead: Aead, window: int) -> None:
        self._cipher = cipher
        self._aead = aead
        self._replay = ReplayWindow(window)
        self._memory = GrowOnlyMemory()

    def state(self) -> tuple[int, ...]:
        """Return the replay state."""
        return self._replay.state()

    def open(self, sealed: U8) -> U8:
        """Return the plaintext: a view, valid until the next call.

        Raises Malformed, Replayed or AuthenticationFailed; then no state has moved.
        """
        if len(sealed) < COUNTER_BYTES + self._cipher.sealed_size(0):
            raise Malformed(f"{len(sealed)} bytes are too few for a sealed frame")
        header = sealed[:COUNTER_BYTES].tobytes()
        counter = int.from_bytes(header, "big")
        self._replay.check(counter)
        body = sealed[COUNTER_BYTES:]
        out = self._memory.lend(len(body))
        nonce = header.rjust(self._cipher.nonce_size, b"\0")
        size = self._aead.open_into(nonce, header, body, out)
        self._replay.commit(counter)
        return out[:size]
