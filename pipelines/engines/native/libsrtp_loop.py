"""The compiled loops over libsrtp's own functions for RTP and RTCP: one call per batch.

What libsrtp lets pass, and this project does not, is looked at before it: bytes that are no packet,
lengths from the wire that lead past it, an index that does not move forward. What it judges itself,
replays and tags, is noted beside its verdict: libsrtp does not tell its own record of either.
"""

import numpy as np
import numpy.typing as npt

from pipelines.compiled import kernel, step
from pipelines.engines.native.calls import (
    call_i32,
    copy_bytes,
    load_be32,
    load_i32,
    load_i64,
    store_i32,
)
from pipelines.engines.native.evp import Words
from pipelines.engines.native.libsrtp_status import (
    AUTHENTICATION_FAILED,
    CIPHER_FAILED,
    INDEX_OLD,
    OK,
    REPLAYED_OLD,
)
from pipelines.engines.native.libsrtp_status import REPLAYED as STATUS_REPLAYED
from pipelines.engines.native.srtcp import NO_INDEX, srtcp_index
from pipelines.engines.native.srtp_batches import (
    BAD,
    FORGED,
    GOOD,
    MALFORMED,
    NEXT_ROW,
    OTHER,
    REPLAYED,
)
from pipelines.engines.native.srtp_judge import accept, begin, keep, refuse
from pipelines.engines.native.srtp_packet import (
    NOT_RTP,
    estimate_index,
    packet_size,
    sealed_header_size,
    sequence_number,
    ssrc_of,
)
from pipelines.engines.native.srtp_plan import plan_rtcp, plan_rtp, spend
from pipelines.engines.native.srtp_session import (
    GROWTH,
    KEY,
    LIBRARY_FAILED,
    OUT,
    SIZES,
    STREAMS,
    STREAMS_FULL,
    unready,
)
from pipelines.engines.native.srtp_streams import HIGHEST, find, is_full
from pipelines.media import U8

FUNCTION, IS_RTCP, TAG_SIZE, IS_AEAD = 0, 1, 2, 3
"""Words of the session that stand where libcrypto's addresses do: what to call, and for what."""


@kernel
def protect_rows(session: Words, data: U8, size: npt.NDArray[np.int32]) -> int:
    """Protect every row, or say why not; the session's KEY is libsrtp's own session."""
    code = unready(session, data, size, 1)
    if code == 0:
        code = plan_rtcp(session, data, size) if session[IS_RTCP] else plan_rtp(session, data, size)
    if code != 0:
        return code
    rows, stride = data.shape
    for row in range(rows):
        spend(session, row)
        out = session[OUT] + row * (stride + session[GROWTH])
        length = session[SIZES] + 4 * row
        copy_bytes(out, data.ctypes.data + row * data.strides[0], int(size[row]))
        store_i32(length, size[row])
        if call_i32(session[FUNCTION], (session[KEY], out, length)) != OK:
            return LIBRARY_FAILED
    return 0


@kernel
def unprotect_rows(session: Words, data: U8, size: npt.NDArray[np.int32]) -> int:
    """Open every row, and return how many were refused."""
    code = unready(session, data, size, 1)
    if code != 0:
        return code
    rows, stride = data.shape
    for row in range(begin(session), rows):
        # Before libsrtp remembers a packet: it would be a replay when it comes again.
        if is_full(session[STREAMS]):
            session[NEXT_ROW] = row
            return STREAMS_FULL
        packet = data.ctypes.data + row * data.strides[0]
        outcome = _open(session, row, packet, packet_size(size, row, stride), stride)
        if outcome >= 0:
            keep(session, outcome)
    session[NEXT_ROW] = 0
    return int(session[BAD])


@step
def _open(session: Words, row: int, packet: int, size: int, stride: int) -> int:
    """Write the packet to where the next result goes and return its size, or note why not."""
    if session[IS_RTCP]:
        index = srtcp_index(packet, size, session[TAG_SIZE], session[IS_AEAD])
        if index == NO_INDEX:
            return refuse(session, row, MALFORMED, 0, 0)
        ssrc = load_be32(packet + 4)
        entry = find(session[STREAMS], ssrc)
    else:
        if sealed_header_size(packet, size, session[TAG_SIZE], 0) == NOT_RTP:
            return refuse(session, row, MALFORMED, 0, 0)
        ssrc = ssrc_of(packet)
        entry = find(session[STREAMS], ssrc)
        index = sequence_number(packet)
        if entry != 0:
            index = estimate_index(load_i64(entry + HIGHEST), index)
    good = session[GOOD]
    out, length = session[OUT] + good * stride, session[SIZES] + 4 * good
    copy_bytes(out, packet, size)
    store_i32(length, size)
    status = call_i32(session[FUNCTION], (session[KEY], out, length))
    if status == OK:
        accept(session, entry, ssrc, index)
        return load_i32(length)
    if entry != 0 and status in (STATUS_REPLAYED, REPLAYED_OLD, INDEX_OLD):
        return refuse(session, row, REPLAYED, index, load_i64(entry + HIGHEST) - index)
    if status in (AUTHENTICATION_FAILED, CIPHER_FAILED):
        return refuse(session, row, FORGED, 0, 0)
    return refuse(session, row, OTHER - status, 0, 0)
