"""Checking and opening a batch of SRTP packets in one compiled call: RFC 3711 3.3."""

import numpy as np
import numpy.typing as npt

from pipelines.compiled import kernel, ready, step
from pipelines.engines.native.calls import load_i64, store_i32, store_i64
from pipelines.engines.native.evp import Words
from pipelines.engines.native.library import NativeLibrary
from pipelines.engines.native.srtp_keys import TAG_SIZE, SrtpKeys, open_body
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
    NO_ROOM,
    NOTE_WORDS,
    NOTES,
    ODD_LAYOUT,
    OUT,
    OUT_BYTES,
    OWN,
    ROWS,
    SIZES,
    STREAMS,
    STREAMS_FULL,
    SessionWords,
    checked_row,
    regular,
)
from pipelines.engines.native.srtp_streams import FULL, HIGHEST, MORE, StreamTable, find, insert
from pipelines.engines.native.srtp_window import (
    forget_between,
    mark,
    ring_words,
    seen_mask,
    was_seen,
)
from pipelines.formats.replay import ReplayWindow
from pipelines.formats.rtp import header_size
from pipelines.formats.srtp.index import first_index
from pipelines.formats.srtp.kdf import MasterKey, SessionKeys
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.formats.srtp.receiver import Unprotected
from pipelines.media import U8, PacketBatch
from pipelines.stage import AuthenticationFailed, Malformed, Rejected, Replayed

# Words of this direction. The first two are where a batch stands that had to wait for room.
_NEXT_ROW, _GOOD, _BAD, _WINDOW, _RING_WORDS = OWN, OWN + 1, OWN + 2, OWN + 3, OWN + 4
_OWN_WORDS = 5

_RING = MORE  # an entry's own words are its replay window

# What is noted of each refused packet: row, why, and for a replay its index and how far behind.
_ROW, _WHY, _INDEX, _BEHIND = 0, 8, 16, 24
_NOTE_SIZE = 8 * NOTE_WORDS

# Why a packet was refused; what _open returns for a good one is its size, which is above all these.
_MALFORMED, _REPLAYED, _TOO_SHORT, _FORGED, _WAITING = -1, -2, -3, -4, -5


@step
def _refuse(session: Words, row: int, why: int, index: int, behind: int) -> int:
    note = session[NOTES] + session[_BAD] * _NOTE_SIZE
    session[_BAD] += 1
    store_i64(note + _ROW, row)
    store_i64(note + _WHY, why)
    store_i64(note + _INDEX, index)
    store_i64(note + _BEHIND, behind)
    return why


@step
def _open(session: Words, row: int, packet: int, size: int, out: int) -> int:
    """Write the RTP packet to `out` and return its size, or note and return why not."""
    body = rtp_header_size(packet, size)
    if body == NOT_RTP:
        return _refuse(session, row, _MALFORMED, 0, 0)
    table, words = session[STREAMS], session[_RING_WORDS]
    sequence, ssrc = sequence_number(packet), ssrc_of(packet)
    entry = find(table, ssrc)
    behind = 0
    if entry == 0:
        index = session[FIRST_INDEX] | sequence
    else:
        index = estimate_index(load_i64(entry + HIGHEST), sequence)
        behind = load_i64(entry + HIGHEST) - index
        # RFC 3711 3.3: replays go before the cost of the cipher is paid.
        if behind >= 0 and (behind >= session[_WINDOW] or was_seen(entry + _RING, words, index)):
            return _refuse(session, row, _REPLAYED, index, behind)
    key = session[KEY]
    length = size - body - load_i64(key + TAG_SIZE)
    if length < 0:
        return _refuse(session, row, _TOO_SHORT, 0, 0)
    if not open_body(session, key, packet, body, length, out + body, index, ssrc):
        return _refuse(session, row, _FORGED, 0, 0)
    # RFC 3711 3.3.1, 3.3.2: ROC, s_l and the replay list move only for an authentic packet.
    if entry == 0:
        entry = insert(table, ssrc)
        if entry == FULL:
            return _WAITING
        store_i64(entry + HIGHEST, index)
    elif behind < 0:
        forget_between(entry + _RING, words, load_i64(entry + HIGHEST), index)
        store_i64(entry + HIGHEST, index)
    mark(entry + _RING, words, index)
    copy_header(out, packet, body)
    return body + length


