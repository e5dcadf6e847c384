"""SFrame sender and receiver contexts, RFC 9605 4.4.3 and 4.4.4."""

from collections.abc import Mapping

from pipelines.ciphers.aead import Bytes
from pipelines.ciphers.nonce import NonceCounter
from pipelines.formats.batch import apart_unit, plain_metadata
from pipelines.formats.replay import ReplayWindow
from pipelines.formats.sframe.header import decode_header, encode_header
from pipelines.formats.sframe.suites import SframeSuite, derive
from pipelines.media import U8
from pipelines.memory import GrowOnlyMemory
from pipelines.stage import AuthenticationFailed

_CTR_BYTES = 8


class _KeyedKid:
    """The AEAD and salt of one KID."""

    __slots__ = ("_nonce_size", "_salt", "aead")

    def __init__(self, suite: SframeSuite, base_key: bytes, kid: int) -> None:
        keys = derive(suite, kid, base_key)
        self.aead = suite.cipher.new(keys.key)
        self._salt = int.from_bytes(keys.salt, "big")
        self._nonce_size = suite.cipher.nonce_size

    def nonce(self, ctr: int) -> bytes:
        # RFC 9605 4.4.3: salt XOR counter, both big-endian and aligned at the right.
        return (self._salt ^ ctr).to_bytes(self._nonce_size, "big")


class SframeSender:
    """Encrypts units under one base key and KID, with counters 0, 1, 2, ...

    The (base key, KID) must belong to this sender alone, and to one such object: a second one would
    repeat its nonces.
    """

    __slots__ = ("_counter", "_keyed", "_kid", "_memory", "_tag_size")

    def __init__(self, suite: SframeSuite, base_key: bytes, kid: int = 0) -> None:
        self._kid = kid
        self._keyed = _KeyedKid(suite, base_key, kid)
        self._tag_size = suite.cipher.tag_size
        self._counter = NonceCounter(width_bytes=_CTR_BYTES)
        self._memory = GrowOnlyMemory()

    def encrypt(self, plaintext: U8, metadata: Bytes = b"") -> U8:
        """Return header || ciphertext || tag: a view of a buffer that the next call overwrites.

        `metadata` is authenticated and not sent. Raises NonceExhausted after the counter 2^64 - 1,
        and TypeError or ValueError where `plaintext` is not uint8 of shape (size,) or is a view of
        that buffer.
        """
        plaintext = apart_unit(plaintext, self._memory)
        # Taken before it is used: a call that fails below loses a counter, and repeats none.
        ctr = self._counter.take()
        header = encode_header(self._kid, ctr)
        start = len(header)
        size = start + len(plaintext) + self._tag_size
        unit = self._memory.lend(size)
        unit.data[:start] = header
        # RFC 9605 4.4.3: aad = header || metadata.
        aad = header + plain_metadata(metadata)
        self._keyed.aead.seal_into(self._keyed.nonce(ctr), aad, plaintext, unit[start:])
        return unit

    def state(self) -> tuple[int, ...]:
        """Return (KID, next counter)."""
        return (self._kid, self._counter.next)


class SframeReceiver:
    """Decrypts units under the base keys it was given, and refuses replays for each KID."""

    __slots__ = ("_keyed", "_memory", "_window", "_windows")

    def __init__(
        self, suite: SframeSuite, base_keys: Mapping[int, bytes], window: int = 128
    ) -> None:
        self._window = window
        self._keyed = {kid: _KeyedKid(suite, base_keys[kid], kid) for kid in sorted(base_keys)}
        self._windows = {kid: ReplayWindow(window) for kid in self._keyed}
        self._memory = GrowOnlyMemory()

    @property
    def window(self) -> int:
        """Counters that a unit may come late by."""
        return self._window

    def decrypt(self, unit: U8, metadata: Bytes = b"") -> U8:
        """Return the plaintext of `unit`: a view of a buffer that the next call overwrites.

        Raises Malformed, AuthenticationFailed (also where no key is known for the KID) or Replayed,
        and is then as it was before; TypeError or ValueError where `unit` is not uint8 of shape
        (size,) or is a view of that buffer.
        """
        unit = apart_unit(unit, self._memory)
        kid, ctr, start = decode_header(unit)
        keyed = self._keyed.get(kid)
        if keyed is None:
            raise AuthenticationFailed(f"SFrame: no key for KID {kid}")
        replay = self._windows[kid]
        replay.check(ctr)
        sealed = unit[start:]
        out = self._memory.lend(len(sealed))
        aad = bytes(unit[:start]) + plain_metadata(metadata)
        size = keyed.aead.open_into(keyed.nonce(ctr), aad, sealed, out)
        # RFC 9605 9.3 by RFC 3711 3.3.2: the window moves only for an authentic unit.
        replay.commit(ctr)
        return out[:size]

    def state(self) -> tuple[int, ...]:
        """Return (KID, highest counter, mask of accepted ones) of each KID, one after another."""
        return tuple(
            value for kid, window in self._windows.items() for value in (kid, *window.state())
        )
