"""The figures of RFC 3711 App. B, RFC 6188 7 and RFC 7714 16 and 17, and packets of libsrtp's."""

import pytest

from pipelines.formats.srtp.kdf import MasterKey, SessionKeys, StreamKeys, derive
from pipelines.formats.srtp.nonces import rtcp_nonces, rtp_nonces
from pipelines.formats.srtp.profiles import PROFILES
from pipelines.formats.srtp.receiver import SrtpReceiver
from pipelines.formats.srtp.rtcp import SrtcpReceiver, SrtcpSender
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import PacketBatch

CM_128 = PROFILES["aes-cm-128-hmac-sha1-80"]
CM_256 = PROFILES["aes-cm-256-hmac-sha1-80"]
GCM_128 = PROFILES["aes-128-gcm"]

APPENDIX_B3 = MasterKey(
    bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139"),
    bytes.fromhex("0EC675AD498AFEEBB6960B3AABE6"),
)
RFC_6188_7_2 = MasterKey(
    bytes.fromhex("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6"),
    bytes.fromhex("3b04803de51ee7c96423ab5b78d2"),
)

QUID_PRO_QUO = bytes.fromhex("517569642070726f2071756f")
GALLIA = bytes.fromhex(
    "8040f17b8041f8d35501a0b2"
    "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573"
)
LUNA = bytes.fromhex(
    "81c8000d4d617273"
    "4e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"
)
GCM_RTP = {
    "aes-128-gcm": (
        "8040f17b8041f8d35501a0b2"
        "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
        "899d7f27beb16a9152cf765ee4390cce"
    ),
    "aes-256-gcm": (
        "8040f17b8041f8d35501a0b2"
        "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
        "7aa3db36dfffd6b0f9bb7878d7a76c13"
    ),
}
GCM_RTCP = {
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


def session_of(profile_name: str) -> SessionKeys:
    """Return RFC 7714's keys, which are session keys: no derivation stands before them."""
    keys = StreamKeys(
        key=bytes(range(PROFILES[profile_name].key_size)), auth_key=b"", salt=QUID_PRO_QUO
    )
    return SessionKeys(rtp=keys, rtcp=keys)


def test_kdf_gives_the_keys_of_rfc_3711_b3() -> None:
    rtp = derive(CM_128, APPENDIX_B3).rtp
    assert rtp.key.hex().upper() == "C61E7A93744F39EE10734AFE3FF7A087"
    assert rtp.salt.hex().upper() == "30CBBC08863D8C85D49DB34A9AE1"
    assert rtp.auth_key.hex().upper() == "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"


def test_kdf_gives_the_aes_256_keys_of_rfc_6188() -> None:
    rtp = derive(CM_256, RFC_6188_7_2).rtp
    assert rtp.key.hex() == "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4"
    assert rtp.salt.hex() == "fa31791685ca444a9e07c6c64e93"
    assert rtp.auth_key.hex() == "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"


def test_kdf_gives_the_srtcp_keys_that_libre_expects() -> None:
    rtcp = derive(CM_128, APPENDIX_B3).rtcp
    assert rtcp.key.hex() == "4c1aa45a81f73d61c800bbb00fbb1eaa"
    assert rtcp.salt.hex() == "9581c7ad87b3e530bf3e4454a8b3"
    assert rtcp.auth_key.hex() == "8d54534feb49ae8e7993a6bd0b844fc323a93dfd"


def test_kdf_takes_the_short_salt_of_gcm_as_the_leading_part() -> None:
    rtp = derive(GCM_128, MasterKey(bytes(range(16)), bytes(range(0x40, 0x4C)))).rtp
    assert rtp.salt.hex() == "1fcd5d561e66dc49ec1c3ccb"
    assert rtp.auth_key == b""


@pytest.mark.parametrize("part", ["master key", "master salt"])
def test_kdf_names_the_part_of_the_wrong_size(part: str) -> None:
    master = (
        MasterKey(bytes(15), bytes(14)) if part == "master key" else MasterKey(bytes(16), bytes(12))
    )
    with pytest.raises(ValueError, match=rf"aes-cm-128-hmac-sha1-80: {part} has 1[25] bytes"):
        derive(CM_128, master)


def test_keys_are_never_printed() -> None:
    printed = repr(APPENDIX_B3) + repr(derive(CM_128, APPENDIX_B3))
    assert printed == ("MasterKey()SessionKeys(rtp=StreamKeys(), rtcp=StreamKeys())")


def test_fresh_master_keys_have_the_profiles_sizes_and_differ() -> None:
    for profile in PROFILES.values():
        one, other = MasterKey.fresh(profile), MasterKey.fresh(profile)
        assert (len(one.key), len(one.salt)) == (profile.key_size, profile.salt_size)
        assert one != other


def test_keystream_is_that_of_rfc_3711_b2() -> None:
    keys = StreamKeys(
        key=bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C"),
        auth_key=bytes(20),
        salt=bytes.fromhex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"),
    )
    sender = SrtpSender(CM_128, SessionKeys(rtp=keys, rtcp=keys))
    # SSRC 0 and index 0, as in the figure; a payload of zeros shows the keystream itself.
    packet = b"\x80" + bytes(11) + bytes(48)
    sealed = sender.protect(PacketBatch.of([packet])).row(0).tobytes()
    assert sealed[12:60].hex().upper() == (
        "E03EAD0935C95E80E166B16DD92B4EB4"
        "D23513162B02D0F72A43A2FE4A5F97AB"
        "41E95B3BB0A2E8DD477901E4FCA894C0"
    )


@pytest.mark.parametrize(
    ("name", "master", "sealed"),
    [
        (
            "aes-cm-128-hmac-sha1-80",
            APPENDIX_B3,
            "4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb",
        ),
        (
            "aes-cm-256-hmac-sha1-80",
            RFC_6188_7_2,
            "f1d9de17ff251ff1aa007774b0b4b40da08d9d9a5b3a55d8873b",
        ),
    ],
)
def test_packet_is_that_of_libsrtps_own_test(name: str, master: MasterKey, sealed: str) -> None:
    header = bytes.fromhex("800f1234decafbadcafebabe")
    packet = header + b"\xab" * 16
    wire = header + bytes.fromhex(sealed)
    sealed_batch = SrtpSender(PROFILES[name], master).protect(PacketBatch.of([packet]))
    assert sealed_batch.row(0).tobytes() == wire
    opened = SrtpReceiver(PROFILES[name], master).unprotect(sealed_batch)
    assert opened.packets.row(0).tobytes() == packet


def test_gcm_nonces_are_those_of_rfc_7714() -> None:
    # 16.1: SSRC 5501a0b2, ROC 0, SEQ f17b. 17.1: SSRC "Mars", SRTCP index 5d4.
    rtp, rtcp = rtp_nonces(GCM_128, QUID_PRO_QUO), rtcp_nonces(GCM_128, QUID_PRO_QUO)
    assert rtp(0x5501A0B2, 0xF17B).hex() == "51753c6580c2726f20718414"
    assert rtcp(0x4D617273, 0x5D4).hex() == "517524055203726f207170bb"


@pytest.mark.parametrize("name", GCM_RTP)
def test_gcm_rtp_packet_is_that_of_rfc_7714_16(name: str) -> None:
    wire = bytes.fromhex(GCM_RTP[name])
    profile, keys = PROFILES[name], session_of(name)
    assert SrtpSender(profile, keys).protect(PacketBatch.of([GALLIA])).row(0).tobytes() == wire
    opened = SrtpReceiver(profile, keys).unprotect(PacketBatch.of([wire]))
    assert opened.packets.row(0).tobytes() == GALLIA


@pytest.mark.parametrize("name", GCM_RTCP)
def test_gcm_rtcp_packet_is_that_of_rfc_7714_17(name: str) -> None:
    wire = bytes.fromhex(GCM_RTCP[name])
    profile, keys = PROFILES[name], session_of(name)
    assert SrtcpSender(profile, keys, initial_index=0x5D4).protect_rtcp(LUNA) == wire
    assert SrtcpReceiver(profile, keys).unprotect_rtcp(wire) == LUNA


def test_profiles_are_the_six_of_their_rfcs() -> None:
    assert {
        profile.registry_name: (
            8 * profile.key_size,
            8 * profile.salt_size,
            8 * profile.cipher.tag_size,
            8 * profile.rtcp_cipher.tag_size,
        )
        for profile in PROFILES.values()
    } == {
        "SRTP_AES128_CM_HMAC_SHA1_80": (128, 112, 80, 80),
        "SRTP_AES128_CM_HMAC_SHA1_32": (128, 112, 32, 80),
        "AES_256_CM_HMAC_SHA1_80": (256, 112, 80, 80),
        "AES_256_CM_HMAC_SHA1_32": (256, 112, 32, 80),
        "SRTP_AEAD_AES_128_GCM": (128, 96, 128, 128),
        "SRTP_AEAD_AES_256_GCM": (256, 96, 128, 128),
    }
