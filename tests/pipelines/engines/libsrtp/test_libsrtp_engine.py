"""The engine `libsrtp` beside the engine `cryptography`: the same bytes, the same verdicts."""

import resource
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.engines.libsrtp import LibsrtpEngine, LibsrtpProtector
from pipelines.engines.native.libsrtp_session import Direction, LibsrtpSession
from pipelines.engines.native.libsrtp_status import reason_of
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.formats.rtp import RtpHeader
from pipelines.formats.sframe.suites import SUITES
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.media import PacketBatch
from pipelines.stage import AuthenticationFailed, Malformed, NonceExhausted, Rejected, Replayed

ENGINE = LibsrtpEngine()
SSRC = 0xCAFEBABE
TAMPERED_PER_PROFILE = 20_000


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> SrtpProfile:
    return PROFILES[request.param]


def rtp_packet(sequence: int, payload: bytes, ssrc: int = SSRC, csrcs: int = 0) -> bytes:
    header = RtpHeader(
        marker=bool(sequence & 1),
        payload_type=96,
        sequence_number=sequence & 0xFFFF,
        timestamp=sequence * 3000 & 0xFFFFFFFF,
        ssrc=ssrc,
        csrcs=tuple(range(csrcs)),
        extension=(0xBEDE, b"\x10\xff\0\0" * csrcs) if csrcs & 1 else None,
    )
    return header.to_bytes() + payload


def rows(batch: PacketBatch) -> list[bytes]:
    return [row.tobytes() for row in batch.rows()]


def assert_same_wire_and_back(profile: SrtpProfile, packets: Sequence[bytes]) -> None:
    master = MasterKey.fresh(profile)
    batch = PacketBatch.of(packets)
    wire = ENGINE.srtp_protector(profile, master).protect(batch).copy()
    assert rows(wire) == rows(CRYPTOGRAPHY.srtp_protector(profile, master).protect(batch))
    opened = ENGINE.srtp_unprotector(profile, master, 128).unprotect(wire)
    assert opened.rejected == ()
    assert rows(opened.packets) == list(packets)


def test_every_payload_length_gives_the_same_bytes(profile: SrtpProfile) -> None:
    payload = np.random.default_rng(1).bytes(1500)
    lengths = [*range(80), *range(80, 1500, 41), 1500]
    assert_same_wire_and_back(profile, [rtp_packet(i, payload[:n]) for i, n in enumerate(lengths)])


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(tuple(PROFILES)),
    start=st.integers(0, 0xFFFF),
    shapes=st.lists(
        st.tuples(st.integers(0, 15), st.integers(0, 1500), st.integers(1, 3), st.integers(1, 99)),
        min_size=1,
        max_size=12,
    ),
)
def test_random_headers_and_wraps_give_the_same_bytes(
    name: str, start: int, shapes: list[tuple[int, int, int, int]]
) -> None:
    sequences = start + np.cumsum([step for *_, step in shapes])
    packets = [
        rtp_packet(sequence, bytes([csrcs]) * size, ssrc, csrcs)
        for sequence, (csrcs, size, ssrc, _) in zip(sequences.tolist(), shapes, strict=True)
    ]
    assert_same_wire_and_back(PROFILES[name], packets)


def test_disordered_stream_gets_the_same_verdicts(profile: SrtpProfile) -> None:
    master, chance = MasterKey.fresh(profile), np.random.default_rng(3)
    packets = [rtp_packet(sequence, bytes(9)) for sequence in range(65_300, 66_100)]
    wire = CRYPTOGRAPHY.srtp_protector(profile, master).protect(PacketBatch.of(packets)).copy()
    sent = np.concatenate([np.arange(len(packets)), np.arange(0, len(packets), 9)])
    arrival = sent + chance.choice([0, 1, 40, 400], size=len(sent)) * chance.random(len(sent))
    arrival[0] = -1  # both begin with the first packet, and so with the same ROC
    arrived = wire.take(sent[np.argsort(arrival)].tolist())
    arrived.data[7::10, 20] ^= 1
    theirs = CRYPTOGRAPHY.srtp_unprotector(profile, master, 128).unprotect(arrived)
    ours = ENGINE.srtp_unprotector(profile, master, 128).unprotect(arrived)
    assert rows(ours.packets) == rows(theirs.packets)
    assert [(row, type(reason)) for row, reason in ours.rejected] == [
        (row, type(reason)) for row, reason in theirs.rejected
    ]
    assert {type(reason) for _, reason in ours.rejected} == {Replayed, AuthenticationFailed}


