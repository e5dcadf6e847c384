"""SRTCP through the engines: the RFC's packets, every engine with every other, the last index."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.engines.engine import Engine
from pipelines.engines.libcrypto import LibcryptoEngine
from pipelines.engines.libsrtp import FIRST_RTCP_INDEX, LibsrtpEngine
from pipelines.engines.native.library import best_library
from pipelines.engines.native.srtcp import NativeSrtcpReceiver, NativeSrtcpSender
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.formats.srtp.kdf import MasterKey, SessionKeys, StreamKeys
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.formats.srtp.rtcp import LAST_INDEX, SrtcpReceiver, SrtcpSender
from pipelines.media import PacketBatch
from pipelines.stage import NonceExhausted, Replayed

ENGINES: tuple[Engine, ...] = (LibcryptoEngine(), LibsrtpEngine(), CRYPTOGRAPHY)
LIBRARY = best_library()
NAMES = st.sampled_from(sorted(PROFILES))
every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)

LUNA = bytes.fromhex(
    "81c8000d4d617273"
    "4e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"
)
RFC_7714_17 = {
    "aes-128-gcm": (
        "81c8000d4d617273"
        "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b"
        "c84aa45896cf4d2fc5abf87245d9eade800005d4"
    ),
    "aes-256-gcm": (
        "81c8000d4d617273"
        "d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad"
        "1d1eb30c4446839f57ff6f6cb26ac3be800005d4"
    ),
}


def report(number: int, size: int, ssrc: int = 7) -> bytes:
    return b"\x80\xc9\0\7" + ssrc.to_bytes(4) + bytes([number & 0xFF]) * size


def rows(batch: PacketBatch) -> list[bytes]:
    return [row.tobytes() for row in batch.rows()]


@pytest.mark.parametrize("name", RFC_7714_17)
def test_the_compiled_loop_gives_the_packets_of_rfc_7714_17(name: str) -> None:
    profile, wire = PROFILES[name], RFC_7714_17[name]
    salt = bytes.fromhex("517569642070726f2071756f")
    one = StreamKeys(key=bytes(range(profile.key_size)), auth_key=b"", salt=salt)
    keys = SessionKeys(rtp=one, rtcp=one)
    sender = NativeSrtcpSender(LIBRARY, profile, keys, initial_index=0x5D4)
    sealed = sender.protect(PacketBatch.of([LUNA]))
    assert sealed.row(0).tobytes().hex() == wire
    opened = NativeSrtcpReceiver(LIBRARY, profile, keys).unprotect(sealed)
    assert rows(opened.packets) == [LUNA]


@every_profile
@pytest.mark.parametrize("receiving", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("sending", ENGINES, ids=lambda engine: engine.name)
def test_every_engine_opens_what_any_other_sealed(
    sending: Engine, receiving: Engine, profile: SrtpProfile
) -> None:
    master = MasterKey.fresh(profile)
    sender = sending.srtcp_protector(profile, master)
    receiver = receiving.srtcp_unprotector(profile, master, 128)
    for start in range(0, 200, 50):
        plain = [report(start + i, 3 * i, ssrc) for i in range(50) for ssrc in (7, 0xFFFFFFFF)]
        wire = sender.protect(PacketBatch.of(plain))
        assert not any(
            packet[8:] in sent for packet, sent in zip(plain[40:], rows(wire)[40:], strict=True)
        )
        opened = receiver.unprotect(wire)
        assert opened.rejected == ()
        assert rows(opened.packets) == plain


@every_profile
def test_libsrtp_sends_the_same_bytes_when_both_count_from_1(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    plain = PacketBatch.of([report(number, 4 * number) for number in range(100)])
    theirs = rows(LibsrtpEngine().srtcp_protector(profile, master).protect(plain))
    for sender in (
        SrtcpSender(profile, master, initial_index=FIRST_RTCP_INDEX),
        NativeSrtcpSender(LIBRARY, profile, master, initial_index=FIRST_RTCP_INDEX),
    ):
        assert rows(sender.protect(plain)) == theirs


@settings(max_examples=60, deadline=None)
@given(
    name=NAMES,
    start=st.sampled_from([0, 1, 1000, LAST_INDEX - 70, LAST_INDEX - 2]),
    window=st.sampled_from([64, 65, 128, 1000]),
    shapes=st.lists(st.tuples(st.integers(0, 1400), st.integers(1, 3)), min_size=1, max_size=70),
    seed=st.integers(0, 999),
)
def test_the_compiled_loop_sends_and_judges_as_the_readable_code(
    name: str, start: int, window: int, shapes: list[tuple[int, int]], seed: int
) -> None:
    profile, master = PROFILES[name], MasterKey.fresh(PROFILES[name])
    native = NativeSrtcpSender(LIBRARY, profile, master, initial_index=start)
    readable = SrtcpSender(profile, master, initial_index=start)
    plain = PacketBatch.of([report(i, size, ssrc) for i, (size, ssrc) in enumerate(shapes)])
    said = []
    for sender in (native, readable):
        try:
            said.append((rows(sender.protect(plain)), ""))
        except NonceExhausted as refusal:
            said.append(([], str(refusal)))
    assert said[0] == said[1]
    if said[0][1]:
        assert native.state() == readable.state() == ()
        return
    chance = np.random.default_rng(seed)
    sealed = PacketBatch.of(said[0][0])
    arrived = sealed.take(chance.integers(0, len(plain), 2 * len(plain)).tolist())
    forged = chance.random(len(arrived)) < 0.2
    at = chance.integers(0, arrived.size)
    arrived.data[np.flatnonzero(forged), at[forged]] ^= 1
    receivers = (
        NativeSrtcpReceiver(LIBRARY, profile, master, window),
        SrtcpReceiver(profile, master, window),
    )
    results = [receiver.unprotect(arrived) for receiver in receivers]
    judged = [
        (rows(result.packets), [(row, repr(reason)) for row, reason in result.rejected])
        for result in results
    ]
    assert judged[0] == judged[1]
    assert receivers[0].state() == receivers[1].state()


@every_profile
def test_the_key_ends_with_the_last_of_2_to_the_31_indices(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    sender = NativeSrtcpSender(LIBRARY, profile, master, initial_index=LAST_INDEX - 1)
    with pytest.raises(NonceExhausted, match=r"packet 2: SSRC 0x00000007: all 2\^31"):
        sender.protect(PacketBatch.of([report(number, 9) for number in range(3)]))
    assert sender.state() == ()
    wire = sender.protect(PacketBatch.of([report(number, 9) for number in range(2)])).copy()
    with pytest.raises(NonceExhausted):
        sender.protect(PacketBatch.of([report(3, 9)]))
    for engine in ENGINES:
        receiver = engine.srtcp_unprotector(profile, master, 128)
        assert receiver.unprotect(wire).rejected == ()
        again = receiver.unprotect(wire).rejected
        assert [type(reason) for _, reason in again] == [Replayed, Replayed]


@every_profile
def test_a_packet_whose_e_flag_is_clear_is_refused_by_every_engine(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    wire = CRYPTOGRAPHY.srtcp_protector(profile, master).protect(PacketBatch.of([report(1, 9)]))
    word_at = int(wire.size[0]) - 4 - (0 if profile.is_aead else profile.rtcp_cipher.tag_size)
    wire.data[0, word_at] ^= 0x80
    for engine in ENGINES:
        ((_, reason),) = engine.srtcp_unprotector(profile, master, 128).unprotect(wire).rejected
        assert repr(reason) == "Malformed('SRTCP packet is not encrypted: its E flag is clear')"
