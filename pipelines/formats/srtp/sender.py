"""Protecting RTP packets: RFC 3711 3.3, one cipher call per packet."""

from pipelines.formats.batch import check_apart, check_table, no_such_size, plain_table
from pipelines.formats.rtp import FIXED_SIZE, header_size
from pipelines.formats.srtp.cryptex import CryptexKey
from pipelines.formats.srtp.index import estimate_index, first_index
from pipelines.formats.srtp.kdf import MasterKey, SessionKeys, session_keys
from pipelines.formats.srtp.nonces import SEQUENCE_AND_SSRC, rtp_nonces
from pipelines.formats.srtp.packet import PAYLOAD_LIMIT, check_plain, nonce_spent, of_row
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.media import PacketBatch
from pipelines.memory import GrowOnlyMemory
from pipelines.stage import Malformed


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
        self._tag_size, self._growth = profile.cipher.tag_size, profile.growth
        self._cryptex = CryptexKey(profile, keys) if profile.cryptex else None
        self._nonce = rtp_nonces(profile, keys.salt)
        self._first_index = first_index(initial_roc)
        self._highest: dict[int, int] = {}
        self._memory = GrowOnlyMemory()

    def protect(self, batch: PacketBatch) -> PacketBatch:
        """Return every packet as header || ciphertext || tag; a view, valid until the next call.

        Raises Malformed for a packet that is not RTP, and NonceExhausted for an index at or below
        one that this SSRC already used, or past 2^48 - 1; ValueError and TypeError for a batch that
        is no table of packets. Then no packet was protected and no index was spent.
        """
        check_table(batch)
        check_apart(batch, self._memory)
        batch = plain_table(batch)
        stride = batch.data.shape[1]
        source = batch.data.reshape(-1).data
        plan = self._plan(source, batch.size.tolist(), stride)
        tag_size = self._tag_size
        sizes = batch.size + tag_size
        out_stride = stride + self._growth
        out = self._memory.lend(len(plan) * out_stride)
        out_bytes = out.data
        start = out_start = 0
        for row, (body, end, ssrc, index) in enumerate(plan):
            nonce = self._nonce(ssrc, index)
            if self._cryptex is not None and body - start > FIXED_SIZE:
                sealed = self._cryptex.seal(nonce, source[start:end])
                sizes[row] = len(sealed)
                out_bytes[out_start : out_start + len(sealed)] = sealed
            else:
                header = source[start:body]
                out_body = out_start + body - start
                out_bytes[out_start:out_body] = header
                out_end = out_body + end - body + tag_size
                self._seal_into(nonce, header, source[body:end], out[out_body:out_end])
            start += stride
            out_start += out_stride
        return PacketBatch(data=out.reshape(len(plan), out_stride), size=sizes)

    def _plan(
        self, source: memoryview, sizes: list[int], stride: int
    ) -> list[tuple[int, int, int, int]]:
        """Return (offset of body, offset of end, SSRC, index) per packet, and spend the indices.

        An index moves forward only: a nonce that never repeats needs no memory of those before.
        """
        plan = []
        highest: dict[int, int] = {}
        start = 0
        for row, size in enumerate(sizes):
            if not 0 <= size <= stride:
                raise of_row(row, no_such_size(size, stride))
            packet = source[start : start + size]
            try:
                body = header_size(packet)
                if body > FIXED_SIZE or size > PAYLOAD_LIMIT:  # nearly never: nothing more to ask
                    check_plain(packet, self.profile)
            except Malformed as reason:
                raise of_row(row, reason) from None
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
                    raise of_row(row, nonce_spent(packet, last))
            highest[ssrc] = index
            plan.append((start + body, start + size, ssrc, index))
            start += stride
        self._highest.update(highest)
        return plan

    def state(self) -> tuple[int, ...]:
        """Return (SSRC, highest index used) of every stream, flat, in order of first use."""
        return tuple(number for stream in self._highest.items() for number in stream)
