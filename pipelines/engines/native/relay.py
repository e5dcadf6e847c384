"""One stream to many receivers in one compiled call: rewrite each header, protect with each key.

What a selective forwarding unit does with every packet (RFC 7667 3.7): SSRC, sequence number and
timestamp become those of the stream the receiver knows, and the packet is sealed for its hop.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba.core.errors import NumbaError

from pipelines.compiled import kernel, ready, step
from pipelines.engines.native.calls import (
    load_be32,
    load_i64,
    own_words,
    store_be16,
    store_be32,
    store_i32,
    store_i64,
)
from pipelines.engines.native.evp import Words, evp_addresses
from pipelines.engines.native.library import NativeLibrary
from pipelines.engines.native.srtp_keys import KEY_WORDS, SrtpKeys, seal_body
from pipelines.engines.native.srtp_packet import (
    NOT_RTP,
    copy_header,
    estimate_index,
    packet_size,
    plain_header_size,
    sequence_number,
    ssrc_of,
)
from pipelines.engines.native.srtp_session import (
    ARGUMENTS,
    GROWTH,
    KEY,
    LIBRARY_FAILED,
    NO_ROOM,
    NOTE_WORDS,
    NOTES,
    ODD_LAYOUT,
    OUT,
    OVERLAPPING,
    OWN,
    REFUSED,
    SIZES,
    SessionWords,
    unready,
)
from pipelines.formats.batch import checked_row, own_table, results_again
from pipelines.formats.srtp.kdf import MasterKey, SessionKeys
from pipelines.formats.srtp.nonces import SEQUENCE_AND_SSRC
from pipelines.formats.srtp.packet import check_plain, of_row
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.media import U8, PacketBatch
from pipelines.stage import Malformed, NonceExhausted

# Words of a fan-out: the stream it forwards, how many receivers, and why a batch was refused.
_SOURCE, _RECEIVERS, _BAD_ROW, _BAD_RECEIVER, _LAST = OWN, OWN + 1, OWN + 2, OWN + 3, OWN + 4
_OWN_WORDS = 5
_UNKNOWN = -1

# A receiver is a row of words: its key's block, then these, given as offsets in bytes.
_SSRC, _SEQUENCE_OFFSET, _TIMESTAMP_OFFSET, _HIGHEST = (8 * (KEY_WORDS + word) for word in range(4))
_RECEIVER_WORDS = KEY_WORDS + 8
_RECEIVER_SIZE = 8 * _RECEIVER_WORDS

_NOTE_SIZE = 8 * NOTE_WORDS  # of each row is noted its header's size


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """How one receiver is to see the stream: another SSRC, and numbers moved by constants.

    Offsets are added modulo 2^16 and 2^32.
    """

    ssrc: int
    sequence_offset: int = 0
    timestamp_offset: int = 0


@step
def _next_index(receiver: int, highest: int, packet: int) -> int:
    """Return the index under which the receiver gets the packet."""
    sequence = (sequence_number(packet) + load_i64(receiver + _SEQUENCE_OFFSET)) & 0xFFFF
    return sequence if highest == _UNKNOWN else estimate_index(highest, sequence)


@step
def _plan(session: Words, data: U8, size: npt.NDArray[np.int32]) -> int:
    """Return 0 if every receiver can have every packet, and note the sizes of the headers."""
    source = session[_SOURCE]
    for row in range(size.shape[0]):
        packet = data.ctypes.data + row * data.strides[0]
        length = packet_size(size, row, data.shape[1])
        body = plain_header_size(packet, length, 0)
        session[_BAD_ROW], session[_BAD_RECEIVER] = row, _UNKNOWN
        if body == NOT_RTP:
            return REFUSED
        if source == _UNKNOWN:
            source = ssrc_of(packet)
        if ssrc_of(packet) != source:
            return REFUSED
        store_i64(session[NOTES] + row * _NOTE_SIZE, body)
    for number in range(session[_RECEIVERS]):
        receiver = session[KEY] + number * _RECEIVER_SIZE
        last = load_i64(receiver + _HIGHEST)
        for row in range(size.shape[0]):
            packet = data.ctypes.data + row * data.strides[0]
            index = _next_index(receiver, last, packet)
            if index <= last:
                session[_BAD_ROW], session[_BAD_RECEIVER] = row, number
                session[_LAST] = last
                return REFUSED
            last = index
    session[_SOURCE] = source
    return 0


@kernel
def _fan_out(session: Words, data: U8, size: npt.NDArray[np.int32]) -> int:
    rows, stride = data.shape
    receivers = session[_RECEIVERS]
    code = unready(session, data, size, receivers)
    if code == 0:
        code = _plan(session, data, size)
    if code != 0:
        return code
    tag_size = session[GROWTH]
    out_stride = stride + tag_size
    # Receiver by receiver: its key stays in the cache, and the packets do anyway.
    for number in range(receivers):
        receiver = session[KEY] + number * _RECEIVER_SIZE
        ssrc = load_i64(receiver + _SSRC)
        for row in range(rows):
            packet = data.ctypes.data + row * data.strides[0]
            body = load_i64(session[NOTES] + row * _NOTE_SIZE)
            index = _next_index(receiver, load_i64(receiver + _HIGHEST), packet)
            # Spent before it is used: whatever happens below, this index is not used again.
            store_i64(receiver + _HIGHEST, index)
            out_row = number * rows + row
            out = session[OUT] + out_row * out_stride
            copy_header(out, packet, body)
            store_be16(out + 2, index & 0xFFFF)
            store_be32(out + 4, load_be32(packet + 4) + load_i64(receiver + _TIMESTAMP_OFFSET))
            store_be32(out + 8, ssrc)
            length = size[row] - body
            if not seal_body(session, receiver, out, body, packet + body, length, index, ssrc):
                return LIBRARY_FAILED
            store_i32(session[SIZES] + 4 * out_row, size[row] + tag_size)
    return 0


class RelayFanout:
    """Forwards one stream to receivers that each have a master key and a rewrite.

    The stream is the SSRC of the first batch. Each receiver's ROC starts at zero; its sequence
    numbers must move forward, as with every sender here. One thread at a time.
    """

    def __init__(
        self,
        library: NativeLibrary,
        profile: SrtpProfile,
        masters: Sequence[MasterKey | SessionKeys],
        rewrites: Sequence[Rewrite],
    ) -> None:
        if len(masters) != len(rewrites) or not masters:
            raise ValueError(
                f"fan-out to {len(masters)} keys with {len(rewrites)} rewrites: "
                "one of each per receiver is needed"
            )
        if len(set(zip(masters, (rewrite.ssrc for rewrite in rewrites), strict=True))) < len(
            masters
        ):
            # RFC 3711 9.1: streams under one master key must not share an SSRC, or nonces repeat.
            raise ValueError("fan-out: two receivers with one master key have the same SSRC")
        if profile.cryptex:
            raise ValueError(f"fan-out with {profile.name}: no cryptex here (RFC 9335)")
        self.profile = profile
        self._keys = [SrtpKeys(library, profile, m, encrypting=True) for m in masters]
        self._receivers = own_words(len(masters) * _RECEIVER_WORDS).reshape(-1, _RECEIVER_WORDS)
        for receiver, keys, rewrite in zip(self._receivers, self._keys, rewrites, strict=True):
            receiver[:KEY_WORDS] = keys.block
            receiver[_SSRC // 8] = _fitting(rewrite.ssrc)
            receiver[_SEQUENCE_OFFSET // 8] = rewrite.sequence_offset & 0xFFFF
            receiver[_TIMESTAMP_OFFSET // 8] = rewrite.timestamp_offset & 0xFFFFFFFF
        self._receivers[:, _HIGHEST // 8] = _UNKNOWN
        self._session: SessionWords[PacketBatch] = SessionWords(
            evp_addresses(library),
            key=self._receivers.ctypes.data,
            streams=0,
            first_index=0,
            own=_OWN_WORDS,
            growth=profile.cipher.tag_size,
        )
        self._words, self._results = self._session.words, self._session.results
        self._words[_SOURCE] = _UNKNOWN
        self._words[_RECEIVERS] = len(masters)
        ready(_fan_out, *ARGUMENTS)

    def __len__(self) -> int:
        """Return the number of receivers."""
        return len(self._receivers)

    def protect(self, batch: PacketBatch) -> PacketBatch:
        """Return the SRTP packets of every receiver: a view, valid until the next call.

        Rows are grouped by receiver: row `receiver * len(batch) + i` is packet i for `receiver`.
        Raises Malformed for a packet that is not RTP or not of this stream, and NonceExhausted
        where an index of some receiver would be used again; then nothing was protected for anyone.
        """
        try:
            while code := _fan_out(self._words, batch.data, batch.size):
                batch = self._settle(code, batch)
        except (TypeError, NumbaError):
            return self.protect(own_table(batch))
        shape = batch.data.shape
        found = self._results.get(shape)
        if found is None:
            rows, stride = shape
            view = self._session.view(rows * len(self), stride)
            found = self._session.remember(shape, view)
        return found

    def _settle(self, code: int, batch: PacketBatch) -> PacketBatch:
        """Do what compiled code asks for, and return the batch to go on with."""
        rows, stride = batch.data.shape
        if code == NO_ROOM:
            self._session.make_room(rows * len(self), stride)
        elif code == ODD_LAYOUT:
            return self._session.regular(batch)
        elif code == OVERLAPPING:
            raise results_again()
        elif code == REFUSED:
            raise self._refusal(batch, int(self._words[_BAD_ROW]))
        else:
            raise RuntimeError(f"libcrypto failed to encrypt with {self.profile.name}")
        return batch

    def _refusal(self, batch: PacketBatch, row: int) -> Exception:
        try:
            packet = checked_row(batch, row)
            check_plain(packet, self.profile)
        except Malformed as reason:
            return of_row(row, reason)
        sequence, ssrc = SEQUENCE_AND_SSRC.unpack_from(packet.data)
        number = int(self._words[_BAD_RECEIVER])
        if number == _UNKNOWN:
            return Malformed(f"packet {row}: SSRC {ssrc:#010x} is not the stream that is forwarded")
        last = int(self._words[_LAST])
        return NonceExhausted(
            f"receiver {number}: sequence number {sequence} after an index of {last} "
            "would use an index again"
        )

    def state(self) -> tuple[int, ...]:
        """Return (SSRC, highest index used or -1) of every receiver, flat."""
        return tuple(self._receivers[:, [_SSRC // 8, _HIGHEST // 8]].ravel().tolist())


def _fitting(ssrc: int) -> int:
    if not 0 <= ssrc <= 0xFFFFFFFF:
        raise ValueError(f"rewrite: SSRC {ssrc} does not fit 32 bits")
    return ssrc
