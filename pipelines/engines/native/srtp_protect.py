"""Protecting a batch of RTP packets in one compiled call: RFC 3711 3.3, sending side."""

import numpy as np
import numpy.typing as npt

from pipelines.compiled import kernel, ready, step
from pipelines.engines.native.calls import load_i64, store_i32, store_i64
from pipelines.engines.native.evp import Words
from pipelines.engines.native.library import NativeLibrary
from pipelines.engines.native.srtp_keys import TAG_SIZE, SrtpKeys, seal_body
from pipelines.engines.native.srtp_packet import (
    NOT_RTP,
    copy_header,
    estimate_index,
    packet_size,
    rtp_header_size,
    sequence_number,
    ssrc_of,
)
from pipelines.engines.native.srtp_session import (
    ARGUMENTS,
    FIRST_INDEX,
    KEY,
    LIBRARY_FAILED,
    NO_ROOM,
    NOTE_WORDS,
    NOTES,
    ODD_LAYOUT,
    OUT,
    OUT_BYTES,
    OWN,
    REFUSED,
    ROWS,
    SIZES,
    STREAMS,
    STREAMS_FULL,
    SessionWords,
    regular,
    unfit,
)
from pipelines.engines.native.srtp_streams import (
    FULL,
    HIGHEST,
    MORE,
    StreamTable,
    count_of,
    find,
    forget_after,
    insert,
)
from pipelines.formats.srtp.index import first_index
from pipelines.formats.srtp.kdf import MasterKey, SessionKeys
from pipelines.formats.srtp.nonces import SEQUENCE_AND_SSRC
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.formats.srtp.sender import PAYLOAD_LIMIT
from pipelines.media import U8, PacketBatch
from pipelines.stage import Malformed, NonceExhausted

# Words of this direction: the number of the batch, and what is known of a refused packet.
_BATCH, _BAD_ROW, _LAST = OWN, OWN + 1, OWN + 2
_OWN_WORDS = 3

# An entry's own words: the batch that planned for it last, and the highest index it planned.
_PLANNED_IN, _PLANNED = MORE, MORE + 8

# What is noted of each row: header size, entry, index.
_BODY, _ENTRY, _INDEX = 0, 8, 16
_NOTE_SIZE = 8 * NOTE_WORDS


@step
def _plan(session: Words, data: U8, size: npt.NDArray[np.int32]) -> int:
    """Give every row its index and return 0, or take it all back and return why not."""
    table = session[STREAMS]
    known = count_of(table)
    session[_BATCH] += 1
    batch = session[_BATCH]
    for row in range(size.shape[0]):
        packet = data.ctypes.data + row * data.strides[0]
        length = packet_size(size, row, data.shape[1])
        body = rtp_header_size(packet, length)
        session[_BAD_ROW], session[_LAST] = row, 0
        if body == NOT_RTP or length - body > PAYLOAD_LIMIT:
            forget_after(table, known)
            return REFUSED
        sequence, ssrc = sequence_number(packet), ssrc_of(packet)
        entry = find(table, ssrc)
        if entry != 0:
            planned = load_i64(entry + _PLANNED_IN) == batch
            last = load_i64(entry + (_PLANNED if planned else HIGHEST))
            index = estimate_index(last, sequence)
            # Past the last ROC the estimate begins again at zero, so this also ends the key.
            if index <= last:
                session[_LAST] = last
                forget_after(table, known)
                return REFUSED
        else:
            entry = insert(table, ssrc)
            if entry == FULL:
                forget_after(table, known)
                return STREAMS_FULL
            index = session[FIRST_INDEX] | sequence
        store_i64(entry + _PLANNED_IN, batch)
        store_i64(entry + _PLANNED, index)
        note = session[NOTES] + row * _NOTE_SIZE
        store_i64(note + _BODY, body)
        store_i64(note + _ENTRY, entry)
        store_i64(note + _INDEX, index)
    return 0