def test_tampered_packets_are_never_accepted(profile: SrtpProfile) -> None:
    master, chance = MasterKey.fresh(profile), np.random.default_rng(4)
    wire = ENGINE.srtp_protector(profile, master).protect(
        PacketBatch.of([rtp_packet(7, bytes(30), csrcs=1)])
    )
    size = int(wire.size[0])
    forged = wire.take([0] * TAMPERED_PER_PROFILE)
    at = chance.integers(0, size, TAMPERED_PER_PROFILE)
    forged.data[np.arange(TAMPERED_PER_PROFILE), at] ^= chance.integers(
        1, 256, TAMPERED_PER_PROFILE, dtype=np.uint8
    )
    receiver = ENGINE.srtp_unprotector(profile, master, 128)
    untouched = receiver.state()
    result = receiver.unprotect(forged)
    assert len(result.packets) == 0
    assert [row for row, _ in result.rejected] == list(range(TAMPERED_PER_PROFILE))
    assert receiver.state() == untouched
    assert len(receiver.unprotect(wire).packets) == 1
    assert receiver.state() == (SSRC, 7, 1)


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(tuple(PROFILES)),
    stride=st.integers(0, 90),
    content=st.binary(max_size=90),
    size=st.integers(-5, 100),
)
def test_any_bytes_of_any_length_are_refused_without_harm(
    name: str, stride: int, content: bytes, size: int
) -> None:
    profile = PROFILES[name]
    data = np.frombuffer(content.ljust(90, b"\x90")[:stride], dtype=np.uint8).reshape(1, stride)
    batch = PacketBatch(data=data, size=np.array([size], dtype=np.int32))
    receiver = ENGINE.srtp_unprotector(profile, MasterKey.fresh(profile), 128)
    result = receiver.unprotect(batch)
    assert [row for row, _ in result.rejected] == [0]
    assert isinstance(result.rejected[0][1], Malformed | AuthenticationFailed)
    assert receiver.state() == ()
    sender = ENGINE.srtp_protector(profile, MasterKey.fresh(profile))
    try:
        sealed = sender.protect(batch)
    except Malformed:
        return
    assert sealed.size.tolist() == [size + profile.cipher.tag_size]


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        rtp_packet(1, b"")[:11],
        b"\x40" + rtp_packet(1, b"abc")[1:],
        b"\x8f" + rtp_packet(1, b"abc")[1:],
        b"\x90" + rtp_packet(1, b"abc")[1:],
        b"\x90" + rtp_packet(1, b"\xbe\xde\xff\xff" + bytes(40))[1:],
    ],
)
def test_what_is_not_rtp_spends_no_index_of_its_batch(packet: bytes) -> None:
    profile = PROFILES["aes-128-gcm"]
    sender = ENGINE.srtp_protector(profile, MasterKey.fresh(profile))
    good = rtp_packet(1, b"abc")
    with pytest.raises(Malformed, match="packet 1"):
        sender.protect(PacketBatch.of([good, packet]))
    assert len(sender.protect(PacketBatch.of([good]))) == 1


def test_bad_row_is_named_and_harms_no_other() -> None:
    profile = PROFILES["aes-256-gcm"]
    master = MasterKey.fresh(profile)
    packets = [rtp_packet(sequence, bytes(50)) for sequence in range(5)]
    wire = ENGINE.srtp_protector(profile, master).protect(PacketBatch.of(packets)).copy()
    wire.data[1, 30] ^= 1
    wire.size[3] = 20
    result = ENGINE.srtp_unprotector(profile, master, 128).unprotect(wire)
    assert rows(result.packets) == [packets[0], packets[2], packets[4]]
    assert [(row, type(reason)) for row, reason in result.rejected] == [
        (1, AuthenticationFailed),
        (3, Malformed),
    ]


def test_used_index_is_refused_on_the_sending_side(profile: SrtpProfile) -> None:
    sender = ENGINE.srtp_protector(profile, MasterKey.fresh(profile))
    sender.protect(PacketBatch.of([rtp_packet(1000, b"a")]))
    for sequence in (1000, 500):
        with pytest.raises(NonceExhausted, match="packet 0"):
            sender.protect(PacketBatch.of([rtp_packet(sequence, b"b")]))


def test_state_follows_each_stream_and_its_rollovers() -> None:
    profile = PROFILES["aes-128-gcm"]
    master = MasterKey.fresh(profile)
    packets = [rtp_packet(65_535 + i, b"x", ssrc) for ssrc in range(200) for i in range(2)]
    wire = ENGINE.srtp_protector(profile, master).protect(PacketBatch.of(packets)).copy()
    receiver = ENGINE.srtp_unprotector(profile, master, 128)
    for start in range(0, len(packets), 2):
        receiver.unprotect(wire.take([start, start + 1]))
    expected = [number for ssrc in range(200) for number in (ssrc, 1 << 16, 0b11)]
    assert receiver.state() == tuple(expected)


@pytest.mark.parametrize("window", [0, 32, 100, 32_768])
def test_window_that_libsrtp_would_change_or_refuse_is_refused(window: int) -> None:
    profile = PROFILES["aes-128-gcm"]
    with pytest.raises(ValueError, match=f"window of {window} packets"):
        ENGINE.srtp_unprotector(profile, MasterKey.fresh(profile), window)


def test_key_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="have 16 and 14 bytes, not 16 and 12"):
        LibsrtpProtector(PROFILES["aes-128-gcm"], MasterKey(bytes(16), bytes(14)))


def test_many_sessions_come_and_go() -> None:
    # Each is freed with its owner; a double or missing free of libsrtp's memory would show here.
    profile = PROFILES["aes-256-gcm"]
    peak_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(2000):
        LibsrtpSession(profile, MasterKey.fresh(profile), Direction.INBOUND, 32_704)
    # One holds 4 KiB of window for its template alone: 2000 of them would hold 8 MB and more.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_before < 4_000


def test_frames_are_left_to_the_other_engine() -> None:
    suite = SUITES[4]
    ours = ENGINE.sframe_encryptor(suite, bytes(16), 0).encrypt(np.arange(99, dtype=np.uint8))
    theirs = CRYPTOGRAPHY.sframe_decryptor(suite, {0: bytes(16)}, 128).decrypt(ours)
    assert theirs.tolist() == list(range(99))
    assert ENGINE.aead(suite.cipher, bytes(16)) is not None


def test_library_names_libsrtp_and_its_openssl() -> None:
    assert str(ENGINE.library()).startswith("libsrtp 2.")
    assert "with OpenSSL 3." in str(ENGINE.library())


def test_unknown_status_is_a_plain_refusal() -> None:
    assert type(reason_of(3)) is Rejected
