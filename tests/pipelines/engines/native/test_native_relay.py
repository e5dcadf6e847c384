"""One stream to many receivers: the same bytes as rewriting by hand and protecting per receiver."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.engines.native.library import NativeLibrary, best_library
from pipelines.engines.native.relay import RelayFanout, Rewrite
from pipelines.engines.native.srtp_unprotect import NativeSrtpReceiver
from pipelines.formats.rtp import RtpHeader
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import CRYPTEX_PROFILES, PROFILES, SrtpProfile
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import PacketBatch
from pipelines.stage import Malformed, NonceExhausted

PacketMaker = Callable[..., bytes]
REWRITES = st.builds(
    Rewrite,
    ssrc=st.integers(0, 0xFFFFFFFF),
    sequence_offset=st.one_of(st.integers(0, 0xFFFF), st.sampled_from([0, 1, 0x8000, -1])),
    timestamp_offset=st.integers(-(2**31), 2**32 - 1),
)


def rewritten(packet: bytes, rewrite: Rewrite) -> bytes:
    sequence = (int.from_bytes(packet[2:4]) + rewrite.sequence_offset) & 0xFFFF
    timestamp = (int.from_bytes(packet[4:8]) + rewrite.timestamp_offset) & 0xFFFFFFFF
    fields = sequence.to_bytes(2) + timestamp.to_bytes(4) + rewrite.ssrc.to_bytes(4)
    return packet[:2] + fields + packet[12:]


@given(
    name=st.sampled_from(sorted(PROFILES)),
    rewrites=st.lists(REWRITES, min_size=1, max_size=5),
    steps=st.lists(
        st.tuples(st.sampled_from([1, 1, 2, 30_000]), st.integers(0, 300), st.integers(0, 3)),
        min_size=1,
        max_size=20,
    ),
    cut=st.integers(0, 20),
)
@settings(max_examples=80, deadline=None)
def test_every_receiver_gets_what_its_own_sender_would_have_sent(
    name: str, rewrites: list[Rewrite], steps: list[tuple[int, int, int]], cut: int
) -> None:
    profile = PROFILES[name]
    masters = [MasterKey.fresh(profile) for _ in rewrites]
    fanout = RelayFanout(best_library(), profile, masters, rewrites)
    senders = [SrtpSender(profile, master) for master in masters]
    packets, sequence = [], 65_000
    for step, size, csrcs in steps:
        sequence += step
        header = RtpHeader(
            marker=False,
            payload_type=96,
            sequence_number=sequence & 0xFFFF,
            timestamp=sequence,
            ssrc=5,
            csrcs=tuple(range(csrcs)),
            extension=(0xBEDE, bytes(4 * csrcs)) if csrcs > 1 else None,
        )
        packets.append(header.to_bytes() + bytes(size))
    for part in (packets[:cut], packets[cut:]):
        batch = PacketBatch.of(part)
        wire = fanout.protect(batch)
        assert len(wire) == len(rewrites) * len(part)
        for number, (sender, rewrite) in enumerate(zip(senders, rewrites, strict=True)):
            expected = sender.protect(PacketBatch.of(rewritten(p, rewrite) for p in part))
            ours = wire.rows()[number * len(part) : (number + 1) * len(part)]
            assert [row.tobytes() for row in ours] == [row.tobytes() for row in expected.rows()]
    highest = [number for sender in senders for number in sender.state()]
    assert list(fanout.state()) == highest


def test_a_hundred_receivers_each_open_their_own_and_no_other(
    library: NativeLibrary, profile: SrtpProfile, rtp_packet: PacketMaker
) -> None:
    masters = [MasterKey.fresh(profile) for _ in range(100)]
    rewrites = [Rewrite(ssrc=number, sequence_offset=number * 700) for number in range(100)]
    fanout = RelayFanout(library, profile, masters, rewrites)
    packets = [rtp_packet(number, bytes(number)) for number in range(7)]
    wire = fanout.protect(PacketBatch.of(packets))
    for number, master in enumerate(masters):
        receiver = NativeSrtpReceiver(library, profile, master)
        rows = range(7 * number, 7 * number + 7)
        mine = wire.take(rows)
        others = wire.take([row for row in range(len(wire)) if row not in rows])
        assert len(receiver.unprotect(others).packets) == 0
        opened = receiver.unprotect(mine)
        expected = [rewritten(packet, rewrites[number]) for packet in packets]
        assert [row.tobytes() for row in opened.packets.rows()] == expected


def test_a_refused_batch_reaches_no_receiver(
    library: NativeLibrary, profile: SrtpProfile, rtp_packet: PacketMaker
) -> None:
    masters = [MasterKey.fresh(profile) for _ in range(3)]
    rewrites = [Rewrite(ssrc=number, sequence_offset=10) for number in range(3)]
    fanout = RelayFanout(library, profile, masters, rewrites)
    fanout.protect(PacketBatch.of([rtp_packet(5)]))
    before = fanout.state()
    assert before == (0, 15, 1, 15, 2, 15)
    with pytest.raises(NonceExhausted, match="receiver 0: sequence number 5"):
        fanout.protect(PacketBatch.of([rtp_packet(6), rtp_packet(5)]))
    with pytest.raises(Malformed, match="RTP version 0"):
        fanout.protect(PacketBatch.of([rtp_packet(6), bytes(20)]))
    with pytest.raises(Malformed, match="packet 1: SSRC 0x00000008 is not the stream"):
        fanout.protect(PacketBatch.of([rtp_packet(6), rtp_packet(7, ssrc=8)]))
    batch = PacketBatch.of([rtp_packet(6)])
    batch.size[0] = 10_000
    with pytest.raises(Malformed, match="10000 bytes in a row"):
        fanout.protect(batch)
    assert fanout.state() == before
    fanout.protect(PacketBatch.of([rtp_packet(6)]))


def test_the_first_stream_is_not_learnt_from_a_refused_batch(
    library: NativeLibrary, rtp_packet: PacketMaker
) -> None:
    profile = PROFILES["aes-128-gcm"]
    fanout = RelayFanout(library, profile, [MasterKey.fresh(profile)], [Rewrite(ssrc=1)])
    with pytest.raises(Malformed):
        fanout.protect(PacketBatch.of([rtp_packet(1, ssrc=9), b""]))
    assert len(fanout.protect(PacketBatch.of([rtp_packet(1, ssrc=8)]))) == 1


def test_what_would_repeat_nonces_is_refused_at_once(library: NativeLibrary) -> None:
    profile = PROFILES["aes-128-gcm"]
    master, other = MasterKey.fresh(profile), MasterKey.fresh(profile)
    RelayFanout(library, profile, [master, other], [Rewrite(ssrc=1), Rewrite(ssrc=1)])
    with pytest.raises(ValueError, match="same SSRC"):
        RelayFanout(library, profile, [master, master], [Rewrite(ssrc=1), Rewrite(ssrc=1)])
    with pytest.raises(ValueError, match="2 keys with 1 rewrites"):
        RelayFanout(library, profile, [master, other], [Rewrite(ssrc=1)])
    with pytest.raises(ValueError, match="does not fit 32 bits"):
        RelayFanout(library, profile, [master], [Rewrite(ssrc=1 << 32)])


def test_broken_tables_own_results_and_encrypted_extensions_reach_no_receiver(
    library: NativeLibrary, rtp_packet: PacketMaker
) -> None:
    profile = PROFILES["aes-128-gcm"]
    fanout = RelayFanout(library, profile, [MasterKey.fresh(profile)], [Rewrite(ssrc=1)])
    batch = PacketBatch.of([rtp_packet(1), rtp_packet(2)])
    with pytest.raises(ValueError, match=r"sizes of shape \(1,\)"):
        fanout.protect(PacketBatch(data=batch.data, size=batch.size[:1]))
    with pytest.raises(TypeError, match="batch of int8"):
        fanout.protect(PacketBatch(data=batch.data.view("i1"), size=batch.size))
    hidden = rtp_packet(1, extension_words=1).replace(b"\xbe\xde", b"\xc0\xde")
    with pytest.raises(Malformed, match="packet 0: RTP header extension 0xc0de"):
        fanout.protect(PacketBatch.of([hidden]))
    assert fanout.state() == (1, -1)
    sent = fanout.protect(batch)
    with pytest.raises(ValueError, match="where the results of this call go"):
        fanout.protect(sent)
    cryptex = CRYPTEX_PROFILES["aes-128-gcm-cryptex"]
    with pytest.raises(ValueError, match="no cryptex here"):
        RelayFanout(library, cryptex, [MasterKey.fresh(cryptex)], [Rewrite(ssrc=1)])