@kernel
def _protect(session: Words, data: U8, size: npt.NDArray[np.int32]) -> int:
    rows, stride = data.shape
    if size.shape[0] != rows or (rows > 0 and stride > 1 and data.strides[1] != 1):
        return ODD_LAYOUT
    key = session[KEY]
    tag_size = load_i64(key + TAG_SIZE)
    out_stride = stride + tag_size
    if rows > session[ROWS] or rows * out_stride > session[OUT_BYTES]:
        return NO_ROOM
    code = _plan(session, data, size)
    if code != 0:
        return code
    for row in range(rows):
        note = session[NOTES] + row * _NOTE_SIZE
        body, entry, index = load_i64(note), load_i64(note + _ENTRY), load_i64(note + _INDEX)
        # Spent before it is used: whatever happens below, this index is not used again.
        store_i64(entry + HIGHEST, index)
        packet = data.ctypes.data + row * data.strides[0]
        out = session[OUT] + row * out_stride
        copy_header(out, packet, body)
        length = size[row] - body
        if not seal_body(session, key, out, body, packet + body, length, index, ssrc_of(packet)):
            return LIBRARY_FAILED
        store_i32(session[SIZES] + 4 * row, size[row] + tag_size)
    return 0


class NativeSrtpSender:
    """As `pipelines.formats.srtp.sender.SrtpSender`, a batch at a time in compiled code.

    Same bytes, same refusals, same state; one thread at a time.
    """

    def __init__(
        self,
        library: NativeLibrary,
        profile: SrtpProfile,
        master: MasterKey | SessionKeys,
        *,
        initial_roc: int = 0,
    ) -> None:
        self.profile = profile
        self._keys = SrtpKeys(library, profile, master, encrypting=True)
        self._streams = StreamTable(more_words=2)
        self._session: SessionWords[PacketBatch] = SessionWords(
            library,
            key=self._keys.block.ctypes.data,
            streams=self._streams.address,
            first_index=first_index(initial_roc),
            own=_OWN_WORDS,
        )
        self._words, self._results = self._session.words, self._session.results
        self._tag_size = profile.cipher.tag_size
        ready(_protect, *ARGUMENTS)

    def protect(self, batch: PacketBatch) -> PacketBatch:
        """Return every packet as header || ciphertext || tag; a view, valid until the next call.

        Raises Malformed for a packet that is not RTP, and NonceExhausted for an index at or below
        one that this SSRC already used, or past 2^48 - 1. Then no packet of the batch was
        protected and no index was spent.
        """
        while code := _protect(self._words, batch.data, batch.size):
            batch = self._settle(code, batch)
        shape = batch.data.shape
        found = self._results.get(shape)
        if found is None:
            rows, stride = shape
            view = self._session.view(rows, stride + self._tag_size)
            found = self._session.remember(shape, view)
        return found

    def _settle(self, code: int, batch: PacketBatch) -> PacketBatch:
        """Do what compiled code asks for, and return the batch to go on with."""
        rows, stride = batch.data.shape
        if code == NO_ROOM:
            self._session.make_room(rows, stride + self._tag_size)
        elif code == STREAMS_FULL:
            self._streams.grow()
        elif code == ODD_LAYOUT:
            return regular(batch)
        elif code == REFUSED:
            raise self._refusal(batch, int(self._words[_BAD_ROW]))
        else:
            raise RuntimeError(f"libcrypto failed to encrypt with {self.profile.name}")
        return batch

    def _refusal(self, batch: PacketBatch, row: int) -> Malformed | NonceExhausted:
        reason = unfit(batch, row)
        if reason is not None:
            return reason
        sequence, ssrc = SEQUENCE_AND_SSRC.unpack_from(batch.row(row).data)
        last = int(self._words[_LAST])
        return NonceExhausted(
            f"SSRC {ssrc:#010x}: sequence number {sequence} after {last & 0xFFFF} "
            f"(ROC {last >> 16}) would use an index again"
        )

    def state(self) -> tuple[int, ...]:
        """Return (SSRC, highest index used) of every stream, flat, in order of first use."""
        return tuple(self._streams.entries()[:, : MORE // 8].ravel().tolist())
