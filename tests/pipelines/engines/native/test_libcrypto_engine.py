"""The engine `libcrypto` as stages see it."""

import ctypes
import ctypes.util
from collections.abc import Callable

import pytest

from pipelines.engines.engine import Engine
from pipelines.engines.libcrypto import LibcryptoEngine
from pipelines.engines.native.library import NativeLibrary, NoNativeLibrary
from pipelines.engines.native.relay import Rewrite
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.media import PacketBatch

PacketMaker = Callable[..., bytes]


def test_it_is_named_with_its_library_and_version(library: NativeLibrary) -> None:
    engine: Engine = LibcryptoEngine(library)
    assert engine.name == "libcrypto"
    assert str(engine.library()) == f"{library.name}, OpenSSL {library.version}"


def test_a_library_that_lacks_a_function_is_refused_at_once() -> None:
    libm = ctypes.CDLL(ctypes.util.find_library("m"))
    half = NativeLibrary(path="libhalf.so", name="half", version="3.0.0", handle=libm)
    with pytest.raises(NoNativeLibrary, match=r"libhalf\.so exports no EVP_EncryptInit_ex"):
        LibcryptoEngine(half)


def test_it_works_with_the_per_call_engine_both_ways(
    profile: SrtpProfile, rtp_packet: PacketMaker
) -> None:
    master = MasterKey.fresh(profile)
    packets = [rtp_packet(number, bytes(number)) for number in range(65_530, 65_545)]
    engines: tuple[Engine, Engine] = (LibcryptoEngine(), CRYPTOGRAPHY)
    for sending, receiving in (engines, engines[::-1]):
        wire = sending.srtp_protector(profile, master).protect(PacketBatch.of(packets))
        opened = receiving.srtp_unprotector(profile, master, 64).unprotect(wire)
        assert opened.rejected == ()
        assert [row.tobytes() for row in opened.packets.rows()] == packets


def test_a_relay_reaches_every_receiver(profile: SrtpProfile, rtp_packet: PacketMaker) -> None:
    engine = LibcryptoEngine()
    uplink, *downlinks = (MasterKey.fresh(profile) for _ in range(4))
    sent = PacketBatch.of([rtp_packet(number, bytes(30)) for number in range(5)])
    wire = engine.srtp_protector(profile, uplink).protect(sent)
    opened = engine.srtp_unprotector(profile, uplink, 64).unprotect(wire)
    rewrites = [Rewrite(ssrc=100 + number) for number in range(3)]
    out = engine.srtp_fanout(profile, downlinks, rewrites).protect(opened.packets)
    for number, downlink in enumerate(downlinks):
        mine = out.take(range(5 * number, 5 * number + 5))
        received = CRYPTOGRAPHY.srtp_unprotector(profile, downlink, 64).unprotect(mine)
        expected = [rtp_packet(n, bytes(30), ssrc=100 + number) for n in range(5)]
        assert [row.tobytes() for row in received.packets.rows()] == expected
