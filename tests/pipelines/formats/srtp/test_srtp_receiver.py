"""What an SRTP receiver refuses, and that a refusal moves nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.formats.rtp import RtpHeader
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.formats.srtp.receiver import SrtpReceiver, Unprotected
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import PacketBatch
from pipelines.stage import AuthenticationFailed, Malformed, Rejected, Replayed

NAMES = st.sampled_from(sorted(PROFILES))


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> SrtpProfile:
    return PROFILES[request.param]


def rtp_packet(
    sequence: int, payload: bytes = b"payload", ssrc: int = 7, csrcs: tuple[int, ...] = ()
) -> bytes:
    header = RtpHeader(
        marker=False,
        payload_type=96,
        sequence_number=sequence & 0xFFFF,
        timestamp=0,
        ssrc=ssrc,
        csrcs=csrcs,
    )
    return header.to_bytes() + payload


def protected(profile: SrtpProfile, master: MasterKey, packets: list[bytes]) -> list[bytes]:
    batch = SrtpSender(profile, master).protect(PacketBatch.of(packets))
    return [row.tobytes() for row in batch.rows()]


def received(receiver: SrtpReceiver, *wire: bytes) -> Unprotected:
    return receiver.unprotect(PacketBatch.of(wire))


def reasons(unprotected: Unprotected) -> list[type[Rejected]]:
    return [type(reason) for _, reason in unprotected.rejected]


def test_every_flipped_bit_is_rejected_and_moves_nothing(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    first, second = protected(profile, master, [rtp_packet(1), rtp_packet(2)])
    receiver = SrtpReceiver(profile, master)
    received(receiver, first)
    before = receiver.state()
    tampered = [
        (int.from_bytes(second) ^ 1 << bit).to_bytes(len(second)) for bit in range(8 * len(second))
    ]
    outcome = received(receiver, *tampered)
    assert len(outcome.rejected) == len(tampered)
    assert len(outcome.packets) == 0
    assert receiver.state() == before
    assert len(received(receiver, second).packets) == 1


@given(
    name=NAMES,
    payload=st.binary(max_size=300),
    csrcs=st.lists(st.integers(0, 0xFFFFFFFF), max_size=15),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_tampering_anywhere_is_rejected_and_moves_nothing(
    name: str, payload: bytes, csrcs: list[int], data: st.DataObject
) -> None:
    profile = PROFILES[name]
    master = MasterKey.fresh(profile)
    packets = [rtp_packet(9, payload, csrcs=tuple(csrcs)), rtp_packet(10, payload)]
    first, second = protected(profile, master, packets)
    receiver = SrtpReceiver(profile, master)
    if data.draw(st.booleans(), "stream known"):
        received(receiver, second)
    before = receiver.state()
    at = data.draw(st.integers(0, len(first) - 1), "byte")
    mask = data.draw(st.integers(1, 255), "mask")
    tampered = bytearray(first)
    tampered[at] ^= mask
    assert len(received(receiver, bytes(tampered)).rejected) == 1
    assert receiver.state() == before
    opened = received(receiver, first)
    assert [row.tobytes() for row in opened.packets.rows()] == packets[:1]


def test_truncation_at_every_length_is_rejected(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    (wire,) = protected(profile, master, [rtp_packet(1, bytes(30), csrcs=(1, 2))])
    receiver = SrtpReceiver(profile, master)
    outcome = received(receiver, *(wire[:size] for size in range(len(wire))))
    assert [row for row, _ in outcome.rejected] == list(range(len(wire)))
    assert receiver.state() == ()


def test_a_body_shorter_than_its_tag_is_malformed(profile: SrtpProfile) -> None:
    receiver = SrtpReceiver(profile, MasterKey.fresh(profile))
    short = rtp_packet(1, bytes(profile.cipher.tag_size - 1))
    assert reasons(received(receiver, short)) == [Malformed]


def test_a_bad_packet_harms_no_other_in_its_batch(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    packets = [rtp_packet(sequence, bytes(sequence)) for sequence in range(5)]
    wire = protected(profile, master, packets)
    forged = wire[1][:-1] + bytes([wire[1][-1] ^ 1])
    outcome = received(
        SrtpReceiver(profile, master), wire[0], forged, b"", wire[2], wire[2], wire[4]
    )
    assert [row.tobytes() for row in outcome.packets.rows()] == [packets[i] for i in (0, 2, 4)]
    assert [(row, type(reason)) for row, reason in outcome.rejected] == [
        (1, AuthenticationFailed),
        (2, Malformed),
        (4, Replayed),
    ]


def test_wrong_key_opens_nothing(profile: SrtpProfile) -> None:
    wire = protected(profile, MasterKey.fresh(profile), [rtp_packet(i) for i in range(20)])
    receiver = SrtpReceiver(profile, MasterKey.fresh(profile))
    assert reasons(received(receiver, *wire)) == [AuthenticationFailed] * 20
    assert receiver.state() == ()


def test_wrong_initial_roc_opens_nothing(profile: SrtpProfile) -> None:
    # The ROC is not in the packet: GCM has it in the nonce, AES-CM under the tag.
    master = MasterKey.fresh(profile)
    wire = protected(profile, master, [rtp_packet(1)])
    receiver = SrtpReceiver(profile, master, initial_roc=1)
    assert reasons(received(receiver, *wire)) == [AuthenticationFailed]


def test_replay_is_rejected_and_moves_nothing(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    wire = protected(profile, master, [rtp_packet(i) for i in range(65_530, 65_560)])
    receiver = SrtpReceiver(profile, master)
    assert received(receiver, *wire).rejected == ()
    before = receiver.state()
    assert reasons(received(receiver, *wire)) == [Replayed] * len(wire)
    assert receiver.state() == before


def test_replay_is_seen_before_the_tag_is_looked_at(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    (wire,) = protected(profile, master, [rtp_packet(1)])
    receiver = SrtpReceiver(profile, master)
    received(receiver, wire)
    assert reasons(received(receiver, wire[:-1] + bytes([wire[-1] ^ 1]))) == [Replayed]


def test_a_late_packet_does_not_pull_the_estimate_back(profile: SrtpProfile) -> None:
    # The last is less than 2^15 ahead of the highest, but more than 2^15 ahead of the late one.
    master = MasterKey.fresh(profile)
    late, highest, ahead = protected(
        profile, master, [rtp_packet(sequence) for sequence in (39_900, 40_000, 72_700)]
    )
    assert received(SrtpReceiver(profile, master), highest, late, ahead).rejected == ()


@pytest.mark.parametrize("window", [64, 128, 1024])
def test_reordering_is_accepted_up_to_the_window_and_no_further(window: int) -> None:
    profile = PROFILES["aes-128-gcm"]
    master = MasterKey.fresh(profile)
    packets = [rtp_packet(65_500 + i) for i in range(-1, window + 1)]
    anchor, too_late, *late, highest = protected(profile, master, packets)
    receiver = SrtpReceiver(profile, master, window)
    # The anchor tells the receiver the ROC; the highest lies past the wrap.
    assert received(receiver, anchor, highest).rejected == ()
    assert reasons(received(receiver, too_late)) == [Replayed]
    assert received(receiver, *reversed(late)).rejected == ()


def test_window_below_64_is_refused_at_once() -> None:
    profile = PROFILES["aes-128-gcm"]
    with pytest.raises(ValueError, match="64"):
        SrtpReceiver(profile, MasterKey.fresh(profile), 63)


def test_flood_of_unknown_ssrcs_takes_no_memory(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    (wire,) = protected(profile, master, [rtp_packet(1)])
    receiver = SrtpReceiver(profile, master)
    received(receiver, wire)
    before = receiver.state()
    flood = (wire[:8] + ssrc.to_bytes(4) + wire[12:] for ssrc in range(1000, 3000))
    assert reasons(received(receiver, *flood)) == [AuthenticationFailed] * 2000
    assert receiver.state() == before
    assert len(receiver._streams) == 1


def test_random_bytes_are_only_ever_rejected(profile: SrtpProfile) -> None:
    noise = np.random.default_rng(5)
    packets = [noise.bytes(size) for size in noise.integers(120, size=400)]
    # Half of them look like RTP of version 2.
    packets[::2] = [bytes([0x80 | noise.integers(64)]) + packet for packet in packets[::2]]
    receiver = SrtpReceiver(profile, MasterKey.fresh(profile))
    outcome = received(receiver, *packets)
    assert [row for row, _ in outcome.rejected] == list(range(400))
    assert receiver.state() == ()


@given(name=NAMES, packets=st.lists(st.binary(max_size=80), max_size=8))
@settings(max_examples=60, deadline=None)
def test_fuzzed_batches_are_only_ever_rejected(name: str, packets: list[bytes]) -> None:
    receiver = SrtpReceiver(PROFILES[name], MasterKey(*_fixed_master(PROFILES[name])))
    outcome = received(receiver, *packets)
    assert [row for row, _ in outcome.rejected] == list(range(len(packets)))
    assert len(outcome.packets) == 0
    assert receiver.state() == ()


def _fixed_master(profile: SrtpProfile) -> tuple[bytes, bytes]:
    return bytes(profile.key_size), bytes(profile.salt_size)


@given(
    name=NAMES,
    payloads=st.lists(st.binary(max_size=200), min_size=1, max_size=12),
    start=st.integers(0, 0xFFFF),
    roc=st.integers(0, 0xFFFFFFFE),
)
@settings(max_examples=60, deadline=None)
def test_every_packet_comes_back_as_it_was(
    name: str, payloads: list[bytes], start: int, roc: int
) -> None:
    profile = PROFILES[name]
    master = MasterKey.fresh(profile)
    packets = [rtp_packet(start + i, payload) for i, payload in enumerate(payloads)]
    wire = SrtpSender(profile, master, initial_roc=roc).protect(PacketBatch.of(packets))
    outcome = SrtpReceiver(profile, master, initial_roc=roc).unprotect(wire)
    assert [row.tobytes() for row in outcome.packets.rows()] == packets
    assert outcome.packets.size.dtype == np.int32


def test_packet_beyond_the_last_roc_is_rejected() -> None:
    profile = PROFILES["aes-128-gcm"]
    master = MasterKey.fresh(profile)
    last = 0xFFFFFFFF
    packets = [rtp_packet(0xFFFF)]
    wire = SrtpSender(profile, master, initial_roc=last).protect(PacketBatch.of(packets))
    receiver = SrtpReceiver(profile, master, initial_roc=last)
    assert receiver.unprotect(wire).rejected == ()
    assert reasons(received(receiver, rtp_packet(0, bytes(32)))) == [Replayed]


def test_rejections_hold_no_frames_or_buffers(profile: SrtpProfile) -> None:
    receiver = SrtpReceiver(profile, MasterKey.fresh(profile))
    outcome = received(receiver, b"", rtp_packet(1, bytes(40)))
    for _, reason in outcome.rejected:
        assert reason.__traceback__ is None
        assert reason.__context__ is None
        assert str(reason)


def test_a_batch_that_is_not_contiguous_opens_too() -> None:
    profile = PROFILES["aes-cm-128-hmac-sha1-80"]
    master = MasterKey.fresh(profile)
    packets = [rtp_packet(i, bytes(50)) for i in range(4)]
    wire = PacketBatch.of(protected(profile, master, packets))
    wide = PacketBatch.empty(8, wire.data.shape[1] + 9)
    wide.data[::2, 3:-6] = wire.data
    outcome = SrtpReceiver(profile, master).unprotect(
        PacketBatch(data=wide.data[::2, 3:-6], size=wire.size)
    )
    assert [row.tobytes() for row in outcome.packets.rows()] == packets


def test_an_empty_batch_opens_to_an_empty_one(profile: SrtpProfile) -> None:
    outcome = received(SrtpReceiver(profile, MasterKey.fresh(profile)))
    assert len(outcome.packets) == 0
    assert outcome.rejected == ()
