"""Protecting RTP packets: RFC 3711 3.3, one cipher call per packet."""

from pipelines.formats.rtp import header_size
from pipelines.formats.srtp.index import estimate_index, first_index
from pipelines.formats.srtp.kdf import MasterKey, SessionKeys, session_keys
from pipelines.formats.srtp.nonces import SEQUENCE_AND_SSRC, rtp_nonces
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.media import PacketBatch
from pipelines.memory import GrowOnlyMemory
from pipelines.stage import Malformed, NonceExhausted

PAYLOAD_LIMIT = 1 << 20
"""Bytes of keystream under one AES-CM IV: 2^16 blocks (RFC 3711 4.1.1); no datagram is so long."""


class SrtpSender:
    """Protects the packets of any number of SSRCs under one master key.

    Sequence numbers of an SSRC must move forward, so that no (key, nonce) pair ever repeats; its
    ROC starts at `initial_roc`.
    """

    def __init__(
        self, profile: SrtpProfile, master: MasterKey | SessionKeys, *, initial_roc: int = 0
    ) -> None:
        keys = session_keys(profile, master).rtp
        self.profile = profile
        self._seal_into = profile.cipher.new(keys.cipher_key).seal_into
        self._nonce = rtp_nonces(profile, keys.salt)
        self._first_index = first_index(initial_roc)
        self._highest: dict[int, int] = {}
        self._memory = GrowOnlyMemory()

    def protect(self, batch: PacketBatch) -> PacketBatch:
        """Return every packet as header || ciphertext || tag; a view, valid until the next call.

        Raises Malformed for a packet that is not RTP, and NonceExhausted for an index at or below
        one that this SSRC already used, or past 2^48 - 1. Then no packet of the batch was
        protected and no index was spent.
        """
        stride = batch.data.shape[1]
        source = batch.data.reshape(-1).data
        plan = self._plan(source, batch.size.tolist(), stride)
        tag_size = self.profile.cipher.tag_size
        out_stride = stride + tag_size
        out = self._memory.lend(len(plan) * out_stride)
        out_bytes = out.data
        start = out_start = 0
        for body, end, ssrc, index in plan:
            header = source[start:body]
            out_body = out_start + body - start
            out_bytes[out_start:out_body] = header
            self._seal_into(
                self._nonce(ssrc, index),
                header,
                source[body:end],
                out[out_body : out_body + end - body + tag_size],
            )
            start += stride
            out_start += out_stride
        return PacketBatch(
            data=out.reshape(len(plan), out_stride),
            size=batch.size + tag_size,
        )

    def _plan(
        self, source: memoryview, sizes: list[int], stride: int
    ) -> list[tuple[int, int, int, int]]:
        """Return (offset of body, offset of end, SSRC, index) per packet, and spend the indices."""
        plan = []
        highest: dict[int, int] = {}
        start = 0
        for size in sizes:
            packet = source[start : start + size]
            body = header_size(packet)
            if size - body > PAYLOAD_LIMIT:
                raise Malformed(f"RTP payload of {size - body} bytes is beyond {PAYLOAD_LIMIT}")
            sequence, ssrc = SEQUENCE_AND_SSRC.unpack_from(packet)
            last = highest.get(ssrc)
            if last is None:
                last = self._highest.get(ssrc)
            if last is None:
                index = self._first_index | sequence
            else:
                index = estimate_index(last, sequence)
                # Past the last ROC the estimate begins again at zero, so this also ends the key.
                if index <= last:
                    raise NonceExhausted(
                        f"SSRC {ssrc:#010x}: sequence number {sequence} after {last & 0xFFFF} "
                        f"(ROC {last >> 16}) would use an index again"
                    )
            highest[ssrc] = index
            plan.append((start + body, start + size, ssrc, index))
            start += stride
        self._highest.update(highest)
        return plan

    def state(self) -> tuple[int, ...]:
        """Return (SSRC, highest index used) of every stream, flat, in order of first use."""
        return tuple(number for stream in self._highest.items() for number in stream)
