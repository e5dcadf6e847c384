"""Checking and opening a batch of SRTP packets in one compiled call: RFC 3711 3.3."""

import numpy as np
import numpy.typing as npt

from pipelines.compiled import kernel, ready, step
from pipelines.engines.native.calls import load_i64
from pipelines.engines.native.evp import Words, evp_addresses
from pipelines.engines.native.library import NativeLibrary
from pipelines.engines.native.srtp_batches import (
    BAD,
    FORGED,
    GOOD,
    MALFORMED,
    NEXT_ROW,
    REPLAYED,
    UNPROTECT_WORDS,
    BatchUnprotector,
)
from pipelines.engines.native.srtp_cryptex import open_cryptex
from pipelines.engines.native.srtp_judge import WAITING, accept, begin, is_replay, keep, refuse
from pipelines.engines.native.srtp_keys import TAG_SIZE, SrtpKeys, open_body
from pipelines.engines.native.srtp_packet import (
    NOT_RTP,
    copy_header,
    estimate_index,
    extension_profile,
    is_hidden,
    packet_size,
    sealed_header_size,
    sequence_number,
    ssrc_of,
)
from pipelines.engines.native.srtp_session import (
    ARGUMENTS,
    CRYPTEX,
    FIRST_INDEX,
    KEY,
    OUT,
    STREAMS,
    STREAMS_FULL,
    SessionWords,
    unready,
)
from pipelines.engines.native.srtp_streams import HIGHEST, StreamTable, find
from pipelines.engines.native.srtp_window import ring_words
from pipelines.formats.replay import ReplayWindow
from pipelines.formats.rtp import FIXED_SIZE
from pipelines.formats.srtp.index import first_index
from pipelines.formats.srtp.kdf import MasterKey, SessionKeys
from pipelines.formats.srtp.packet import check_sealed
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.media import U8


@step
def _open(session: Words, row: int, packet: int, size: int, out: int) -> int:
    """Write the RTP packet to `out` and return its size, or note and return why not."""
    key = session[KEY]
    tag_size = load_i64(key + TAG_SIZE)
    body = sealed_header_size(packet, size, tag_size, session[CRYPTEX])
    if body == NOT_RTP:
        return refuse(session, row, MALFORMED, 0, 0)
    sequence, ssrc = sequence_number(packet), ssrc_of(packet)
    entry = find(session[STREAMS], ssrc)
    if entry == 0:
        index = session[FIRST_INDEX] | sequence
    else:
        highest = load_i64(entry + HIGHEST)
        index = estimate_index(highest, sequence)
        # RFC 3711 3.3: replays go before the cost of the cipher is paid.
        if is_replay(session, entry, index):
            return refuse(session, row, REPLAYED, index, highest - index)
    # RFC 9335 5.2: what is not marked as encrypted is opened as ever.
    if session[CRYPTEX] != 0 and body > FIXED_SIZE and is_hidden(extension_profile(packet)):
        if not open_cryptex(session, key, packet, size - tag_size, out, index, ssrc):
            return refuse(session, row, FORGED, 0, 0)
    else:
        length = size - body - tag_size
        if not open_body(session, key, packet, body, length, out + body, index, ssrc):
            return refuse(session, row, FORGED, 0, 0)
        copy_header(out, packet, body)
    return size - tag_size if accept(session, entry, ssrc, index) else WAITING


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


class NativeSrtpReceiver(BatchUnprotector):
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
        window = ReplayWindow(window).size  # refuses a size here, not at the first packet
        self.profile = profile
        self._keys = SrtpKeys(library, profile, master, encrypting=False)
        streams = StreamTable(more_words=ring_words(window))
        super().__init__(
            ready(_unprotect, *ARGUMENTS),
            SessionWords(
                evp_addresses(library),
                key=self._keys.block.ctypes.data,
                streams=streams.address,
                first_index=first_index(initial_roc),
                own=UNPROTECT_WORDS,
                cryptex=profile.cryptex,
            ),
            streams,
            lambda packet: check_sealed(packet, profile),
            cipher=profile.cipher.name,
            window=window,
        )
