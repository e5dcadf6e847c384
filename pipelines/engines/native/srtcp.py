"""SRTCP in compiled code, a batch in one call: RFC 3711 3.4, RFC 7714 9."""

# ruff: noqa: PLR0917 - compiled code takes addresses and sizes, not objects

import numpy as np
import numpy.typing as npt

from pipelines.compiled import kernel, ready, step
from pipelines.engines.native import hmac
from pipelines.engines.native.calls import (
    copy_bytes,
    load_be32,
    load_i64,
    load_u8,
    store_be32,
    store_i32,
)
from pipelines.engines.native.evp import Words, apply_keystream, evp_addresses, seal, unseal
from pipelines.engines.native.library import NativeLibrary
from pipelines.engines.native.srtp_batches import (
    BAD,
    FORGED,
    GOOD,
    MALFORMED,
    NEXT_ROW,
    REPLAYED,
    UNPROTECT_WORDS,
    BatchProtector,
    BatchUnprotector,
    ProtectorTable,
)
from pipelines.engines.native.srtp_judge import WAITING, accept, begin, is_replay, keep, refuse
from pipelines.engines.native.srtp_keys import (
    AAD,
    CONTEXT,
    HMAC,
    IS_AEAD,
    IV,
    SCRATCH,
    TAG_SIZE,
    SrtpKeys,
    write_iv,
)
from pipelines.engines.native.srtp_packet import packet_size
from pipelines.engines.native.srtp_plan import PLAN_WORDS, plan_rtcp, spend
from pipelines.engines.native.srtp_session import (
    ARGUMENTS,
    GROWTH,
    KEY,
    LIBRARY_FAILED,
    OUT,
    SIZES,
    STREAMS,
    STREAMS_FULL,
    SessionWords,
    unready,
)
from pipelines.engines.native.srtp_streams import HIGHEST, StreamTable, find
from pipelines.engines.native.srtp_window import ring_words
from pipelines.formats.replay import ReplayWindow
from pipelines.formats.rtp import VERSION
from pipelines.formats.srtp.kdf import MasterKey, SessionKeys
from pipelines.formats.srtp.nonces import ENCRYPTED
from pipelines.formats.srtp.packet import PAYLOAD_LIMIT
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.formats.srtp.rtcp import (
    HEADER_SIZE,
    LAST_INDEX,
    WORD_SIZE,
    check_srtcp,
    why_not_rtcp,
)
from pipelines.media import U8

NO_INDEX = -1
"""What the index is of bytes that are no SRTCP packet."""

_AAD_SIZE = HEADER_SIZE + WORD_SIZE


@step
def srtcp_index(packet: int, size: int, tag_size: int, is_aead: int) -> int:
    """Return the index that the SRTCP packet at `packet` carries, or NO_INDEX where it is none."""
    if not HEADER_SIZE + WORD_SIZE + tag_size <= size <= HEADER_SIZE + PAYLOAD_LIMIT:
        return NO_INDEX
    if load_u8(packet) >> 6 != VERSION:
        return NO_INDEX
    # RFC 7714 9.2: the word ends the packet. RFC 3711 3.4, figure 2: the tag follows it.
    index = load_be32(packet + size - WORD_SIZE - (0 if is_aead else tag_size)) ^ ENCRYPTED
    return index if index <= LAST_INDEX else NO_INDEX


@step
def _aad(key: int, packet: int, index: int) -> int:
    """Return the address of header || word, the associated data of RFC 7714 9.3."""
    copy_bytes(key + AAD, packet, HEADER_SIZE)
    store_be32(key + AAD + HEADER_SIZE, ENCRYPTED | index)
    return key + AAD


@step
def _authenticate(key: int, packet: int, size: int) -> None:
    # RFC 3711 4.2: over what is sent before the tag, the word included.
    keyed = load_i64(key + HMAC)
    hmac.begin(keyed)
    hmac.update(keyed, packet, size)


@step
def _seal(functions: Words, key: int, packet: int, size: int, out: int, index: int) -> bool:
    write_iv(key, load_be32(packet + 4), index)
    context, iv, scratch = load_i64(key + CONTEXT), key + IV, key + SCRATCH
    source, length, tag_size = packet + HEADER_SIZE, size - HEADER_SIZE, load_i64(key + TAG_SIZE)
    body = out + HEADER_SIZE
    copy_bytes(out, packet, HEADER_SIZE)
    if load_i64(key + IS_AEAD):
        aad = _aad(key, packet, index)
        good = seal(functions, context, iv, aad, _AAD_SIZE, source, length, body, tag_size, scratch)
        store_be32(body + length + tag_size, ENCRYPTED | index)
        return good
    good = apply_keystream(functions, context, iv, source, length, body, scratch)
    store_be32(body + length, ENCRYPTED | index)
    _authenticate(key, out, size + WORD_SIZE)
    copy_bytes(out + size + WORD_SIZE, hmac.finish(load_i64(key + HMAC)), tag_size)
    return good


