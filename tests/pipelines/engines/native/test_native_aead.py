"""Every cipher of the table on libcrypto: the bytes of the `cryptography` package, its refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ciphers.aead import Aead, Cipher
from pipelines.ciphers.table import CIPHERS
from pipelines.engines.libcrypto import LibcryptoEngine
from pipelines.engines.native.library import NativeLibrary
from pipelines.media import U8
from pipelines.stage import AuthenticationFailed, Malformed, Rejected

GUARD = 0xA5
NAMES = st.sampled_from(sorted(CIPHERS))
every_cipher = pytest.mark.parametrize("cipher", CIPHERS.values(), ids=CIPHERS)


def key_of(cipher: Cipher) -> bytes:
    return bytes(range(1, cipher.key_size + 1))


def sealed_by(aead: Aead, cipher: Cipher, aad: bytes, plaintext: bytes) -> U8:
    out = np.full(cipher.sealed_size(len(plaintext)) + 40, GUARD, dtype=np.uint8)
    size = aead.seal_into(bytes(range(cipher.nonce_size)), aad, plaintext, out)
    assert size == cipher.sealed_size(len(plaintext))
    assert (out[size:] == GUARD).all()
    return out[:size]


@given(name=NAMES, aad=st.binary(max_size=60), plaintext=st.binary(max_size=300), data=st.data())
@settings(max_examples=200, deadline=None)
def test_both_libraries_seal_alike_and_refuse_alike(
    name: str, aad: bytes, plaintext: bytes, data: st.DataObject
) -> None:
    cipher = CIPHERS[name]
    ours, theirs = LibcryptoEngine().aead(cipher, key_of(cipher)), cipher.new(key_of(cipher))
    sealed = sealed_by(ours, cipher, aad, plaintext)
    assert sealed.tobytes() == sealed_by(theirs, cipher, aad, plaintext).tobytes()
    broken = bytearray(sealed)
    if broken and data.draw(st.booleans(), label="damage"):
        bit = data.draw(st.integers(0, 8 * len(broken) - 1), label="bit")
        broken[bit // 8] ^= 1 << bit % 8
    del broken[data.draw(st.integers(0, len(broken)), label="kept") :]
    outcomes = []
    for aead in (ours, theirs):
        out = np.empty(len(broken), dtype=np.uint8)
        nonce = bytes(range(cipher.nonce_size))
        try:
            size = aead.open_into(nonce, aad, bytes(broken), out)
            outcomes.append((size, out[:size].tobytes()))
        except Rejected as refusal:
            outcomes.append((-1, type(refusal).__name__.encode()))
    assert outcomes[0] == outcomes[1]


@every_cipher
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 1200, 65537])
def test_what_was_sealed_opens_to_itself_and_no_further(cipher: Cipher, size: int) -> None:
    aead = LibcryptoEngine().aead(cipher, key_of(cipher))
    plaintext = np.random.default_rng(size).bytes(size)
    sealed = sealed_by(aead, cipher, b"a header", plaintext)
    back = np.full(len(sealed) + 40, GUARD, dtype=np.uint8)
    nonce = np.arange(cipher.nonce_size, dtype=np.uint8)
    assert aead.open_into(nonce, bytearray(b"a header"), sealed.data, back) == size
    assert back[:size].tobytes() == plaintext
    assert (back[len(sealed) :] == GUARD).all()


@every_cipher
def test_a_refusal_leaves_the_keyed_object_as_it_was(cipher: Cipher) -> None:
    aead = LibcryptoEngine().aead(cipher, key_of(cipher))
    sealed = sealed_by(aead, cipher, b"", bytes(333))
    out = np.empty(len(sealed), dtype=np.uint8)
    for broken in (sealed[:-1], sealed[:0], np.zeros_like(sealed)):
        if cipher.authenticated:
            with pytest.raises((AuthenticationFailed, Malformed)):
                aead.open_into(bytes(range(cipher.nonce_size)), b"", broken, out)
    assert aead.open_into(bytes(range(cipher.nonce_size)), b"", sealed, out) == 333
    assert sealed_by(aead, cipher, b"", bytes(333)).tobytes() == sealed.tobytes()


@every_cipher
@pytest.mark.parametrize("change", [-1, 1, 8])
def test_sizes_that_do_not_fit_are_errors(cipher: Cipher, change: int) -> None:
    engine = LibcryptoEngine()
    if cipher.key_size:
        key_size = cipher.key_size + change
        with pytest.raises(ValueError, match=f"key of {key_size} bytes, needs {cipher.key_size}"):
            engine.aead(cipher, bytes(key_size))
    aead = engine.aead(cipher, key_of(cipher))
    nonce = bytes(cipher.nonce_size + change)
    out = np.empty(cipher.sealed_size(32), dtype=np.uint8)
    complaint = f"nonce of {len(nonce)} bytes, needs {cipher.nonce_size}"
    with pytest.raises(ValueError, match=complaint):
        aead.seal_into(nonce, b"", bytes(32), out)
    with pytest.raises(ValueError, match=complaint):
        aead.open_into(nonce, b"", bytes(len(out)), out)
    with pytest.raises(ValueError, match=f"out of {len(out) - 1} bytes, needs {len(out)}"):
        aead.seal_into(bytes(cipher.nonce_size), b"", bytes(32), out[:-1])


def test_a_buffer_with_gaps_is_an_error(library: NativeLibrary) -> None:
    cipher = CIPHERS["aes-128-gcm"]
    aead = LibcryptoEngine(library).aead(cipher, key_of(cipher))
    gaps = np.zeros(100, dtype=np.uint8)[::2]
    with pytest.raises(ValueError, match="not contiguous"):
        aead.seal_into(bytes(12), b"", gaps, np.empty(66, dtype=np.uint8))
    with pytest.raises(ValueError, match="not contiguous"):
        aead.seal_into(bytes(12), b"", bytes(20), gaps)


@every_cipher
def test_the_key_is_in_no_repr(cipher: Cipher) -> None:
    key = (b"\xc3SECRET!" * 7)[: cipher.key_size]
    shown = repr(LibcryptoEngine().aead(cipher, key)) + repr(LibcryptoEngine())
    assert "SECRET" not in shown
    assert "53454352" not in shown
