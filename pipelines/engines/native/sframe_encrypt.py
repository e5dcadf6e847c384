"""SFrame units encrypted in compiled code, alone or as a batch: RFC 9605 4.4.3."""

import numpy as np
import numpy.typing as npt
from numba import types
from numba.core.errors import NumbaError

from pipelines.ciphers.aead import Bytes
from pipelines.ciphers.nonce import NonceCounter
from pipelines.compiled import kernel, ready, step
from pipelines.engines.native.calls import copy_bytes, load_i64, store_i32
from pipelines.engines.native.evp import Words
from pipelines.engines.native.library import NativeLibrary
from pipelines.engines.native.sframe_header import put_header
from pipelines.engines.native.sframe_keys import (
    KID,
    OWN,
    TAG_SIZE,
    SframeKeyBlock,
    seal_body,
)
from pipelines.engines.native.sframe_session import (
    BATCH,
    KEYS,
    LARGEST_UNIT,
    LIBRARY_FAILED,
    METADATA,
    METADATA_BYTES,
    NO_ROOM,
    NO_SUCH_SIZE,
    ODD_LAYOUT,
    OUT,
    OUT_BYTES,
    OVERLAPPING,
    ROWS,
    SIZES,
    UNIT,
    SframeSession,
    as_int64,
    overlaps,
    overlaps_batch,
    row_stride,
)
from pipelines.engines.native.srtp_session import regular
from pipelines.formats.batch import checked_row, own_unit, results_again
from pipelines.formats.sframe.header import LARGEST_HEADER_BYTES
from pipelines.formats.sframe.suites import SframeSuite
from pipelines.media import U8, PacketBatch
from pipelines.stage import NonceExhausted

_CTR_BYTES = 8
_LARGEST_CTR = (1 << 64) - 1


@step
def _seal(session: Words, source: int, size: int, ctr: int, out: int) -> int:
    """Write header || ciphertext || tag to `out` and return its bytes, or LIBRARY_FAILED."""
    key = session[KEYS]
    end = session[METADATA]
    header = put_header(end, load_i64(key + KID), ctr)
    copy_bytes(out, end - header, header)
    # RFC 9605 4.4.3: aad = header || metadata.
    aad_size = header + session[METADATA_BYTES]
    if not seal_body(session, key, ctr, end - header, aad_size, source, size, out + header):
        return LIBRARY_FAILED
    return header + size + load_i64(key + TAG_SIZE)


@kernel
def _encrypt(session: Words, unit: U8, counter: int) -> int:
    size = len(unit)
    if overlaps(session, unit):
        return OVERLAPPING
    if size > 1 and unit.strides[0] != 1:
        return ODD_LAYOUT
    if size > LARGEST_UNIT:
        return NO_SUCH_SIZE
    if size + LARGEST_HEADER_BYTES + load_i64(session[KEYS] + TAG_SIZE) > session[OUT_BYTES]:
        return NO_ROOM
    return _seal(session, unit.ctypes.data, size, as_int64(counter), session[OUT])


@kernel
def _encrypt_batch(
    session: Words, data: U8, sizes: npt.NDArray[np.int32], counter: int, out_stride: int
) -> int:
    ctr = as_int64(counter)
    rows, stride = data.shape
    if sizes.shape[0] != rows or (rows > 0 and stride > 1 and data.strides[1] != 1):
        return ODD_LAYOUT
    if overlaps_batch(session, data):
        return OVERLAPPING
    if rows > session[ROWS] or rows * out_stride > session[OUT_BYTES]:
        return NO_ROOM
    for row in range(rows):
        if not 0 <= sizes[row] <= min(stride, LARGEST_UNIT):
            return NO_SUCH_SIZE
    for row in range(rows):
        source = data.ctypes.data + row * data.strides[0]
        out = session[OUT] + row * out_stride
        size = _seal(session, source, as_int64(sizes[row]), ctr + row, out)
        if size < 0:
            return LIBRARY_FAILED
        store_i32(session[SIZES] + 4 * row, size)
    return len(sizes)


