"""What every cipher of the table keeps, whichever it is."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ciphers.aead import Aead, Cipher
from pipelines.ciphers.table import CIPHERS
from pipelines.stage import AuthenticationFailed, Malformed, Rejected

SIZES = (0, 1, 15, 16, 17, 1200, 65537)
AAD = b"a header in clear"
GUARD = 0xA5

every_cipher = pytest.mark.parametrize("cipher", CIPHERS.values(), ids=CIPHERS)
keyed = [cipher for cipher in CIPHERS.values() if cipher.key_size]
every_keyed_cipher = pytest.mark.parametrize("cipher", keyed, ids=[c.name for c in keyed])
srtp = [cipher for cipher in CIPHERS.values() if cipher.name.startswith("aes-cm-")]


def key_of(cipher: Cipher) -> bytes:
    return bytes(range(1, cipher.key_size + 1))


def nonce_of(cipher: Cipher) -> bytes:
    return bytes(range(101, 101 + cipher.nonce_size))


def media(size: int) -> bytes:
    return np.random.default_rng(size).bytes(size)


def seal(cipher: Cipher, aead: Aead, plaintext: bytes) -> bytes:
    out = np.empty(cipher.sealed_size(len(plaintext)), dtype=np.uint8)
    size = aead.seal_into(nonce_of(cipher), AAD, plaintext, out)
    assert size == len(out)
    return out.tobytes()


def opened(
    cipher: Cipher, aead: Aead, sealed: bytes, nonce: bytes | None = None, aad: bytes = AAD
) -> bytes:
    out = np.empty(len(sealed), dtype=np.uint8)
    size = aead.open_into(nonce_of(cipher) if nonce is None else nonce, aad, sealed, out)
    return out[:size].tobytes()


@every_cipher
@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_opens_to_itself(cipher: Cipher, size: int) -> None:
    aead = cipher.new(key_of(cipher))
    plaintext = media(size)
    sealed = seal(cipher, aead, plaintext)
    assert opened(cipher, aead, sealed) == plaintext
    assert opened(cipher, cipher.new(key_of(cipher)), sealed) == plaintext
    if size > 1 and cipher.key_size:
        assert plaintext not in sealed


@every_cipher
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_written_past_the_result(cipher: Cipher, size: int) -> None:
    aead = cipher.new(key_of(cipher))
    sealed_size = cipher.sealed_size(size)
    out = np.full(sealed_size + 40, GUARD, dtype=np.uint8)
    assert aead.seal_into(nonce_of(cipher), AAD, media(size), out) == sealed_size
    assert (out[sealed_size:] == GUARD).all()

    back = np.full(sealed_size + 40, GUARD, dtype=np.uint8)
    assert aead.open_into(nonce_of(cipher), AAD, out[:sealed_size], back) == size
    assert back[:size].tobytes() == media(size)
    assert (back[sealed_size:] == GUARD).all()


@every_cipher
def test_any_contiguous_buffer_gives_the_same_bytes(cipher: Cipher) -> None:
    aead = cipher.new(key_of(cipher))
    plaintext = media(1000)
    sealed = seal(cipher, aead, plaintext)
    unaligned = np.frombuffer(b"odd" + plaintext + b"end", dtype=np.uint8)[3:-3]
    for same in (bytearray(plaintext), memoryview(plaintext), unaligned):
        out = np.empty(len(sealed) + 7, dtype=np.uint8)[7:]
        nonce = np.frombuffer(nonce_of(cipher), dtype=np.uint8)
        assert aead.seal_into(nonce, memoryview(AAD), same, out) == len(sealed)
        assert out.tobytes() == sealed
    for same in (bytearray(sealed), memoryview(sealed), np.frombuffer(sealed, dtype=np.uint8)):
        out = np.empty(len(sealed), dtype=np.uint8)
        size = aead.open_into(bytearray(nonce_of(cipher)), bytearray(AAD), same, out)
        assert out[:size].tobytes() == plaintext


@every_keyed_cipher
def test_another_key_does_not_open(cipher: Cipher) -> None:
    sealed = seal(cipher, cipher.new(key_of(cipher)), media(1200))
    other = cipher.new(bytes(cipher.key_size))
    if cipher.authenticated:
        with pytest.raises(AuthenticationFailed):
            opened(cipher, other, sealed)
    else:
        with suppress(Malformed):  # padding that happens to fit is not refused
            assert opened(cipher, other, sealed) != media(1200)


@every_cipher
@settings(max_examples=40, deadline=None)
@given(size=st.integers(0, 70), data=st.data())
def test_a_flipped_bit_is_refused_by_those_that_authenticate(
    cipher: Cipher, size: int, data: st.DataObject
) -> None:
    aead = cipher.new(key_of(cipher))
    sealed = bytearray(seal(cipher, aead, media(size)))
    if not sealed:
        return
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1), label="bit")
    sealed[bit // 8] ^= 1 << bit % 8
    if cipher.authenticated:
        with pytest.raises(AuthenticationFailed):
            opened(cipher, aead, bytes(sealed))
    else:
        with suppress(Malformed):
            assert opened(cipher, aead, bytes(sealed)) != media(size)


@every_cipher
@settings(max_examples=30, deadline=None)
@given(size=st.integers(0, 70), data=st.data())
def test_a_truncated_unit_never_opens_to_the_whole(
    cipher: Cipher, size: int, data: st.DataObject
) -> None:
    aead = cipher.new(key_of(cipher))
    sealed = seal(cipher, aead, media(size))
    if not sealed:
        return
    kept = data.draw(st.integers(0, len(sealed) - 1), label="kept")
    if cipher.authenticated:
        with pytest.raises(Malformed if kept < cipher.tag_size else AuthenticationFailed):
            opened(cipher, aead, sealed[:kept])
    else:
        with suppress(Malformed):
            assert opened(cipher, aead, sealed[:kept]) != media(size)


@every_cipher
def test_another_nonce_is_refused_by_those_that_authenticate(cipher: Cipher) -> None:
    aead = cipher.new(key_of(cipher))
    sealed = seal(cipher, aead, media(100))
    # The last byte: of SRTP's nonce, that is the ROC (the IV is the subject of the next test).
    other = nonce_of(cipher)[:-1] + b"\0"
    if cipher.authenticated:
        with pytest.raises(AuthenticationFailed):
            opened(cipher, aead, sealed, nonce=other)
    else:
        assert opened(cipher, aead, sealed, nonce=other) == media(100)


@pytest.mark.parametrize("cipher", srtp, ids=[c.name for c in srtp])
def test_srtp_leaves_the_iv_to_the_authenticated_header(cipher: Cipher) -> None:
    # RFC 3711 4.2 authenticates header, ciphertext and ROC; the IV follows from those.
    aead = cipher.new(key_of(cipher))
    sealed = seal(cipher, aead, media(100))
    other = b"\0" + nonce_of(cipher)[1:]
    assert opened(cipher, aead, sealed, nonce=other) != media(100)


@every_cipher
def test_other_associated_data_is_refused_by_those_that_authenticate(cipher: Cipher) -> None:
    aead = cipher.new(key_of(cipher))
    sealed = seal(cipher, aead, media(100))
    for other in (b"", AAD[:-1], AAD + b"\0", b"A" + AAD[1:]):
        if cipher.authenticated:
            with pytest.raises(AuthenticationFailed):
                opened(cipher, aead, sealed, aad=other)
        else:
            assert opened(cipher, aead, sealed, aad=other) == media(100)


@every_cipher
def test_a_refusal_leaves_the_keyed_object_as_it_was(cipher: Cipher) -> None:
    aead = cipher.new(key_of(cipher))
    sealed = seal(cipher, aead, media(333))
    for broken in (sealed[:-1], b"", bytes(len(sealed))):
        with suppress(Rejected):
            opened(cipher, aead, broken)
    assert opened(cipher, aead, sealed) == media(333)
    assert seal(cipher, aead, media(333)) == sealed


@every_cipher
@pytest.mark.parametrize("change", [-1, 1])
def test_a_nonce_of_another_size_is_an_error(cipher: Cipher, change: int) -> None:
    aead = cipher.new(key_of(cipher))
    nonce = bytes(cipher.nonce_size + change)
    out = np.empty(cipher.sealed_size(32), dtype=np.uint8)
    with pytest.raises(ValueError, match=f"nonce of {len(nonce)} bytes, needs {cipher.nonce_size}"):
        aead.seal_into(nonce, AAD, media(32), out)
    with pytest.raises(ValueError, match=f"nonce of {len(nonce)} bytes, needs {cipher.nonce_size}"):
        aead.open_into(nonce, AAD, seal(cipher, aead, media(32)), out)


@every_cipher
def test_an_out_that_is_too_short_is_an_error(cipher: Cipher) -> None:
    aead = cipher.new(key_of(cipher))
    sealed = seal(cipher, aead, media(32))
    with pytest.raises(ValueError, match=f"out of {len(sealed) - 1} bytes, needs {len(sealed)}"):
        aead.seal_into(nonce_of(cipher), AAD, media(32), np.empty(len(sealed) - 1, dtype=np.uint8))
    with pytest.raises(ValueError, match="out of 31 bytes"):
        aead.open_into(nonce_of(cipher), AAD, sealed, np.empty(31, dtype=np.uint8))


@every_cipher
@pytest.mark.parametrize("change", [-1, 1, 8])
def test_a_key_of_another_size_is_an_error(cipher: Cipher, change: int) -> None:
    size = cipher.key_size + change
    if size < 0:
        return
    with pytest.raises(ValueError, match=f"key of {size} bytes, needs {cipher.key_size}"):
        cipher.new(bytes(size))


@every_keyed_cipher
def test_the_key_is_in_no_repr(cipher: Cipher) -> None:
    key = b"\xc3SECRET!" * (cipher.key_size // 8 + 1)
    shown = repr(cipher.new(key[: cipher.key_size])) + repr(cipher)
    assert "SECRET" not in shown
    assert key[:8].hex() not in shown
