"""The compiled loops over libsrtp's own srtp_protect and srtp_unprotect: one call per batch."""

# ruff: noqa: PLR0917 - compiled code takes numbers and arrays, not objects

import numpy as np
import numpy.typing as npt
from numba import types

from pipelines.compiled import kernel, ready, step
from pipelines.engines.native.calls import call_i32, copy_bytes, load_be16, load_be32, load_u8
from pipelines.engines.native.libsrtp_status import OK, PARSE_ERR
from pipelines.formats.srtp.sender import PAYLOAD_LIMIT
from pipelines.media import U8

I32 = npt.NDArray[np.int32]
U32 = npt.NDArray[np.uint32]

_BYTES_IN = types.Array(types.uint8, 2, "C", readonly=True)
_BYTES_OUT = types.Array(types.uint8, 2, "C")
_SIZES_IN = types.Array(types.int32, 1, "C", readonly=True)
_SIZES_OUT = types.Array(types.int32, 1, "C")
_SSRCS = types.Array(types.uint32, 1, "C")
_LIMIT = PAYLOAD_LIMIT


@step
def payload_at(packet: int, size: int) -> int:
    """Return where the payload of the RTP packet at the address `packet` begins, or -1.

    Checked before libsrtp sees the packet: it takes any version for 2, and no length that comes
    from the wire may lead it past the row.
    """
    if size < 12 or load_u8(packet) >> 6 != 2:
        return -1
    first = load_u8(packet)
    # RFC 3550 5.1, 5.3.1: CC contributing sources, then X and an extension of 32-bit words.
    end = 12 + 4 * (first & 0x0F)
    if first & 0x10:
        end += 4
        if end > size:
            return -1
        end += 4 * load_be16(packet + end - 2)
    return end if end <= size else -1


@kernel
def protect_rows(
    function: int, session: int, data: U8, size: I32, out: U8, out_size: I32, tag_size: int
) -> tuple[int, int]:
    """Protect every row of `data` into its row of `out`; return the first bad row and its status.

    (-1, OK) where none is bad. A row that is no RTP packet is found before any is protected; one
    that libsrtp itself refuses ends the batch there.
    """
    rows, stride = data.shape
    room = out.shape[1]
    for row in range(rows):
        length = int(size[row])
        at = data.ctypes.data + row * stride
        if length > stride or length + tag_size > room:
            return row, PARSE_ERR
        payload = payload_at(at, length)
        if payload < 0 or length - payload > _LIMIT:
            return row, PARSE_ERR
    for row in range(rows):
        to = out.ctypes.data + row * room
        copy_bytes(to, data.ctypes.data + row * stride, int(size[row]))
        out_size[row] = size[row]
        status = call_i32(function, (session, to, out_size.ctypes.data + 4 * row))
        if status != OK:
            return row, int(status)
    return -1, OK


@kernel
def unprotect_rows(
    function: int,
    session: int,
    data: U8,
    size: I32,
    out: U8,
    out_size: I32,
    tag_size: int,
    status: I32,
    ssrcs: U32,
    known: int,
) -> tuple[int, int]:
    """Open every row of `data`; return how many were good, and how many SSRCs are known now.

    The good packets stand in the first rows of `out`, in order; `status` has each row's code. The
    first `known` of `ssrcs` had a good packet before, and there is room for one more per row.
    `out` has the shape of `data`.
    """
    rows, stride = data.shape
    good = 0
    for row in range(rows):
        length = int(size[row])
        status[row] = PARSE_ERR
        if length > stride:
            continue
        to = out.ctypes.data + good * stride
        payload = payload_at(data.ctypes.data + row * stride, length)
        if payload < 0 or payload + tag_size > length:
            continue
        copy_bytes(to, data.ctypes.data + row * stride, length)
        out_size[good] = size[row]
        outcome = call_i32(function, (session, to, out_size.ctypes.data + 4 * good))
        status[row] = outcome
        if outcome != OK:
            continue
        known = _remembered(ssrcs, known, load_be32(to + 8))
        good += 1
    return good, known


@step
def _remembered(ssrcs: U32, known: int, ssrc: int) -> int:
    """Put `ssrc` among the first `known` of `ssrcs`, and return how many there are then."""
    for place in range(known):
        if ssrcs[place] == ssrc:
            return known
    ssrcs[known] = ssrc
    return known + 1


def ready_kernels() -> None:
    """Compile the loops, or load them from the cache."""
    ready(
        protect_rows,
        *(types.int64, types.int64, _BYTES_IN, _SIZES_IN),
        *(_BYTES_OUT, _SIZES_OUT, types.int64),
    )
    ready(
        unprotect_rows,
        *(types.int64, types.int64, _BYTES_IN, _SIZES_IN),
        *(_BYTES_OUT, _SIZES_OUT, types.int64, _SIZES_OUT, _SSRCS, types.int64),
    )
