"""Both ways with libsrtp 2.7 in pylibsrtp: RTP and RTCP, every profile, wraps and late packets."""

import ctypes
from collections.abc import Iterable

import numpy as np
import pylibsrtp
import pytest
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi

from pipelines.formats.rtp import RtpHeader
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.formats.srtp.receiver import SrtpReceiver
from pipelines.formats.srtp.rtcp import SrtcpReceiver, SrtcpSender
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import PacketBatch

SSRC = 0xCAFEBABE
OFFERED = {
    "aes-cm-128-hmac-sha1-80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "aes-cm-128-hmac-sha1-32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    "aes-128-gcm": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "aes-256-gcm": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}
# What pylibsrtp has no name for, its module still exports: libsrtp's AES-256-CM and its ROC.
LIBSRTP = ctypes.CDLL(pylibsrtp._binding.__file__)


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> SrtpProfile:
    return PROFILES[request.param]


def libsrtp(profile: SrtpProfile, master: MasterKey, direction: int, ssrc: int = 0) -> Session:
    """Return a libsrtp session that takes packets of up to 4 KiB."""
    if profile.name in OFFERED:
        policy = Policy(ssrc_type=direction, ssrc_value=ssrc, srtp_profile=OFFERED[profile.name])
    else:
        policy = Policy(ssrc_type=direction, ssrc_value=ssrc)
        for part, cipher in (("rtp", profile.cipher), ("rtcp", profile.rtcp_cipher)):
            set_policy = LIBSRTP[f"srtp_crypto_policy_set_{cipher.name.replace('-', '_')}"]
            set_policy.restype = None
            set_policy(_pointer(ffi.addressof(getattr(policy._policy, part))))
    policy.key = master.key + master.salt
    session = Session(policy)
    session._cdata = ffi.new("char[]", 4096)
    session._buffer = ffi.buffer(session._cdata)
    return session


def _pointer(cdata: object) -> ctypes.c_void_p:
    return ctypes.c_void_p(int(ffi.cast("uintptr_t", cdata)))


def rtp_packet(sequence: int, payload: bytes, ssrc: int = SSRC, csrcs: int = 0) -> bytes:
    header = RtpHeader(
        marker=sequence % 2 == 0,
        payload_type=96,
        sequence_number=sequence & 0xFFFF,
        timestamp=(sequence * 3000) & 0xFFFFFFFF,
        ssrc=ssrc,
        csrcs=tuple(range(csrcs)),
        extension=(0xBEDE, b"\x10\xff\0\0" * csrcs) if csrcs % 2 else None,
    )
    return header.to_bytes() + payload


def assert_both_ways(profile: SrtpProfile, packets: Iterable[bytes]) -> None:
    """Same bytes on the wire, and each end opens what the other sealed."""
    master = MasterKey.fresh(profile)
    their_sender = libsrtp(profile, master, Policy.SSRC_ANY_OUTBOUND)
    their_receiver = libsrtp(profile, master, Policy.SSRC_ANY_INBOUND)
    packets = list(packets)
    wire = SrtpSender(profile, master).protect(PacketBatch.of(packets))
    ours = [row.tobytes() for row in wire.rows()]
    assert ours == [their_sender.protect(packet) for packet in packets]
    assert [their_receiver.unprotect(packet) for packet in ours] == packets
    opened = SrtpReceiver(profile, master).unprotect(wire)
    assert opened.rejected == ()
    assert [row.tobytes() for row in opened.packets.rows()] == packets


def test_every_payload_length_up_to_1500_agrees(profile: SrtpProfile) -> None:
    payload = np.random.default_rng(1).bytes(1500)
    lengths = [*range(70), *range(70, 1500, 37), 1500]
    assert_both_ways(profile, (rtp_packet(i, payload[:size]) for i, size in enumerate(lengths)))


def test_csrcs_and_header_extensions_agree(profile: SrtpProfile) -> None:
    assert_both_ways(profile, (rtp_packet(csrcs, bytes(33), csrcs=csrcs) for csrcs in range(16)))


def test_long_strides_through_many_wraps_agree(profile: SrtpProfile) -> None:
    strides = np.random.default_rng(2).choice([1, 2, 16_384, 30_000], size=200)
    sequences = 60_000 + np.cumsum(strides)
    assert sequences[-1] >> 16 > 20
    assert_both_ways(profile, (rtp_packet(sequence, bytes(20)) for sequence in sequences.tolist()))