@kernel
def _unprotect(session: Words, data: U8, size: npt.NDArray[np.int32]) -> int:
    rows, stride = data.shape
    if size.shape[0] != rows or (rows > 0 and stride > 1 and data.strides[1] != 1):
        return ODD_LAYOUT
    if rows > session[ROWS] or rows * stride > session[OUT_BYTES]:
        return NO_ROOM
    if session[_NEXT_ROW] == 0:
        session[_GOOD], session[_BAD] = 0, 0
    for row in range(session[_NEXT_ROW], rows):
        packet = data.ctypes.data + row * data.strides[0]
        length = packet_size(size, row, stride)
        good = int(session[_GOOD])
        outcome = _open(session, row, packet, length, session[OUT] + good * stride)
        if outcome == _WAITING:
            session[_NEXT_ROW] = row
            return STREAMS_FULL
        if outcome >= 0:
            store_i32(session[SIZES] + 4 * good, outcome)
            session[_GOOD] = good + 1
    session[_NEXT_ROW] = 0
    return int(session[_BAD])


class NativeSrtpReceiver:
    """As `pipelines.formats.srtp.receiver.SrtpReceiver`, a batch at a time in compiled code.

    Same packets, same refusals, same state; one thread at a time. Memory for an SSRC is taken only
    when its first packet was found authentic.
    """

    def __init__(
        self,
        library: NativeLibrary,
        profile: SrtpProfile,
        master: MasterKey | SessionKeys,
        window: int = 128,
        *,
        initial_roc: int = 0,
    ) -> None:
        self.profile = profile
        self.window = ReplayWindow(window).size  # refuses a size here, not at the first packet
        self._keys = SrtpKeys(library, profile, master, encrypting=False)
        self._streams = StreamTable(more_words=ring_words(window))
        self._session: SessionWords[Unprotected] = SessionWords(
            library,
            key=self._keys.block.ctypes.data,
            streams=self._streams.address,
            first_index=first_index(initial_roc),
            own=_OWN_WORDS,
        )
        self._words, self._results = self._session.words, self._session.results
        self._words[_WINDOW] = window
        self._words[_RING_WORDS] = ring_words(window)
        ready(_unprotect, *ARGUMENTS)

    def unprotect(self, batch: PacketBatch) -> Unprotected:
        """Return the packets that are authentic and new; never raises Rejected itself.

        Each row is judged for itself: a bad one changes no state and harms no other.
        """
        while (bad := _unprotect(self._words, batch.data, batch.size)) < 0:
            batch = self._settle(bad, batch)
        shape = batch.data.shape
        if bad:
            packets = self._session.view(shape[0] - bad, shape[1])
            return Unprotected(packets=packets, rejected=self._reasons(batch, bad))
        found = self._results.get(shape)
        if found is None:
            clean = Unprotected(packets=self._session.view(*shape), rejected=())
            found = self._session.remember(shape, clean)
        return found

    def _settle(self, code: int, batch: PacketBatch) -> PacketBatch:
        """Do what compiled code asks for, and return the batch to go on with."""
        if code == NO_ROOM:
            self._session.make_room(*batch.data.shape)
        elif code == STREAMS_FULL:
            self._streams.grow()
        else:
            return regular(batch)
        return batch

    def _reasons(self, batch: PacketBatch, count: int) -> tuple[tuple[int, Rejected], ...]:
        return tuple(
            (row, self._reason(batch, row, why, index, behind))
            for row, why, index, behind in self._session.notes[:count].tolist()
        )

    def _reason(self, batch: PacketBatch, row: int, why: int, index: int, behind: int) -> Rejected:
        name = self.profile.name
        if why == _FORGED:
            return AuthenticationFailed(f"{name}: tag does not fit")
        if why == _REPLAYED:
            if behind < self.window:
                return Replayed(f"counter {index}: accepted before")
            return Replayed(
                f"counter {index}: {behind} behind the highest, the window is {self.window}"
            )
        try:
            packet = checked_row(batch, row)
            size = len(packet) - header_size(packet)
        except Malformed as reason:
            # Without its traceback, which would keep frames and buffers alive in a cycle.
            return Malformed(*reason.args)
        return Malformed(
            f"{name}: {size} bytes sealed, a tag alone is {self.profile.cipher.tag_size}"
        )

    def state(self) -> tuple[int, ...]:
        """Return (SSRC, replay window's state) of every stream, flat, in order of appearance."""
        return tuple(
            number
            for entry in self._streams.entries()
            for number in (
                int(entry[0]),
                int(entry[HIGHEST // 8]),
                seen_mask(entry[_RING // 8 :], int(entry[HIGHEST // 8]), self.window),
            )
        )
