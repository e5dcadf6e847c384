"""Which libcrypto is taken, what is said where there is none, and two of them in one process."""

import ctypes.util
from pathlib import Path

import pytest

from pipelines.engines.native.evp import KeyedContext
from pipelines.engines.native.library import (
    PATH_VARIABLE,
    NoNativeLibrary,
    best_library,
    candidates,
    load,
    pylibsrtp_module,
)
from pipelines.engines.native.srtp_protect import NativeSrtpSender
from pipelines.engines.native.srtp_unprotect import NativeSrtpReceiver
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import PacketBatch


def test_the_wheel_of_pylibsrtp_comes_before_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PATH_VARIABLE, raising=False)
    library = best_library()
    assert library.path == pylibsrtp_module()
    assert library.name.startswith("libcrypto in pylibsrtp ")
    assert int(library.version.split(".")[0]) >= 3


def test_a_named_path_comes_before_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    module = pylibsrtp_module()
    assert module is not None
    monkeypatch.setenv(PATH_VARIABLE, module)
    assert best_library().name == "libcrypto"


def test_a_named_path_that_does_not_load_is_never_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path / "libnone.so"))
    with pytest.raises(NoNativeLibrary, match=rf"^{PATH_VARIABLE}: .*libnone\.so is no libcrypto"):
        best_library()


def test_a_library_that_is_no_libcrypto_is_refused_by_name() -> None:
    libm = ctypes.util.find_library("m")
    assert libm is not None
    with pytest.raises(NoNativeLibrary, match="is no libcrypto"):
        load(libm, "libm")


def test_a_missing_function_is_named() -> None:
    with pytest.raises(NoNativeLibrary, match="exports no EVP_of_tomorrow"):
        best_library().address("EVP_of_tomorrow")


def test_the_reason_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PATH_VARIABLE, raising=False)
    monkeypatch.setattr(
        "pipelines.engines.native.library.candidates", lambda: iter([("/nowhere/a", "a")])
    )
    with pytest.raises(NoNativeLibrary) as caught:
        best_library()
    assert "\n" not in str(caught.value)
    assert "/nowhere/a" in str(caught.value)


def test_libraries_side_by_side_give_the_same_bytes(profile: SrtpProfile) -> None:
    libraries = [load(path, name) for path, name in candidates()]
    assert len({library.path for library in libraries}) == len(libraries)
    master = MasterKey.fresh(profile)
    senders = [NativeSrtpSender(library, profile, master) for library in libraries]
    receivers = [NativeSrtpReceiver(library, profile, master) for library in libraries]
    per_call = SrtpSender(profile, master)
    for first in range(65_530, 65_550, 5):
        packets = [
            b"\x80\x60" + (number & 0xFFFF).to_bytes(2) + bytes(8) + bytes(number % 97)
            for number in range(first, first + 5)
        ]
        batch = PacketBatch.of(packets)
        expected = [row.tobytes() for row in per_call.protect(batch).rows()]
        for sender, receiver in zip(senders, reversed(receivers), strict=True):
            wire = sender.protect(batch)
            assert [row.tobytes() for row in wire.rows()] == expected
            opened = receiver.unprotect(wire)
            assert [row.tobytes() for row in opened.packets.rows()] == packets


def test_a_cipher_that_the_library_lacks_is_named() -> None:
    with pytest.raises(NoNativeLibrary, match="exports no EVP_rot13"):
        KeyedContext(best_library(), "rot13", bytes(16), encrypting=True)