def test_every_sequence_number_around_a_wrap_agrees(profile: SrtpProfile) -> None:
    assert_both_ways(profile, (rtp_packet(sequence, b"x") for sequence in range(65_500, 65_600)))


def test_several_ssrcs_in_one_batch_agree(profile: SrtpProfile) -> None:
    assert_both_ways(
        profile,
        (
            rtp_packet(65_530 + 9000 * ssrc + i, bytes(i), ssrc=ssrc)
            for i in range(10)
            for ssrc in range(1, 4)
        ),
    )


def test_first_roc_above_zero_agrees(profile: SrtpProfile) -> None:
    master, roc = MasterKey.fresh(profile), 0x01020304
    their_sender = libsrtp(profile, master, Policy.SSRC_SPECIFIC, SSRC)
    their_receiver = libsrtp(profile, master, Policy.SSRC_SPECIFIC, SSRC)
    for session in (their_sender, their_receiver):
        assert LIBSRTP.srtp_set_stream_roc(_pointer(session._srtp[0]), SSRC, roc) == 0
    packets = [rtp_packet(sequence, bytes(40)) for sequence in range(65_533, 65_540)]
    wire = SrtpSender(profile, master, initial_roc=roc).protect(PacketBatch.of(packets))
    assert [row.tobytes() for row in wire.rows()] == [their_sender.protect(p) for p in packets]
    assert [their_receiver.unprotect(row.tobytes()) for row in wire.rows()] == packets
    receiver = SrtpReceiver(profile, master, initial_roc=roc)
    assert receiver.unprotect(wire).rejected == ()
    assert receiver.state()[1] >> 16 == roc + 1


def test_loss_and_reordering_across_wraps_end_alike(profile: SrtpProfile) -> None:
    # The same disordered, thinned and doubled stream to both receivers: the same verdict on each
    # packet. One that comes 40 packets late is within the window, one 400 late often is not.
    master, chance = MasterKey.fresh(profile), np.random.default_rng(3)
    packets = [rtp_packet(sequence, bytes([sequence & 0xFF])) for sequence in range(65_300, 66_500)]
    wire = SrtpSender(profile, master).protect(PacketBatch.of(packets)).copy()
    sent = np.concatenate([np.arange(len(packets)), np.arange(0, len(packets), 9)])
    arrival = sent + chance.choice([0, 1, 40, 400], size=len(sent)) * chance.random(len(sent))
    arrival[0] = -1  # both begin with the first packet, and so with the same ROC
    order = sent[np.argsort(arrival)]
    lost = chance.random(len(order)) < 0.1
    lost[0] = False
    their_receiver = libsrtp(profile, master, Policy.SSRC_ANY_INBOUND)
    receiver = SrtpReceiver(profile, master)
    ours, theirs = [], []
    for row in order[~lost].tolist():
        ours.append(len(receiver.unprotect(wire.take([row])).packets) == 1)
        try:
            theirs.append(their_receiver.unprotect(wire.row(row).tobytes()) == packets[row])
        except pylibsrtp.Error:
            theirs.append(False)
    assert ours == theirs
    assert ours.count(True) > 900
    assert ours.count(False) > 100


def test_rtcp_agrees_both_ways(profile: SrtpProfile) -> None:
    master, content = MasterKey.fresh(profile), np.random.default_rng(4)
    their_sender = libsrtp(profile, master, Policy.SSRC_ANY_OUTBOUND)
    their_receiver = libsrtp(profile, master, Policy.SSRC_ANY_INBOUND)
    # libsrtp counts its first SRTCP packet as 1.
    sender, receiver = SrtcpSender(profile, master, initial_index=1), SrtcpReceiver(profile, master)
    for words in range(100):
        body = content.bytes(4 * words)
        packet = b"\x80\xc9" + (1 + words).to_bytes(2) + SSRC.to_bytes(4) + body
        sealed = sender.protect_rtcp(packet)
        assert sealed == their_sender.protect_rtcp(packet)
        assert their_receiver.unprotect_rtcp(sealed) == packet
        assert receiver.unprotect_rtcp(sealed) == packet
