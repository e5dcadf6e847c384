"""The plan of a batch that is to be protected: every row gets its index, or none does.

A sequence number moves forward only, and an SRTCP index counts up: so no (key, nonce) pair repeats,
and nothing but the highest index has to be remembered.
"""

import numpy as np
import numpy.typing as npt

from pipelines.compiled import step
from pipelines.engines.native.calls import load_be32, load_i64, load_u8, store_i64
from pipelines.engines.native.evp import Words
from pipelines.engines.native.srtp_packet import (
    NOT_RTP,
    estimate_index,
    packet_size,
    plain_header_size,
    sequence_number,
    ssrc_of,
)
from pipelines.engines.native.srtp_session import (
    CRYPTEX,
    FIRST_INDEX,
    NOTE_WORDS,
    NOTES,
    OWN,
    REFUSED,
    STREAMS,
    STREAMS_FULL,
)
from pipelines.engines.native.srtp_streams import (
    FULL,
    HIGHEST,
    MORE,
    count_of,
    find,
    forget_after,
    insert,
)
from pipelines.formats.rtp import VERSION
from pipelines.formats.srtp.packet import PAYLOAD_LIMIT
from pipelines.formats.srtp.rtcp import HEADER_SIZE, LAST_INDEX
from pipelines.media import U8

# Words of the sending side: the number of the batch, and what is known of a refused packet.
_BATCH, BAD_ROW, LAST = OWN, OWN + 1, OWN + 2
PLAN_WORDS = 3

# An entry's own words: the batch that planned for it last, and the highest index it planned.
_PLANNED_IN, _PLANNED = MORE, MORE + 8
ENTRY_WORDS = 2

# What is noted of each row: header size, entry, index.
BODY, ENTRY, INDEX = 0, 8, 16
NOTE_SIZE = 8 * NOTE_WORDS


@step
def plan_rtp(session: Words, data: U8, size: npt.NDArray[np.int32]) -> int:
    """Give every row its index and return 0, or take it all back and return why not."""
    table = session[STREAMS]
    known = count_of(table)
    session[_BATCH] += 1
    for row in range(size.shape[0]):
        packet = data.ctypes.data + row * data.strides[0]
        length = packet_size(size, row, data.shape[1])
        body = plain_header_size(packet, length, session[CRYPTEX])
        session[BAD_ROW], session[LAST] = row, 0
        if body == NOT_RTP:
            forget_after(table, known)
            return REFUSED
        sequence, ssrc = sequence_number(packet), ssrc_of(packet)
        entry = find(table, ssrc)
        if entry != 0:
            last = _highest(session, entry)
            index = estimate_index(last, sequence)
            # Past the last ROC the estimate begins again at zero, so this also ends the key.
            if index <= last:
                session[LAST] = last
                forget_after(table, known)
                return REFUSED
        else:
            entry = insert(table, ssrc)
            if entry == FULL:
                forget_after(table, known)
                return STREAMS_FULL
            index = session[FIRST_INDEX] | sequence
        _take(session, row, body, entry, index)
    return 0


@step
def plan_rtcp(session: Words, data: U8, size: npt.NDArray[np.int32]) -> int:
    """Give every row its index and return 0, or take it all back and return why not."""
    table = session[STREAMS]
    known = count_of(table)
    session[_BATCH] += 1
    for row in range(size.shape[0]):
        packet = data.ctypes.data + row * data.strides[0]
        length = packet_size(size, row, data.shape[1])
        session[BAD_ROW] = row
        fits = HEADER_SIZE <= length <= PAYLOAD_LIMIT + HEADER_SIZE
        if not fits or load_u8(packet) >> 6 != VERSION:
            forget_after(table, known)
            return REFUSED
        ssrc = load_be32(packet + 4)
        entry = find(table, ssrc)
        index = session[FIRST_INDEX]
        if entry != 0:
            index = _highest(session, entry) + 1
        else:
            entry = insert(table, ssrc)
            if entry == FULL:
                forget_after(table, known)
                return STREAMS_FULL
        if index > LAST_INDEX:
            forget_after(table, known)
            return REFUSED
        _take(session, row, HEADER_SIZE, entry, index)
    return 0


@step
def _highest(session: Words, entry: int) -> int:
    """Return the highest index of the entry, those included that this batch planned."""
    planned = load_i64(entry + _PLANNED_IN) == session[_BATCH]
    return load_i64(entry + (_PLANNED if planned else HIGHEST))


@step
def _take(session: Words, row: int, body: int, entry: int, index: int) -> None:
    store_i64(entry + _PLANNED_IN, session[_BATCH])
    store_i64(entry + _PLANNED, index)
    note = session[NOTES] + row * NOTE_SIZE
    store_i64(note + BODY, body)
    store_i64(note + ENTRY, entry)
    store_i64(note + INDEX, index)


@step
def spend(session: Words, row: int) -> int:
    """Mark the index of `row` as used and return it.

    Called before the packet is touched: whatever happens then, this index is not used again.
    """
    note = session[NOTES] + row * NOTE_SIZE
    index = load_i64(note + INDEX)
    store_i64(load_i64(note + ENTRY) + HIGHEST, index)
    return index


@step
def body_of(session: Words, row: int) -> int:
    """Return the size of the header of `row`."""
    return load_i64(session[NOTES] + row * NOTE_SIZE + BODY)
