"""SFrame units decrypted in compiled code, alone or as a batch: RFC 9605 4.4.4 and 9.3."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import types
from numba.core.errors import NumbaError

from pipelines.ciphers.aead import Bytes
from pipelines.compiled import kernel, ready, step
from pipelines.engines.native.calls import copy_bytes, load_i64, store_i32, store_i64
from pipelines.engines.native.evp import Words
from pipelines.engines.native.library import NativeLibrary
from pipelines.engines.native.sframe_header import NO_HEADER, read_header
from pipelines.engines.native.sframe_keys import KID, OWN, TAG_SIZE, SframeKeyBlock, open_body
from pipelines.engines.native.sframe_refusal import (
    FORGED,
    MALFORMED,
    NO_KEY,
    REPLAYED,
    TOO_SHORT,
    refusal,
)
from pipelines.engines.native.sframe_session import (
    BATCH,
    KEYS,
    LARGEST_UNIT,
    METADATA,
    METADATA_BYTES,
    NO_ROOM,
    NO_SUCH_SIZE,
    NOTE_WORDS,
    NOTES,
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
)
from pipelines.engines.native.sframe_session import OWN as SESSION_WORDS
from pipelines.engines.native.sframe_window import (
    accept,
    highest_of,
    is_replay,
    set_up,
    window_state,
    window_words,
)
from pipelines.engines.native.srtp_session import regular
from pipelines.formats.batch import checked_row, own_unit, results_again
from pipelines.formats.replay import ReplayWindow
from pipelines.formats.sframe.suites import SframeSuite
from pipelines.media import U8, PacketBatch
from pipelines.stage import Malformed, Rejected

# Words of this direction: the keys' number and distance in bytes, and what is known of the last
# refused unit.
_KIDS, _KEY_BYTES, _BEFORE = SESSION_WORDS, SESSION_WORDS + 1, SESSION_WORDS + 2
_OWN_WORDS = 3

_WINDOW = OWN
"""Offset of the replay window in a KID's block."""

# What is noted of each refused unit: row, why, and for a replay the highest counter before it.
_NOTE_SIZE = 8 * NOTE_WORDS

_SIGN = -(1 << 63)


@step
def _find(session: Words, kid: int) -> int:
    """Return the address of the block of `kid`, or 0. The blocks stand in rising order of KID."""
    low, high = 0, session[_KIDS]
    while low < high:
        middle = (low + high) >> 1
        block: int = session[KEYS] + middle * session[_KEY_BYTES]
        found = load_i64(block + KID)
        if found == kid:
            return block
        # With the sign bit turned, int64 compare as the unsigned numbers they stand for.
        if found ^ _SIGN < kid ^ _SIGN:
            low = middle + 1
        else:
            high = middle
    return 0


@step
def _open(session: Words, unit: int, size: int, out: int) -> int:
    """Write the plaintext to `out` and return its bytes, or why there is none."""
    header, kid, ctr = read_header(unit, size)
    if header == NO_HEADER:
        return MALFORMED
    key = _find(session, kid)
    if key == 0:
        return NO_KEY
    if is_replay(key + _WINDOW, ctr):
        session[_BEFORE] = highest_of(key + _WINDOW)
        return REPLAYED
    body = size - header - load_i64(key + TAG_SIZE)
    if body < 0:
        return TOO_SHORT
    # RFC 9605 4.4.4: aad = header || metadata.
    aad = session[METADATA] - header
    copy_bytes(aad, unit, header)
    aad_size = header + session[METADATA_BYTES]
    if not open_body(session, key, ctr, aad, aad_size, unit + header, body, out):
        return FORGED
    # RFC 9605 9.3 by RFC 3711 3.3.2: the window moves only for an authentic unit.
    accept(key + _WINDOW, ctr)
    return body


@kernel
def _decrypt(session: Words, unit: U8) -> int:
    size, out = len(unit), as_int64(session[OUT])
    if overlaps(session, unit):
        return OVERLAPPING
    if size > 1 and unit.strides[0] != 1:
        return ODD_LAYOUT
    if size > LARGEST_UNIT:
        return NO_SUCH_SIZE
    if size > session[OUT_BYTES]:
        return NO_ROOM
    return _open(session, unit.ctypes.data, size, out)


@kernel
def _decrypt_batch(session: Words, data: U8, sizes: npt.NDArray[np.int32]) -> int:
    """Return how many rows were good, or what Python has to do first."""
    rows, stride = data.shape
    if sizes.shape[0] != rows or (rows > 0 and stride > 1 and data.strides[1] != 1):
        return ODD_LAYOUT
    if overlaps_batch(session, data):
        return OVERLAPPING
    if rows > session[ROWS] or rows * stride > session[OUT_BYTES]:
        return NO_ROOM
    good = 0
    for row in range(rows):
        # A size that the row has no room for is no unit.
        size = as_int64(sizes[row]) if sizes[row] <= min(stride, LARGEST_UNIT) else 0
        unit = data.ctypes.data + row * data.strides[0]
        outcome = _open(session, unit, size, session[OUT] + good * stride)
        if outcome >= 0:
            store_i32(session[SIZES] + 4 * good, outcome)
            good += 1
        else:
            note = session[NOTES] + (row - good) * _NOTE_SIZE
            store_i64(note, row)
            store_i64(note + 8, outcome)
            store_i64(note + 16, session[_BEFORE])
    return good


