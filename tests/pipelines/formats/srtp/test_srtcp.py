"""SRTCP: its trailer, its own index, and what it refuses."""

import numpy as np
import pytest

from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.formats.srtp.rtcp import LAST_INDEX, SrtcpReceiver, SrtcpSender
from pipelines.stage import AuthenticationFailed, Malformed, NonceExhausted, Rejected, Replayed


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> SrtpProfile:
    return PROFILES[request.param]


def receiver_report(ssrc: int = 7, body: bytes = b"") -> bytes:
    return b"\x80\xc9" + (1 + len(body) // 4).to_bytes(2) + ssrc.to_bytes(4) + body


def test_overhead_is_the_index_word_and_the_long_tag(profile: SrtpProfile) -> None:
    sealed = SrtcpSender(profile, MasterKey.fresh(profile)).protect_rtcp(receiver_report())
    assert len(sealed) == 8 + 4 + (16 if profile.is_aead else 10)


def test_first_index_is_zero_and_each_ssrc_counts_for_itself(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    sender, receiver = SrtcpSender(profile, master), SrtcpReceiver(profile, master)
    for ssrc in (7, 8, 7):
        packet = receiver_report(ssrc, bytes(24))
        assert receiver.unprotect_rtcp(sender.protect_rtcp(packet)) == packet
    assert sender.state() == (7, 1, 8, 0)
    assert receiver.state() == (7, 1, 0b11, 8, 0, 0b1)


def test_every_flipped_bit_is_rejected_and_moves_nothing(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    sender, receiver = SrtcpSender(profile, master), SrtcpReceiver(profile, master)
    receiver.unprotect_rtcp(sender.protect_rtcp(receiver_report()))
    before = receiver.state()
    sealed = sender.protect_rtcp(receiver_report(body=bytes(range(8))))
    for bit in range(8 * len(sealed)):
        with pytest.raises(Rejected):
            receiver.unprotect_rtcp((int.from_bytes(sealed) ^ 1 << bit).to_bytes(len(sealed)))
        assert receiver.state() == before
    receiver.unprotect_rtcp(sealed)


def test_truncation_at_every_length_is_rejected(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    sealed = SrtcpSender(profile, master).protect_rtcp(receiver_report(body=bytes(20)))
    receiver = SrtcpReceiver(profile, master)
    for size in range(len(sealed)):
        with pytest.raises(Rejected):
            receiver.unprotect_rtcp(sealed[:size])
    assert receiver.state() == ()


def test_replay_and_packets_older_than_the_window_are_rejected(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    sender, receiver = SrtcpSender(profile, master), SrtcpReceiver(profile, master, 64)
    sealed = [sender.protect_rtcp(receiver_report()) for _ in range(65)]
    receiver.unprotect_rtcp(sealed[64])
    for late in (64, 0):
        with pytest.raises(Replayed):
            receiver.unprotect_rtcp(sealed[late])
    for packet in reversed(sealed[1:64]):
        receiver.unprotect_rtcp(packet)


def test_replay_is_seen_before_the_tag_is_looked_at(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    sealed = SrtcpSender(profile, master).protect_rtcp(receiver_report(body=bytes(8)))
    receiver = SrtcpReceiver(profile, master)
    receiver.unprotect_rtcp(sealed)
    with pytest.raises(Replayed):
        receiver.unprotect_rtcp(sealed[:8] + bytes([sealed[8] ^ 1]) + sealed[9:])


def test_wrong_key_and_unknown_ssrcs_leave_no_state(profile: SrtpProfile) -> None:
    sender = SrtcpSender(profile, MasterKey.fresh(profile))
    receiver = SrtcpReceiver(profile, MasterKey.fresh(profile))
    for ssrc in range(100):
        with pytest.raises(AuthenticationFailed):
            receiver.unprotect_rtcp(sender.protect_rtcp(receiver_report(ssrc)))
    assert receiver.state() == ()


def test_unencrypted_srtcp_is_refused(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    sealed = bytearray(SrtcpSender(profile, master).protect_rtcp(receiver_report()))
    word_at = len(sealed) - 4 if profile.is_aead else len(sealed) - 14
    assert sealed[word_at] == 0x80
    sealed[word_at] = 0
    with pytest.raises(Malformed, match="E flag is clear"):
        SrtcpReceiver(profile, master).unprotect_rtcp(bytes(sealed))


def test_the_key_ends_with_the_last_index(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    sender = SrtcpSender(profile, master, initial_index=LAST_INDEX)
    SrtcpReceiver(profile, master).unprotect_rtcp(sender.protect_rtcp(receiver_report()))
    with pytest.raises(NonceExhausted, match="2\\^31"):
        sender.protect_rtcp(receiver_report())


@pytest.mark.parametrize("bad", [b"", bytes(7), b"\x40" + bytes(20)])
def test_what_is_not_rtcp_is_refused_by_both_ends(bad: bytes) -> None:
    profile = PROFILES["aes-128-gcm"]
    master = MasterKey.fresh(profile)
    sender, receiver = SrtcpSender(profile, master), SrtcpReceiver(profile, master)
    for process in (sender.protect_rtcp, receiver.unprotect_rtcp):
        with pytest.raises(Malformed):
            process(bad)
    assert sender.state() == receiver.state() == ()


def test_random_bytes_are_only_ever_rejected(profile: SrtpProfile) -> None:
    noise = np.random.default_rng(6)
    receiver = SrtcpReceiver(profile, MasterKey.fresh(profile))
    for size in noise.integers(80, size=300):
        packet = bytes([0x80 | noise.integers(64)]) + noise.bytes(size)
        with pytest.raises(Rejected):
            receiver.unprotect_rtcp(packet)
    assert receiver.state() == ()


def test_window_below_64_is_refused_at_once() -> None:
    profile = PROFILES["aes-128-gcm"]
    with pytest.raises(ValueError, match="64"):
        SrtcpReceiver(profile, MasterKey.fresh(profile), 63)
