"""One contract for frames: SFrame units and bare AEADs are refused alike by every engine."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pytest

from pipelines.ciphers.aead import Cipher
from pipelines.ciphers.table import CIPHERS
from pipelines.engines.engine import Engine
from pipelines.engines.libcrypto import LibcryptoEngine
from pipelines.engines.libsrtp import LibsrtpEngine
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.formats.sframe.suites import SUITES, SframeSuite
from pipelines.media import U8
from pipelines.stage import AuthenticationFailed, Malformed, Rejected, Replayed

ENGINES: tuple[Engine, ...] = (LibcryptoEngine(), LibsrtpEngine(), CRYPTOGRAPHY)
KEY = bytes(range(48))
KID = 9
every_suite = pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
every_cipher = pytest.mark.parametrize("cipher", CIPHERS.values(), ids=CIPHERS)

Outcome = tuple[Any, ...]


def alike(outcomes: Iterable[Outcome]) -> Outcome:
    first, *others = outcomes
    assert all(other == first for other in others), [first, *others]
    return first


def outcome(call: Callable[[Any], U8], unit: Any) -> Outcome:
    try:
        return ("good", call(unit).tobytes())
    except (Rejected, ValueError, TypeError) as refusal:
        return (type(refusal), str(refusal))


NO_UNITS: Mapping[str, tuple[type[Exception], Callable[[U8], Any]]] = {
    "signed": (TypeError, lambda unit: unit.view("i1")),
    "of 64 bits": (TypeError, lambda unit: unit.astype("i8")),
    "of floats": (TypeError, lambda unit: unit.astype("f8")),
    "of truths": (TypeError, lambda unit: unit > 3),
    "of objects": (TypeError, lambda unit: unit.astype(object)),
    "bytes": (TypeError, lambda unit: unit.tobytes()),
    "a view of memory": (TypeError, lambda unit: memoryview(unit.tobytes())),
    "a list": (TypeError, lambda unit: unit.tolist()),
    "nothing": (TypeError, lambda _: None),
    "a number": (TypeError, lambda unit: unit[0]),
    "a table": (ValueError, lambda unit: unit.reshape(1, -1)),
    "no dimension": (ValueError, lambda unit: np.array(unit[0])),
}


@every_suite
@pytest.mark.parametrize("what", NO_UNITS)
def test_what_is_no_unit_is_its_makers_mistake(what: str, suite: SframeSuite) -> None:
    kind, broken = NO_UNITS[what]
    unit = CRYPTOGRAPHY.sframe_encryptor(suite, KEY, KID).encrypt(np.arange(40, dtype=np.uint8))
    sent = alike(
        outcome(engine.sframe_encryptor(suite, KEY, KID).encrypt, broken(unit))
        for engine in ENGINES
    )
    assert sent[0] is kind
    for engine in ENGINES:
        decryptor = engine.sframe_decryptor(suite, {KID: KEY}, 128)
        before = decryptor.state()
        assert outcome(decryptor.decrypt, broken(unit)) == sent
        assert decryptor.state() == before
        assert decryptor.decrypt(unit).tolist() == list(range(40))


def read_only(unit: U8) -> U8:
    unit = unit.copy()
    unit.flags.writeable = False
    return unit


LAYOUTS: Mapping[str, Callable[[U8], U8]] = {
    "every other byte": lambda unit: np.repeat(unit, 2)[::2],
    "backwards": lambda unit: unit[::-1].copy()[::-1],
    "read-only": read_only,
    "masked": np.ma.masked_array,
}


@every_suite
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", [0, 1, 2, 5000])
def test_any_layout_gives_the_same_unit(layout: str, size: int, suite: SframeSuite) -> None:
    arranged = LAYOUTS[layout]
    plain = np.arange(size).astype(np.uint8)
    said = alike(
        outcome(engine.sframe_encryptor(suite, KEY, KID).encrypt, arranged(plain))
        for engine in ENGINES
    )
    unit = np.frombuffer(said[1], dtype=np.uint8)
    for engine in ENGINES:
        decryptor = engine.sframe_decryptor(suite, {KID: KEY}, 128)
        assert outcome(decryptor.decrypt, arranged(unit)) == ("good", plain.tobytes())


METADATA: Mapping[str, Callable[[bytes], Any]] = {
    "bytes": bytes,
    "a byte array": bytearray,
    "an array": lambda data: np.frombuffer(data, dtype=np.uint8),
    "words": lambda data: memoryview(data).cast("I"),
    "a table of words": lambda data: np.frombuffer(data, dtype=np.int32).reshape(2, -1),
    "every other byte": lambda data: np.repeat(np.frombuffer(data, np.uint8), 2).data[::2],
}


@every_suite
def test_every_byte_of_metadata_is_authenticated_whatever_its_items(suite: SframeSuite) -> None:
    plain, data = np.arange(20).astype(np.uint8), bytes(range(32))
    for engine in ENGINES:
        unit = engine.sframe_encryptor(suite, KEY, KID).encrypt(plain, data)
        for what, arranged in METADATA.items():
            mine = engine.sframe_encryptor(suite, KEY, KID).encrypt(plain, arranged(data))
            assert mine.tolist() == unit.tolist(), what
            decryptor = engine.sframe_decryptor(suite, {KID: KEY}, 128)
            with pytest.raises(AuthenticationFailed):
                decryptor.decrypt(unit, arranged(data[:-1] + b"\xff"))
            assert decryptor.decrypt(unit, arranged(data)).tolist() == plain.tolist()


@every_suite
@pytest.mark.parametrize("metadata", [None, 5, [1, 2], "text"])
def test_metadata_without_bytes_is_a_type_error(metadata: Any, suite: SframeSuite) -> None:
    for engine in ENGINES:
        encryptor = engine.sframe_encryptor(suite, KEY, KID)
        with pytest.raises(TypeError):
            encryptor.encrypt(np.zeros(20, np.uint8), metadata)


@every_suite
def test_a_result_that_its_own_call_would_overwrite_is_refused(suite: SframeSuite) -> None:
    plain = np.arange(300).astype(np.uint8)

    def said(engine: Engine) -> Outcome:
        encryptor = engine.sframe_encryptor(suite, KEY, KID)
        decryptor = engine.sframe_decryptor(suite, {KID: KEY}, 128)
        unit = encryptor.encrypt(plain)
        opened = decryptor.decrypt(unit.copy())
        return (
            outcome(encryptor.encrypt, unit),
            outcome(encryptor.encrypt, unit[50:2:-3]),
            outcome(decryptor.decrypt, opened),
        )

    for kind, words in alike(map(said, ENGINES)):
        assert kind is ValueError
        assert words.startswith("unit lies where the results of this call go")


@every_suite
def test_a_unit_cut_forged_or_sent_twice_is_refused_alike(suite: SframeSuite) -> None:
    sealed = CRYPTOGRAPHY.sframe_encryptor(suite, KEY, KID)
    unit = sealed.encrypt(np.arange(20, dtype=np.uint8)).copy()
    forged = unit.copy()
    forged[-1] ^= 1
    strange = CRYPTOGRAPHY.sframe_encryptor(suite, KEY, 10).encrypt(unit).copy()
    units = [*(unit[:size] for size in range(len(unit))), forged, strange, unit, unit]

    def said(engine: Engine) -> Outcome:
        decryptor = engine.sframe_decryptor(suite, {KID: KEY}, 128)
        return tuple(outcome(decryptor.decrypt, each) for each in units)

    kinds = [kind for kind, _ in alike(map(said, ENGINES))]
    assert kinds[-4:] == [AuthenticationFailed, AuthenticationFailed, "good", Replayed]
    assert set(kinds[:-4]) <= {Malformed, AuthenticationFailed}


@every_cipher
@pytest.mark.parametrize("sealed", [b"", bytes(3), bytes(64), bytes(65)], ids=len)
@pytest.mark.parametrize("off", [-1, 0, 1])
def test_a_wrong_nonce_is_named_whatever_was_sealed(
    cipher: Cipher, sealed: bytes, off: int
) -> None:
    nonce = bytes(max(0, cipher.nonce_size + off))

    def said(engine: Engine) -> Outcome:
        aead = engine.aead(cipher, bytes(cipher.key_size))

        def opened(data: bytes) -> U8:
            out = np.zeros(100, dtype=np.uint8)
            return out[: aead.open_into(nonce, b"", data, out)]

        kind, words = outcome(opened, sealed)
        # The words of a length that cannot be are the library's own; the kind is not.
        return (kind, words if kind is not Malformed else "")

    kind, words = alike(map(said, ENGINES))
    if len(nonce) != cipher.nonce_size:
        assert kind is ValueError
        assert f"nonce of {len(nonce)} bytes, needs {cipher.nonce_size}" in words
    elif cipher.authenticated:
        assert kind is (AuthenticationFailed if len(sealed) >= cipher.tag_size else Malformed)