@dataclass(frozen=True, slots=True, kw_only=True)
class Decrypted:
    """What became of a batch: plaintexts of the units that held, and why each other row did not.

    `units` keeps the order of arrival and is a view, valid until the receiver's next call;
    `rejected` holds (row in the batch, reason).
    """

    units: PacketBatch
    rejected: tuple[tuple[int, Rejected], ...]


class NativeSframeReceiver:
    """As `pipelines.formats.sframe.context.SframeReceiver`, in compiled code; one thread at a time.

    Same plaintexts, same refusals, same state. `library` executes the cipher.
    """

    __slots__ = ("_blocks", "_keys", "_kids", "_session", "_suite", "_words", "window")

    def __init__(
        self,
        library: NativeLibrary,
        suite: SframeSuite,
        base_keys: Mapping[int, bytes],
        window: int = 128,
    ) -> None:
        self._suite = suite
        self.window = ReplayWindow(window).size  # refuses a size here, not at the first unit
        self._kids = sorted(base_keys)
        words = _WINDOW // 8 + window_words(window)
        self._blocks: Words = np.zeros((len(self._kids), words), dtype=np.int64)
        self._keys = [
            SframeKeyBlock(library, suite, base_keys[kid], kid, block, encrypting=False)
            for kid, block in zip(self._kids, self._blocks, strict=True)
        ]
        for block in self._blocks:
            set_up(block[_WINDOW // 8 :], window)
        self._session = SframeSession(library, keys=self._blocks.ctypes.data, own=_OWN_WORDS)
        self._words = self._session.words
        self._words[_KIDS] = len(self._kids)
        self._words[_KEY_BYTES] = self._blocks.strides[0]
        ready(_decrypt, types.int64[::1], UNIT)
        ready(_decrypt_batch, types.int64[::1], *BATCH)

    def decrypt(self, unit: U8, metadata: Bytes = b"") -> U8:
        """Return the plaintext of `unit`: a view of a buffer that the next call overwrites.

        Raises Malformed, AuthenticationFailed (also where no key is known for the KID) or Replayed,
        and is then as it was before; TypeError or ValueError where `unit` is not uint8 of shape
        (size,) or is a view of that buffer.
        """
        session = self._session
        if len(metadata) or session.metadata_bytes:
            session.take(metadata)
        try:
            while (size := _decrypt(self._words, unit)) < 0:
                unit = self._settle(size, unit)
        except (TypeError, NumbaError):
            return self.decrypt(own_unit(unit), metadata)
        return session.out[:size]

    def _settle(self, code: int, unit: U8) -> U8:
        """Do what compiled code asks for, and return the unit to go on with. Raises its refusal."""
        if code == NO_ROOM:
            self._session.make_room(1, len(unit))
            return unit
        if code == ODD_LAYOUT:
            return np.ascontiguousarray(unit)
        if code == OVERLAPPING:
            raise results_again("unit")
        if code == NO_SUCH_SIZE:
            raise ValueError(
                f"SFrame unit of {len(unit)} bytes; at most {LARGEST_UNIT} are taken here"
            )
        raise refusal(self._suite, self.window, unit, code, int(self._words[_BEFORE]))

    def decrypt_batch(self, units: PacketBatch, metadata: Bytes = b"") -> Decrypted:
        """Return the plaintexts of the rows that are authentic and new; raises no Rejected itself.

        Each row is judged for itself: a bad one changes no state and harms no other. `metadata` is
        authenticated with each.
        """
        self._session.take(metadata)
        rows, stride = units.data.shape
        while (good := _decrypt_batch(self._words, units.data, units.size)) < 0:
            if good == NO_ROOM:
                self._session.make_room(rows, stride)
            elif good == OVERLAPPING:
                raise results_again()
            else:
                units = regular(units)
        return Decrypted(
            units=self._session.view(good, stride),
            rejected=self._reasons(units, rows - good) if good < rows else (),
        )

    def _reasons(self, units: PacketBatch, count: int) -> tuple[tuple[int, Rejected], ...]:
        notes = self._session.notes[:count, :3].tolist()
        return tuple((row, self._reason(units, row, why, before)) for row, why, before in notes)

    def _reason(self, units: PacketBatch, row: int, why: int, before: int) -> Rejected:
        try:
            unit = checked_row(units, row)
        except Malformed as reason:
            # Without its traceback, which would keep frames and buffers alive in a cycle.
            return Malformed(*reason.args)
        return refusal(self._suite, self.window, unit, why, before)

    def state(self) -> tuple[int, ...]:
        """Return (KID, highest counter, mask of accepted ones) of each KID, one after another."""
        return tuple(
            value
            for kid, block in zip(self._kids, self._blocks, strict=True)
            for value in (kid, *window_state(block[_WINDOW // 8 :]))
        )