class NativeSframeSender:
    """As `pipelines.formats.sframe.context.SframeSender`, in compiled code; one thread at a time.

    Same bytes, same refusals, same state. `library` executes the cipher.
    """

    __slots__ = ("_block", "_counter", "_keys", "_kid", "_session", "_suite", "_words")

    def __init__(
        self, library: NativeLibrary, suite: SframeSuite, base_key: bytes, kid: int = 0
    ) -> None:
        self._suite = suite
        self._kid = kid
        self._block: Words = np.zeros(OWN // 8, dtype=np.int64)
        self._keys = SframeKeyBlock(library, suite, base_key, kid, self._block, encrypting=True)
        self._session = SframeSession(library, keys=self._block.ctypes.data)
        self._words = self._session.words
        self._counter = NonceCounter(width_bytes=_CTR_BYTES)
        ready(_encrypt, types.int64[::1], UNIT, types.uint64)
        ready(_encrypt_batch, types.int64[::1], *BATCH, types.uint64, types.int64)

    def encrypt(self, plaintext: U8, metadata: Bytes = b"") -> U8:
        """Return header || ciphertext || tag: a view of a buffer that the next call overwrites.

        `metadata` is authenticated and not sent. Raises NonceExhausted after the counter 2^64 - 1,
        and TypeError or ValueError where `plaintext` is not uint8 of shape (size,) or is a view of
        that buffer.
        """
        # Taken before it is used: a call that fails below loses a counter, and repeats none.
        ctr = self._counter.take()
        session = self._session
        if len(metadata) or session.metadata_bytes:
            session.take(metadata)
        try:
            while (size := _encrypt(self._words, plaintext, ctr)) < 0:
                plaintext = self._settle(size, plaintext)
        except (TypeError, NumbaError):
            return self.encrypt(own_unit(plaintext), metadata)
        return session.out[:size]

    def encrypt_batch(self, units: PacketBatch, metadata: Bytes = b"") -> PacketBatch:
        """Return each row of `units` sealed, under rising counters; a view until the next call.

        `metadata` is authenticated with each. Raises Malformed for a size that a row has no room
        for, and NonceExhausted where the counter would pass 2^64 - 1; then nothing was sealed.
        """
        rows, stride = units.data.shape
        first = self._counter.next
        if first + rows > _LARGEST_CTR + 1:
            raise NonceExhausted(f"{rows} units from counter {first} on: the key must be replaced")
        self._counter.skip_to(first + rows)
        self._session.take(metadata)
        out_stride = row_stride(stride, self._suite.cipher.tag_size)
        while (code := _encrypt_batch(self._words, units.data, units.size, first, out_stride)) < 0:
            if code == NO_ROOM:
                self._session.make_room(rows, out_stride)
            elif code == ODD_LAYOUT:
                units = regular(units)
            elif code == OVERLAPPING:
                raise results_again()
            elif code == NO_SUCH_SIZE:
                for row in range(rows):
                    checked_row(units, row)
                raise ValueError(self._too_large(stride))
            else:
                raise self._failed()
        return self._session.view(rows, out_stride)

    def _settle(self, code: int, plaintext: U8) -> U8:
        """Do what compiled code asks for, and return the plaintext to go on with."""
        if code == OVERLAPPING:
            raise results_again("unit")
        if code == ODD_LAYOUT:
            return np.ascontiguousarray(plaintext)
        if code == NO_SUCH_SIZE:
            raise ValueError(self._too_large(len(plaintext)))
        if code != NO_ROOM:
            raise self._failed()
        self._session.make_room(1, row_stride(len(plaintext), self._suite.cipher.tag_size))
        return plaintext

    def _too_large(self, size: int) -> str:
        return f"SFrame unit of {size} bytes; at most {LARGEST_UNIT} are taken here"

    def _failed(self) -> RuntimeError:
        return RuntimeError(f"libcrypto failed to encrypt with {self._suite.name}")

    def state(self) -> tuple[int, ...]:
        """Return (KID, next counter)."""
        return (self._kid, self._counter.next)
