"""Protecting a batch of RTP packets in one compiled call: RFC 3711 3.3, sending side."""

from functools import partial

import numpy as np
import numpy.typing as npt

from pipelines.compiled import kernel, ready
from pipelines.engines.native.calls import load_i64, store_i32
from pipelines.engines.native.evp import Words, evp_addresses
from pipelines.engines.native.library import NativeLibrary
from pipelines.engines.native.srtp_batches import BatchProtector, ProtectorTable
from pipelines.engines.native.srtp_cryptex import seal_cryptex
from pipelines.engines.native.srtp_keys import TAG_SIZE, SrtpKeys, seal_body
from pipelines.engines.native.srtp_packet import copy_header, ssrc_of
from pipelines.engines.native.srtp_plan import PLAN_WORDS, body_of, plan_rtp, spend
from pipelines.engines.native.srtp_session import (
    ARGUMENTS,
    CRYPTEX,
    GROWTH,
    KEY,
    LIBRARY_FAILED,
    OUT,
    SIZES,
    SessionWords,
    unready,
)
from pipelines.formats.rtp import FIXED_SIZE
from pipelines.formats.srtp.index import first_index
from pipelines.formats.srtp.kdf import MasterKey, SessionKeys
from pipelines.formats.srtp.packet import why_not_plain
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.media import U8


@kernel
def _protect(session: Words, data: U8, size: npt.NDArray[np.int32]) -> int:
    code = unready(session, data, size, 1)
    if code == 0:
        code = plan_rtp(session, data, size)
    if code != 0:
        return code
    rows, stride = data.shape
    key = session[KEY]
    tag_size = load_i64(key + TAG_SIZE)
    for row in range(rows):
        body, index = body_of(session, row), spend(session, row)
        packet = data.ctypes.data + row * data.strides[0]
        out = session[OUT] + row * (stride + session[GROWTH])
        ssrc, length = ssrc_of(packet), int(size[row])
        if session[CRYPTEX] != 0 and body > FIXED_SIZE:
            length = seal_cryptex(session, key, out, packet, length, index, ssrc)
            if length == 0:
                return LIBRARY_FAILED
        else:
            copy_header(out, packet, body)
            if not seal_body(session, key, out, body, packet + body, length - body, index, ssrc):
                return LIBRARY_FAILED
        store_i32(session[SIZES] + 4 * row, length + tag_size)
    return 0


class NativeSrtpSender(BatchProtector):
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
        streams = ProtectorTable()
        super().__init__(
            ready(_protect, *ARGUMENTS),
            SessionWords(
                evp_addresses(library),
                key=self._keys.block.ctypes.data,
                streams=streams.address,
                first_index=first_index(initial_roc),
                own=PLAN_WORDS,
                growth=profile.growth,
                cryptex=profile.cryptex,
            ),
            streams,
            partial(why_not_plain, profile),
        )
