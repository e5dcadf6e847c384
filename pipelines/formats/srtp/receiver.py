"""Checking and opening SRTP packets: RFC 3711 3.3, one cipher call per packet."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipelines.formats.batch import check_apart, check_table, no_such_size, plain_table
from pipelines.formats.replay import ReplayWindow
from pipelines.formats.rtp import FIXED_SIZE, header_size
from pipelines.formats.srtp.cryptex import SHOWN, CryptexKey
from pipelines.formats.srtp.index import estimate_index, first_index
from pipelines.formats.srtp.kdf import MasterKey, SessionKeys, session_keys
from pipelines.formats.srtp.nonces import SEQUENCE_AND_SSRC, rtp_nonces
from pipelines.formats.srtp.packet import check_sealed, extension_profile
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.media import U8, PacketBatch
from pipelines.memory import GrowOnlyMemory
from pipelines.stage import Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Unprotected:
    """What became of a batch: the RTP packets that held, and why each other row did not.

    `packets` keeps the order of arrival and is a view, valid until the receiver's next call;
    `rejected` holds (row in the batch, reason).
    """

    packets: PacketBatch
    rejected: tuple[tuple[int, Rejected], ...]


OpenInto = Callable[[bytes, memoryview, memoryview, U8], int]
"""(nonce, header, ciphertext || tag, where to): as `Aead.open_into`."""


class _Stream:
    """What is known of one SSRC: its highest authentic index, and which ones came below it."""

    __slots__ = ("highest", "window")

    def __init__(self, index: int, window_size: int) -> None:
        self.highest = index
        self.window = ReplayWindow(window_size)


class SrtpReceiver:
    """Opens the packets of any number of SSRCs under one master key.

    `window` is how many indices the replay window spans (at least 64). An SSRC has state only from
    its first authentic packet on, so forged ones cost no memory; its ROC starts at `initial_roc`.
    """

    def __init__(
        self,
        profile: SrtpProfile,
        master: MasterKey | SessionKeys,
        window: int = 128,
        *,
        initial_roc: int = 0,
    ) -> None:
        keys = session_keys(profile, master).rtp
        self.profile = profile
        self.window = ReplayWindow(window).size  # refuses a size here, not at the first packet
        self._open_into = profile.cipher.new(keys.cipher_key).open_into
        self._open_hidden = CryptexKey(profile, keys).open_into
        self._nonce = rtp_nonces(profile, keys.salt)
        self._first_index = first_index(initial_roc)
        self._streams: dict[int, _Stream] = {}
        self._memory = GrowOnlyMemory()

    def unprotect(self, batch: PacketBatch) -> Unprotected:
        """Return the packets that are authentic and new; never raises Rejected itself.

        Each row is judged for itself: a bad one changes no state and harms no other. Raises
        ValueError and TypeError for a batch that is no table of packets.
        """
        check_table(batch)
        check_apart(batch, self._memory)
        batch = plain_table(batch)
        rows, stride = batch.data.shape
        source = batch.data.reshape(-1).data
        out = self._memory.lend(rows * stride)
        out_bytes = out.data
        least = FIXED_SIZE + self.profile.cipher.tag_size
        sizes: list[int] = []
        rejected: list[tuple[int, Rejected]] = []
        start = out_start = 0
        for row, size in enumerate(batch.size.tolist()):
            packet = source[start : start + size]
            start += stride
            try:
                if not 0 <= size <= stride:
                    raise no_such_size(size, stride)
                body = header_size(packet)
                if body > FIXED_SIZE or size < least:  # nearly never: there is nothing more to ask
                    check_sealed(packet, self.profile)
                header, sealed, end = packet[:body], packet[body:], out_start + size
                # RFC 9335 5.2: what is not marked as encrypted is opened as ever.
                if body > FIXED_SIZE and extension_profile(packet) in SHOWN:
                    opened = self._open(header, sealed, out[out_start:end], self._open_hidden)
                else:
                    to = out[out_start + body : end]
                    opened = body + self._open(header, sealed, to, self._open_into)
                    out_bytes[out_start : out_start + body] = header
            except Rejected as reason:
                # Without its traceback, which would keep frames and buffers alive in a cycle.
                rejected.append((row, type(reason)(*reason.args)))
                continue
            sizes.append(opened)
            out_start += stride
        return Unprotected(
            packets=PacketBatch(
                data=out[:out_start].reshape(len(sizes), stride),
                size=np.array(sizes, dtype=np.int32),
            ),
            rejected=tuple(rejected),
        )

    def _open(self, header: memoryview, sealed: memoryview, out: U8, open_into: OpenInto) -> int:
        """Have `open_into` write to `out`, if the packet is new; return how much it wrote."""
        sequence, ssrc = SEQUENCE_AND_SSRC.unpack_from(header)
        stream = self._streams.get(ssrc)
        if stream is None:
            index = self._first_index | sequence
        else:
            index = estimate_index(stream.highest, sequence)
            # RFC 3711 3.3: replays go before the cost of the cipher is paid.
            stream.window.check(index)
        size = open_into(self._nonce(ssrc, index), header, sealed, out)
        # RFC 3711 3.3.1, 3.3.2: ROC, s_l and the replay list move only for an authentic packet.
        if stream is None:
            stream = self._streams[ssrc] = _Stream(index, self.window)
        elif index > stream.highest:
            stream.highest = index
        stream.window.commit(index)
        return size

    def state(self) -> tuple[int, ...]:
        """Return (SSRC, replay window's state) of every stream, flat, in order of appearance."""
        return tuple(
            number
            for ssrc, stream in self._streams.items()
            for number in (ssrc, *stream.window.state())
        )
