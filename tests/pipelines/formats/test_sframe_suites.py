"""SFrame suites: keys, ratchet, KID layouts, overhead (RFC 9605 4.4.2, 4.5, 5.1, 5.2, B, C.3)."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ciphers.table import CIPHERS
from pipelines.formats.sframe import (
    LARGEST_FIELD,
    SUITES,
    MlsKidLayout,
    RatchetKidLayout,
    SframeSuite,
    derive,
    overhead_bytes,
    ratchet,
    suite_named,
)

BASE_KEY = bytes(range(16))

every_suite = pytest.mark.parametrize(
    "suite", SUITES.values(), ids=[suite.name for suite in SUITES.values()]
)

# RFC 9605 C.3, KID 0x123.
KEYS = {
    1: "3f7d9a7c83ae8e1c8a11ae695ab59314b367e359fadac7b9c46b2bc6f81f46e1"
    "6b96f0811868d59402b7e870102720b3",
    2: "e2ec5c797540310483b16bf6e7a570d2a27d192fe869c7ccd8584a8d9dab9154"
    "9fbe553f5113461ec6aa83bf3865553e",
    3: "2c5703089cbb8c583475e4fc461d97d18809df79b6d550f78eb6d50ffa80d892"
    "11d57909934f46f5405e38cd583c69fe",
    4: "d34f547f4ca4f9a7447006fe7fcbf768",
    5: "d3e27b0d4a5ae9e55df01a70e6d4d28d969b246e2936f4b7a5d9b494da6b9633",
}
SALTS = {
    1: "50b29329a04dc0f184ac3168",
    2: "e68ac8dd3d02fbcd368c5577",
    3: "38c16e4f5159700c00c7f350",
    4: "75234edefe07819026751816",
    5: "84991c167b8cd23c93708ec7",
}


@pytest.mark.parametrize("number", KEYS)
def test_keys_and_salts_of_rfc_9605(number: int) -> None:
    keys = derive(SUITES[number], 0x123, BASE_KEY)
    assert keys.key.hex() == KEYS[number]
    assert keys.salt.hex() == SALTS[number]


# RFC 9605 4.5, table 1: Nh, Nk, Nn, Nt.
@pytest.mark.parametrize(
    ("number", "sizes"),
    [
        (1, (32, 48, 12, 10)),
        (2, (32, 48, 12, 8)),
        (3, (32, 48, 12, 4)),
        (4, (32, 16, 12, 16)),
        (5, (64, 32, 12, 16)),
    ],
)
def test_constants_of_table_1(number: int, sizes: tuple[int, ...]) -> None:
    suite = SUITES[number]
    cipher = suite.cipher
    assert sizes == (
        suite.hash.digest_size,
        cipher.key_size,
        cipher.nonce_size,
        cipher.tag_size,
    )


def test_suites_are_named_as_their_ciphers_and_found_by_that() -> None:
    for number, suite in SUITES.items():
        assert suite.id == number
        assert CIPHERS[suite.name] is suite.cipher
        assert suite_named(suite.name) is suite
    with pytest.raises(ValueError, match="'aes-128-gmc'; did you mean 'aes-128-gcm'"):
        suite_named("aes-128-gmc")
    with pytest.raises(ValueError, match=r"known: aes-128-ctr-hmac-sha256-80, .*"):
        suite_named("null")


def test_only_the_chacha20_suite_is_private_and_says_so() -> None:
    private = [suite for suite in SUITES.values() if suite.labels]
    assert [(suite.name, suite.labels) for suite in private] == [
        ("chacha20-poly1305", ("private suite",))
    ]
    # RFC 9605 8.1: reserved for private use.
    assert all(0xF000 <= suite.id <= 0xFFFF for suite in private)
    assert [suite.id for suite in SUITES.values() if not suite.labels] == [1, 2, 3, 4, 5]


@every_suite
def test_ratchet_is_extract_with_nothing_then_expand_with_the_label(suite: SframeSuite) -> None:
    # RFC 5869 by hand: one block of output is T(1) = HMAC(PRK, info || 1).
    digest = suite.hash.name
    secret = hmac.digest(b"", BASE_KEY, digest)
    step = ratchet(suite, BASE_KEY)
    assert step == hmac.digest(secret, b"SFrame 1.0 Ratchet\x01", digest)
    assert len(step) == suite.hash.digest_size
    assert ratchet(suite, step) != step


@every_suite
def test_every_kid_has_its_own_key_and_salt(suite: SframeSuite) -> None:
    derived = [derive(suite, kid, BASE_KEY) for kid in range(20)]
    assert len({keys.key for keys in derived}) == 20
    assert len({keys.salt for keys in derived}) == 20
    with pytest.raises(ValueError, match="SFrame KID 18446744073709551616"):
        derive(suite, 1 << 64, BASE_KEY)


def test_keys_are_in_no_repr() -> None:
    keys = derive(SUITES[4], 0, BASE_KEY)
    assert repr(keys) == "SframeKeys()"


def test_ratchet_kid_carries_the_low_bits_of_the_step() -> None:
    layout = RatchetKidLayout(step_bits=4)
    assert layout.encode(generation=0, step=0) == 0
    assert layout.encode(generation=3, step=0x25) == 0x35
    assert layout.decode(0x35) == (3, 5)
    with pytest.raises(ValueError, match=r"needs 0 \.\. 2\^64 - 1"):
        layout.encode(generation=1 << 60, step=0)
    with pytest.raises(ValueError, match="step_bits 65"):
        RatchetKidLayout(step_bits=65)


@given(st.integers(0, 64), st.data())
def test_ratchet_kid_round_trip(step_bits: int, data: st.DataObject) -> None:
    layout = RatchetKidLayout(step_bits=step_bits)
    generation = data.draw(st.integers(0, (1 << (64 - step_bits)) - 1))
    step = data.draw(st.integers(0, LARGEST_FIELD))
    kid = layout.encode(generation=generation, step=step)
    assert layout.decode(kid) == (generation, step % (1 << step_bits))


def test_mls_kid_is_context_index_epoch() -> None:
    # RFC 9605 5.2: KID = (context << (S + E)) + (sender_index << E) + (epoch % (1 << E)).
    layout = MlsKidLayout(index_bits=7, epoch_bits=4)
    assert layout.encode(sender_index=33, epoch=17) == (33 << 4) + 1
    assert layout.encode(sender_index=64, epoch=16, context=2) == (2 << 11) + (64 << 4)
    with pytest.raises(ValueError, match="sender_index 128"):
        layout.encode(sender_index=128, epoch=0)
    with pytest.raises(ValueError, match=r"needs 0 \.\. 2\^64 - 1"):
        layout.encode(sender_index=0, epoch=0, context=1 << 53)
    with pytest.raises(ValueError, match="together <= 64"):
        MlsKidLayout(index_bits=33, epoch_bits=32)


@given(st.integers(0, 64), st.data())
def test_mls_kid_round_trip(index_bits: int, data: st.DataObject) -> None:
    epoch_bits = data.draw(st.integers(0, 64 - index_bits))
    layout = MlsKidLayout(index_bits=index_bits, epoch_bits=epoch_bits)
    sender_index = data.draw(st.integers(0, (1 << index_bits) - 1))
    context = data.draw(st.integers(0, (1 << (64 - index_bits - epoch_bits)) - 1))
    epoch = data.draw(st.integers(0, LARGEST_FIELD))
    kid = layout.encode(sender_index=sender_index, epoch=epoch, context=context)
    assert layout.decode(kid) == (context, sender_index, epoch % (1 << epoch_bits))


# RFC 9605 B.1, table 3: a two-byte KID, a three-byte CTR and a full tag.
LONG_KID, LONG_CTR = 0x100, 1 << 16


def test_overhead_of_table_3_is_22_bytes() -> None:
    assert overhead_bytes(suite_named("aes-128-gcm"), LONG_KID, LONG_CTR) == 22
    assert overhead_bytes(suite_named("aes-256-gcm"), LONG_KID, LONG_CTR) == 22


@pytest.mark.parametrize(
    ("units_per_second", "kbps"),
    [
        (8.3, 1.4),  # table 4: audio
        (50, 8.6),
        (100, 17.2),
        (7.5, 1.3),  # table 5: video, per frame
        (15, 2.6),
        (30, 5.2),
        (60, 10.3),
        (180, 30.9),  # table 6: video, per packet
        (780, 134.1),
    ],
)
def test_overhead_rates_of_appendix_b(units_per_second: float, kbps: float) -> None:
    unit = overhead_bytes(suite_named("aes-256-gcm"), LONG_KID, LONG_CTR)
    # Appendix B counts a kilobit as 1024 bits; its tables are rounded (narrow-band: 1.43).
    assert unit * 8 * units_per_second / 1024 == pytest.approx(kbps, abs=0.06)


def test_the_shortest_overhead_is_a_config_byte_and_the_tag() -> None:
    assert overhead_bytes(suite_named("aes-128-ctr-hmac-sha256-32"), 7, 7) == 5
