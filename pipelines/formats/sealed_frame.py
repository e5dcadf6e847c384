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
from pipelines.stage import Malformed

COUNTER_BYTES = 8


class FrameSealer:
    """Seals frames under one key; the counter never repeats."""

    def __init__(self, cipher: Cipher, aead: Aead) -> None:
        self._cipher = cipher
        self._aead = aead
        self._counter = NonceCounter(width_bytes=COUNTER_BYTES)
        self._out = np.empty(0, dtype=np.uint8)

    def seal(self, plaintext: U8) -> U8:
        """Return counter || ciphertext || tag: a view, valid until the next call."""
        size = COUNTER_BYTES + self._cipher.sealed_size(len(plaintext))
        if len(self._out) < size:
            self._out = np.empty(size, dtype=np.uint8)
        header = self._counter.take().to_bytes(COUNTER_BYTES, "big")
        self._out[:COUNTER_BYTES] = np.frombuffer(header, dtype=np.uint8)
        nonce = header.rjust(self._cipher.nonce_size, b"\0")
        self._aead.seal_into(nonce, header, plaintext, self._out[COUNTER_BYTES:size])
        return self._out[:size]


class FrameOpener:
    """Opens what `FrameSealer` sealed and refuses replays."""

    def __init__(self, cipher: Cipher, aead: Aead, window: int) -> None:
        self._cipher = cipher
        self._aead = aead
        self._replay = ReplayWindow(window)
        self._out = np.empty(0, dtype=np.uint8)

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
        if len(self._out) < len(body):
            self._out = np.empty(len(body), dtype=np.uint8)
        nonce = header.rjust(self._cipher.nonce_size, b"\0")
        size = self._aead.open_into(nonce, header, body, self._out[: len(body)])
        self._replay.commit(counter)
        return self._out[:size]