@step
def _unseal(functions: Words, key: int, packet: int, size: int, out: int, index: int) -> bool:
    """Write the RTCP packet of `size` bytes to `out`, and return whether the tag fits."""
    write_iv(key, load_be32(packet + 4), index)
    context, iv, scratch = load_i64(key + CONTEXT), key + IV, key + SCRATCH
    sealed, length, tag_size = packet + HEADER_SIZE, size - HEADER_SIZE, load_i64(key + TAG_SIZE)
    body = out + HEADER_SIZE
    if load_i64(key + IS_AEAD):
        aad, tag = _aad(key, packet, index), sealed + length
        good = unseal(
            functions, context, iv, aad, _AAD_SIZE, sealed, length, tag, tag_size, body, scratch
        )
    else:
        _authenticate(key, packet, size + WORD_SIZE)
        if not hmac.fits(load_i64(key + HMAC), packet + size + WORD_SIZE, tag_size):
            return False
        good = apply_keystream(functions, context, iv, sealed, length, body, scratch)
    copy_bytes(out, packet, HEADER_SIZE)
    return good


@step
def _open(session: Words, row: int, packet: int, size: int, out: int) -> int:
    """Write the RTCP packet to `out` and return its size, or note and return why not."""
    key = session[KEY]
    tag_size = load_i64(key + TAG_SIZE)
    index = srtcp_index(packet, size, tag_size, load_i64(key + IS_AEAD))
    if index == NO_INDEX:
        return refuse(session, row, MALFORMED, 0, 0)
    ssrc = load_be32(packet + 4)
    entry = find(session[STREAMS], ssrc)
    if is_replay(session, entry, index):
        return refuse(session, row, REPLAYED, index, load_i64(entry + HIGHEST) - index)
    opened = size - WORD_SIZE - tag_size
    if not _unseal(session, key, packet, opened, out, index):
        return refuse(session, row, FORGED, 0, 0)
    return opened if accept(session, entry, ssrc, index) else WAITING


@kernel
def _protect(session: Words, data: U8, size: npt.NDArray[np.int32]) -> int:
    code = unready(session, data, size, 1)
    if code == 0:
        code = plan_rtcp(session, data, size)
    if code != 0:
        return code
    rows, stride = data.shape
    growth = session[GROWTH]
    for row in range(rows):
        index, length = spend(session, row), int(size[row])
        packet = data.ctypes.data + row * data.strides[0]
        out = session[OUT] + row * (stride + growth)
        if not _seal(session, session[KEY], packet, length, out, index):
            return LIBRARY_FAILED
        store_i32(session[SIZES] + 4 * row, length + growth)
    return 0


@kernel
def _unprotect(session: Words, data: U8, size: npt.NDArray[np.int32]) -> int:
    code = unready(session, data, size, 1)
    if code != 0:
        return code
    rows, stride = data.shape
    for row in range(begin(session), rows):
        packet = data.ctypes.data + row * data.strides[0]
        out = session[OUT] + session[GOOD] * stride
        outcome = _open(session, row, packet, packet_size(size, row, stride), out)
        if outcome == WAITING:
            session[NEXT_ROW] = row
            return STREAMS_FULL
        if outcome >= 0:
            keep(session, outcome)
    session[NEXT_ROW] = 0
    return int(session[BAD])


class NativeSrtcpSender(BatchProtector):
    """As `pipelines.formats.srtp.rtcp.SrtcpSender`, a batch at a time in compiled code."""

    def __init__(
        self,
        library: NativeLibrary,
        profile: SrtpProfile,
        master: MasterKey | SessionKeys,
        *,
        initial_index: int = 0,
    ) -> None:
        self.profile = profile
        self._keys = SrtpKeys(library, profile, master, encrypting=True, rtcp=True)
        streams = ProtectorTable()
        super().__init__(
            ready(_protect, *ARGUMENTS),
            SessionWords(
                evp_addresses(library),
                key=self._keys.block.ctypes.data,
                streams=streams.address,
                first_index=initial_index,
                own=PLAN_WORDS,
                growth=WORD_SIZE + profile.rtcp_cipher.tag_size,
            ),
            streams,
            why_not_rtcp,
        )


class NativeSrtcpReceiver(BatchUnprotector):
    """As `pipelines.formats.srtp.rtcp.SrtcpReceiver`, a batch at a time in compiled code."""

    def __init__(
        self,
        library: NativeLibrary,
        profile: SrtpProfile,
        master: MasterKey | SessionKeys,
        window: int = 128,
    ) -> None:
        window = ReplayWindow(window).size  # refuses a size here, not at the first packet
        self.profile = profile
        self._keys = SrtpKeys(library, profile, master, encrypting=False, rtcp=True)
        streams = StreamTable(more_words=ring_words(window))
        super().__init__(
            ready(_unprotect, *ARGUMENTS),
            SessionWords(
                evp_addresses(library),
                key=self._keys.block.ctypes.data,
                streams=streams.address,
                first_index=0,
                own=UNPROTECT_WORDS,
            ),
            streams,
            lambda packet: check_srtcp(packet, profile),
            cipher=profile.rtcp_cipher.name,
            window=window,
        )
