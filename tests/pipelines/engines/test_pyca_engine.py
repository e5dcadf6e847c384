"""The engine `cryptography` behind the seam: what it hands out is what the formats say."""

import re
from importlib.metadata import version
from itertools import pairwise

import numpy as np
import pytest

from pipelines.ciphers.aead import Cipher
from pipelines.ciphers.table import CIPHERS
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.formats.packetizer import Packetizer
from pipelines.formats.sframe.context import SframeReceiver, SframeSender
from pipelines.formats.sframe.suites import SUITES, SframeSuite
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.formats.srtp.receiver import SrtpReceiver
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import EncodedFrame, PacketBatch

every_suite = pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)

MEDIA = np.random.default_rng(5).integers(0, 256, 5000, dtype=np.uint8)


def rtp_packets() -> PacketBatch:
    unit = EncodedFrame(index=0, pts_ns=0, is_keyframe=True, codec="opaque", payload=MEDIA)
    return Packetizer("opaque", ssrc=7).packetize(unit)


def rows(batch: PacketBatch) -> list[bytes]:
    return [packet.tobytes() for packet in batch.rows()]


def test_it_names_the_library_that_executes_the_crypto() -> None:
    library = CRYPTOGRAPHY.library()
    assert CRYPTOGRAPHY.name == "cryptography"
    assert version("cryptography") in library.name
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", library.version)
    assert str(library) == f"{library.name} {library.version}"


@pytest.mark.parametrize("cipher", CIPHERS.values(), ids=CIPHERS)
def test_its_aead_is_the_cipher_under_that_key(cipher: Cipher) -> None:
    key, nonce = bytes(range(cipher.key_size)), bytes(range(cipher.nonce_size))
    results = []
    for aead in (CRYPTOGRAPHY.aead(cipher, key), cipher.new(key)):
        out = np.zeros(cipher.sealed_size(len(MEDIA)), dtype=np.uint8)
        assert aead.seal_into(nonce, b"aad", MEDIA, out) == len(out)
        results.append(out.tobytes())
    assert results[0] == results[1]


@every_suite
def test_its_sframe_sides_speak_with_those_of_the_format(suite: SframeSuite) -> None:
    key, kid = bytes(range(48)), 300
    encryptors = (CRYPTOGRAPHY.sframe_encryptor(suite, key, kid), SframeSender(suite, key, kid))
    units = [encryptor.encrypt(MEDIA, b"meta") for encryptor in encryptors]
    assert all(one.tobytes() == other.tobytes() for one, other in pairwise(units))
    for decryptor in (
        CRYPTOGRAPHY.sframe_decryptor(suite, {kid: key, 2: bytes(48)}, 64),
        SframeReceiver(suite, {kid: key}, 64),
    ):
        assert decryptor.decrypt(units[0], b"meta").tobytes() == MEDIA.tobytes()


@every_profile
def test_its_srtp_sides_speak_with_those_of_the_format(profile: SrtpProfile) -> None:
    master, plain = MasterKey.fresh(profile), rtp_packets()
    protectors = (CRYPTOGRAPHY.srtp_protector(profile, master), SrtpSender(profile, master))
    sealed = [protector.protect(plain) for protector in protectors]
    assert rows(sealed[0]) == rows(sealed[1])
    for unprotector in (
        CRYPTOGRAPHY.srtp_unprotector(profile, master, 64),
        SrtpReceiver(profile, master, 64),
    ):
        result = unprotector.unprotect(sealed[0])
        assert rows(result.packets) == rows(plain)
        assert result.rejected == ()


@every_profile
def test_it_hands_on_the_window_it_was_asked_for(profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    with pytest.raises(ValueError, match="window of 63"):
        CRYPTOGRAPHY.srtp_unprotector(profile, master, 63)
    with pytest.raises(ValueError, match="window of 63"):
        CRYPTOGRAPHY.sframe_decryptor(SUITES[4], {0: bytes(16)}, 63)
