"""Checking and opening SRTP packets: RFC 3711 3.3, one cipher call per packet."""

from dataclasses import dataclass

import numpy as np

from pipelines.formats.batch import check_apart, check_size, check_table
from pipelines.formats.replay import ReplayWindow
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
        self._cryptex = CryptexKey(profile, keys) if profile.cryptex else None
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
        rows, stride = batch.data.shape
        source = batch.data.reshape(-1).data
        out = self._memory.lend(rows * stride)
        sizes: list[int] = []
        rejected: list[tuple[int, Rejected]] = []
        start = out_start = 0
        for row, size in enumerate(batch.size.tolist()):
            packet = source[start : start + max(size, 0)]
            start += stride
            try:
                check_size(size, stride)
                body = check_sealed(packet, self.profile)
                sizes.append(self._open(packet, body, out[out_start : out_start + stride]))
            except Rejected as reason:
                # Without its traceback, which would keep frames and buffers alive in a cycle.
                rejected.append((row, type(reason)(*reason.args)))
                continue
            out_start += stride
        return Unprotected(
            packets=PacketBatch(
                data=out[:out_start].reshape(len(sizes), stride),
                size=np.array(sizes, dtype=np.int32),
            ),
            rejected=tuple(rejected),
        )

    def _open(self, packet: memoryview, body: int, out: U8) -> int:
        """Write the RTP packet to the start of `out`, and return its size."""
        sequence, ssrc = SEQUENCE_AND_SSRC.unpack_from(packet)
        stream = self._streams.get(ssrc)
        if stream is None:
            index = self._first_index | sequence
        else:
            index = estimate_index(stream.highest, sequence)
            # RFC 3711 3.3: replays go before the cost of the cipher is paid.
            stream.window.check(index)
        nonce = self._nonce(ssrc, index)
        # RFC 9335 5.2: what is not marked as encrypted is opened as ever.
        if self._cryptex is not None and extension_profile(packet) in SHOWN:
            opened = self._cryptex.open(nonce, packet)
            size = len(opened)
            out.data[:size] = opened
        else:
            header = packet[:body]
            size = body + self._open_into(nonce, header, packet[body:], out[body:])
            out.data[:body] = header
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
