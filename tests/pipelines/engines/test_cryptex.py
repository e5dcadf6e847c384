"""The packets of RFC 9335 App. A, through every engine that does cryptex.

Each case: the RTP packet, and the SRTP packet that comes of it.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.engines.engine import Engine
from pipelines.engines.libcrypto import LibcryptoEngine
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.formats.rtp import RtpHeader
from pipelines.formats.srtp.kdf import MasterKey, derive
from pipelines.formats.srtp.profiles import CRYPTEX_PROFILES, PROFILES, SrtpProfile
from pipelines.media import PacketBatch
from pipelines.stage import Malformed

PAYLOAD = 16 * "ab"
PLAIN = {
    "one-byte header": "900f1235decafbadcafebabebede000151000200",
    "two-byte header": "900f1236decafbadcafebabe1000000105020002",
    "one-byte header and CSRCs": "920f1238decafbadcafebabe0001e2400000b26ebede000151000200",
    "two-byte header and CSRCs": "920f1239decafbadcafebabe0001e2400000b26e1000000105020002",
    "empty one-byte header and CSRCs": "920f123adecafbadcafebabe0001e2400000b26ebede0000",
    "empty two-byte header and CSRCs": "920f123bdecafbadcafebabe0001e2400000b26e10000000",
}
A_1 = {
    "one-byte header": (
        "900f1235decafbadcafebabec0de0001"
        "eb92365251c3e036f8de27e9c27ee3e0b4651d9fbc4218a70244522f34a5"
    ),
    "two-byte header": (
        "900f1236decafbadcafebabec2de0001"
        "4ed9cc4e6a712b3096c5ca77339d4204ce0d77396cab69585fbce38194a5"
    ),
    "one-byte header and CSRCs": (
        "920f1238decafbadcafebabe8bb6e12b5cff16ddc0de0001"
        "92838c8c09e58393e1de3a9a74734d6745671338c3acf11da2df8423bee0"
    ),
    "two-byte header and CSRCs": (
        "920f1239decafbadcafebabef70e513eb90b9b25c2de0001"
        "bbed4848faa644665f3d7f34125914e9f4d0ae923c6f479b95a0f7b53133"
    ),
    "empty one-byte header and CSRCs": (
        "920f123adecafbadcafebabe7130b6abfe2ab0e3c0de0000"
        "e3d9f64b25c9e74cb4cf8e43fb92e3781c2c0ceab6b3a499a14c"
    ),
    "empty two-byte header and CSRCs": (
        "920f123bdecafbadcafebabecbf24c124330e1c8c2de0000"
        "599dd45bc9d687b603e8b59d771fd38e88b170e0cd31e125eabe"
    ),
}
A_2 = {
    "one-byte header": (
        "900f1235decafbadcafebabec0de0001"
        "39972dc9572c4d99e8fc355de743fb2e94f9d8ff54e72f4193bbc5c74ffab0fa9fa0fbeb"
    ),
    "two-byte header": (
        "900f1236decafbadcafebabec2de0001"
        "bb75a4c545cd1f413bdb7daa2b1e3263de313667c963249081b35a65f5cb6c88b394235f"
    ),
    "one-byte header and CSRCs": (
        "920f1238decafbadcafebabe63bbccc4a7f695c4c0de0001"
        "8ad7c71fac70a80c92866b4c6ba98546ef913586e95ffaaffe956885bb0647a8bc094ac8"
    ),
    "two-byte header and CSRCs": (
        "920f1239decafbadcafebabe3680524f8d312b00c2de0001"
        "c78d120038422bc111a7187a18246f980c059cc6bc9df8b626394eca344e4b05d80fea83"
    ),
    "empty one-byte header and CSRCs": (
        "920f123adecafbadcafebabe15b6bb4337906fffc0de0000"
        "b7b964537a2b03ab7ba5389ce93317126b5d974df30c6884dcb651c5e120c1da"
    ),
    "empty two-byte header and CSRCs": (
        "920f123bdecafbadcafebabedcb38c9e48bf95f4c2de0000"
        "61ee432cf920317076613258d3ce4236c06ac429681ad08413512dc98b5207d8"
    ),
}
MASTERS = {
    "aes-cm-128-hmac-sha1-80-cryptex": (
        MasterKey(
            bytes.fromhex("e1f97a0d3e018be0d64fa32c06de4139"),
            bytes.fromhex("0ec675ad498afeebb6960b3aabe6"),
        ),
        A_1,
    ),
    "aes-128-gcm-cryptex": (
        MasterKey(bytes(range(16)), bytes.fromhex("a0a1a2a3a4a5a6a7a8a9aaab")),
        A_2,
    ),
}


ENGINES: tuple[Engine, ...] = (LibcryptoEngine(), CRYPTOGRAPHY)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("name", MASTERS)
def test_the_packets_of_rfc_9335_come_out_and_open(name: str, engine: Engine) -> None:
    master, cases = MASTERS[name]
    profile = CRYPTEX_PROFILES[name]
    plain = [bytes.fromhex(PLAIN[case] + PAYLOAD) for case in cases]
    wire = engine.srtp_protector(profile, master).protect(PacketBatch.of(plain))
    assert [row.tobytes().hex() for row in wire.rows()] == list(cases.values())
    opened = engine.srtp_unprotector(profile, master, 128).unprotect(wire)
    assert opened.rejected == ()
    assert [row.tobytes() for row in opened.packets.rows()] == plain


def test_the_session_keys_are_those_of_the_appendix() -> None:
    keys = {
        name: derive(CRYPTEX_PROFILES[name], master).rtp for name, (master, _) in MASTERS.items()
    }
    aes_cm, gcm = keys["aes-cm-128-hmac-sha1-80-cryptex"], keys["aes-128-gcm-cryptex"]
    assert aes_cm.key.hex() == "c61e7a93744f39ee10734afe3ff7a087"
    assert aes_cm.salt.hex() == "30cbbc08863d8c85d49db34a9ae1"
    assert aes_cm.auth_key.hex() == "cebe321f6ff7716b6fd4ab49af256a156d38baa4"
    assert gcm.key.hex() == "077c6143cb221bc355ff23d5f984a16e"
    assert gcm.salt.hex() == "9af3e95364ebac9c99c5a7c4"


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("profile", CRYPTEX_PROFILES.values(), ids=CRYPTEX_PROFILES)
def test_sources_without_an_extension_get_an_empty_one_that_says_so(
    profile: SrtpProfile, engine: Engine
) -> None:
    # RFC 9335 5.1, and 5.2: the receiver may leave it where it is.
    master = MasterKey.fresh(profile)
    plain, longer = (
        RtpHeader(
            marker=False,
            payload_type=96,
            sequence_number=5,
            timestamp=9,
            ssrc=7,
            csrcs=(1, 2, 3),
            extension=extension,
        ).to_bytes()
        + b"payload"
        for extension in (None, (0xBEDE, b""))
    )
    wire = engine.srtp_protector(profile, master).protect(PacketBatch.of([plain])).copy()
    assert wire.size.tolist() == [len(plain) + 4 + profile.cipher.tag_size]
    sent = wire.row(0).tobytes()
    assert sent[:1] == b"\x93"
    assert sent[24:28] == bytes.fromhex("c0de0000")
    assert plain[12:24] not in sent
    opened = engine.srtp_unprotector(profile, master, 128).unprotect(wire)
    assert [row.tobytes() for row in opened.packets.rows()] == [longer]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("profile", CRYPTEX_PROFILES.values(), ids=CRYPTEX_PROFILES)
def test_what_holds_nothing_to_hide_is_srtp_as_ever(profile: SrtpProfile, engine: Engine) -> None:
    master = MasterKey.fresh(profile)
    header = RtpHeader(marker=True, payload_type=96, sequence_number=5, timestamp=9, ssrc=7)
    plain = PacketBatch.of([header.to_bytes() + b"payload"])
    wire = engine.srtp_protector(profile, master).protect(plain).copy()
    without = PROFILES[profile.name.removesuffix("-cryptex")]
    expected = engine.srtp_protector(without, master).protect(plain)
    assert wire.row(0).tobytes() == expected.row(0).tobytes()
    # RFC 9335 5.2: a receiver that could take an encrypted extension takes one in the clear.
    clear = RtpHeader(
        marker=True,
        payload_type=96,
        sequence_number=6,
        timestamp=9,
        ssrc=7,
        csrcs=(1, 2),
        extension=(0xBEDE, b"\x10\xff\0\0"),
    )
    other = engine.srtp_protector(without, master).protect(PacketBatch.of([clear.to_bytes()]))
    opened = engine.srtp_unprotector(profile, master, 128).unprotect(other)
    assert [row.tobytes() for row in opened.packets.rows()] == [clear.to_bytes()]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("extension", [0x1001, 0x100F, 0xBEDF, 0, 0xFFFF, 0xC0DE, 0xC2DE])
def test_an_extension_that_cryptex_has_no_name_for_is_not_sent_readable(
    extension: int, engine: Engine
) -> None:
    header = RtpHeader(
        marker=True,
        payload_type=96,
        sequence_number=5,
        timestamp=9,
        ssrc=7,
        extension=(extension, bytes(4)),
    )
    for profile in CRYPTEX_PROFILES.values():
        sender = engine.srtp_protector(profile, MasterKey.fresh(profile))
        with pytest.raises(Malformed, match=f"packet 0: RTP header extension {extension:#06x}"):
            sender.protect(PacketBatch.of([header.to_bytes() + b"payload"]))
        assert sender.state() == ()


SHAPES = st.lists(
    st.tuples(
        st.integers(0, 15),
        st.sampled_from([None, 0xBEDE, 0x1000]),
        st.integers(0, 9),
        st.integers(0, 1300),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(CRYPTEX_PROFILES)), shapes=SHAPES, start=st.integers(0, 0xFFFF))
def test_both_engines_send_and_open_alike(
    name: str, shapes: list[tuple[int, int | None, int, int]], start: int
) -> None:
    profile, master = CRYPTEX_PROFILES[name], MasterKey.fresh(CRYPTEX_PROFILES[name])
    plain = [
        RtpHeader(
            marker=False,
            payload_type=96,
            sequence_number=start + number & 0xFFFF,
            timestamp=number,
            ssrc=7,
            csrcs=tuple(range(1, 1 + csrcs)),
            extension=None if extension is None else (extension, b"\x10\xff\0\0" * words),
        ).to_bytes()
        + bytes([number]) * size
        for number, (csrcs, extension, words, size) in enumerate(shapes)
    ]
    wires = [
        engine.srtp_protector(profile, master).protect(PacketBatch.of(plain)) for engine in ENGINES
    ]
    sent = [[row.tobytes() for row in wire.rows()] for wire in wires]
    assert sent[0] == sent[1]
    results = [
        engine.srtp_unprotector(profile, master, 128).unprotect(wires[0]) for engine in ENGINES
    ]
    opened = [[row.tobytes() for row in result.packets.rows()] for result in results]
    assert opened[0] == opened[1]
    for before, after, (csrcs, extension, _, _) in zip(plain, opened[0], shapes, strict=True):
        assert after == before or (csrcs and extension is None and len(after) == len(before) + 4)
