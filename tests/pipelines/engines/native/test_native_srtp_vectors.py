"""The figures of RFC 3711 App. B and RFC 7714 16, through the compiled engine."""

import numpy as np
import pytest

from pipelines.engines.native.evp import KeyedContext, apply_keystream, evp_addresses, new_scratch
from pipelines.engines.native.library import NativeLibrary
from pipelines.engines.native.srtp_protect import NativeSrtpSender
from pipelines.engines.native.srtp_unprotect import NativeSrtpReceiver
from pipelines.formats.srtp.kdf import SessionKeys, StreamKeys
from pipelines.formats.srtp.profiles import PROFILES
from pipelines.media import PacketBatch

QUID_PRO_QUO = bytes.fromhex("517569642070726f2071756f")
GALLIA = bytes.fromhex(
    "8040f17b8041f8d35501a0b2"
    "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573"
)
RFC_7714_16 = {
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
# A packet that libsrtp's own test driver protects: key 2 of RFC 3711 B.3, AES-CM-128, 80-bit tag.
LIBSRTP_PLAIN = bytes.fromhex("800f1234decafbadcafebabe" + 16 * "ab")
LIBSRTP_WIRE = bytes.fromhex(
    "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"
)


def session(key: bytes, salt: bytes) -> SessionKeys:
    keys = StreamKeys(key=key, auth_key=b"", salt=salt)
    return SessionKeys(rtp=keys, rtcp=keys)


@pytest.mark.parametrize("name", RFC_7714_16)
def test_rfc_7714_packets_come_out_and_open(library: NativeLibrary, name: str) -> None:
    profile = PROFILES[name]
    keys = session(bytes(range(profile.key_size)), QUID_PRO_QUO)
    wire = NativeSrtpSender(library, profile, keys).protect(PacketBatch.of([GALLIA]))
    assert wire.row(0).tobytes().hex() == RFC_7714_16[name]
    opened = NativeSrtpReceiver(library, profile, keys).unprotect(wire)
    assert opened.rejected == ()
    assert opened.packets.row(0).tobytes() == GALLIA


def test_aes_cm_packet_of_libsrtps_own_tests_comes_out_and_opens(library: NativeLibrary) -> None:
    # Keys as in RFC 3711 B.3, already derived.
    keys = StreamKeys(
        key=bytes.fromhex("C61E7A93744F39EE10734AFE3FF7A087"),
        auth_key=bytes.fromhex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"),
        salt=bytes.fromhex("30CBBC08863D8C85D49DB34A9AE1"),
    )
    profile = PROFILES["aes-cm-128-hmac-sha1-80"]
    both = SessionKeys(rtp=keys, rtcp=keys)
    wire = NativeSrtpSender(library, profile, both).protect(PacketBatch.of([LIBSRTP_PLAIN]))
    assert wire.row(0).tobytes() == LIBSRTP_WIRE
    opened = NativeSrtpReceiver(library, profile, both).unprotect(wire)
    assert opened.packets.row(0).tobytes() == LIBSRTP_PLAIN


def test_aes_cm_keystream_is_that_of_rfc_3711_b2(library: NativeLibrary) -> None:
    key = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
    # SSRC, ROC and SEQ are zero there, so the IV is the salt itself.
    iv = np.frombuffer(bytes.fromhex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000"), dtype=np.uint8)
    context = KeyedContext(library, "aes_128_ctr", key, encrypting=True)
    functions = np.array(evp_addresses(library), dtype=np.int64)
    out, scratch = np.zeros(32, dtype=np.uint8), new_scratch()
    at = out.ctypes.data
    assert apply_keystream(
        functions, context.address, iv.ctypes.data, at, 32, at, scratch.ctypes.data
    )
    assert out.tobytes().hex().upper() == (
        "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB"
    )
