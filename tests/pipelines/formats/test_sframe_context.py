"""SFrame senders and receivers: RFC 9605 4.4.3, 4.4.4, 9.1, 9.3 and the figures of C.3."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.formats.sframe import (
    SUITES,
    SframeReceiver,
    SframeSender,
    SframeSuite,
    encode_header,
    overhead_bytes,
)
from pipelines.media import U8
from pipelines.stage import AuthenticationFailed, Malformed, NonceExhausted, Rejected, Replayed

BASE_KEY = bytes(range(16))
METADATA = bytes.fromhex("4945544620534672616d65205747")
PLAINTEXT = bytes.fromhex("64726166742d696574662d736672616d652d656e63")

every_suite = pytest.mark.parametrize(
    "suite", SUITES.values(), ids=[suite.name for suite in SUITES.values()]
)


def u8(data: bytes) -> U8:
    return np.frombuffer(data, dtype=np.uint8)


def sender_at(suite: SframeSuite, kid: int, ctr: int) -> SframeSender:
    sender = SframeSender(suite, BASE_KEY, kid)
    sender._counter.skip_to(ctr)
    return sender


def pair(suite: SframeSuite, kid: int = 9) -> tuple[SframeSender, SframeReceiver]:
    return SframeSender(suite, BASE_KEY, kid), SframeReceiver(suite, {kid: BASE_KEY, 1: b"other"})


# RFC 9605 C.3: KID 0x123, CTR 0x4567.
CIPHERTEXTS = {
    1: "9901234567449408b6f490086165b9d6f62b24ae1a59a56486b4ae8ed036b88912e24f11",
    2: "99012345673f31438db4d09434e43afa0f8a2f00867a2be085046a9f5cb4f101d607",
    3: "990123456717fc8af28a5a695afcfc6c8df6358a17e26b2fcb3bae32e443",
    4: "9901234567b7412c2513a1b66dbb48841bbaf17f598751176ad847681a69c6d0b091c07018ce4adb34eb",
    5: "990123456794f509d36e9beacb0e261d99c7d1e972f1fed787d4049f17ca21353c1cc24d56ceabced279",
}


@pytest.mark.parametrize("number", CIPHERTEXTS)
def test_ciphertexts_of_rfc_9605(number: int) -> None:
    unit = bytes.fromhex(CIPHERTEXTS[number])
    sender = sender_at(SUITES[number], 0x123, 0x4567)
    assert sender.encrypt(u8(PLAINTEXT), METADATA).tobytes() == unit
    receiver = SframeReceiver(SUITES[number], {0x123: BASE_KEY})
    assert receiver.decrypt(u8(unit), METADATA).tobytes() == PLAINTEXT


@every_suite
@settings(max_examples=20, deadline=None)
@given(
    units=st.lists(st.tuples(st.binary(max_size=300), st.binary(max_size=20)), max_size=12),
    kid=st.integers(0, 2**64 - 1),
    start=st.integers(0, 2**64 - 20),
)
def test_units_come_back_byte_for_byte(
    suite: SframeSuite, units: list[tuple[bytes, bytes]], kid: int, start: int
) -> None:
    sender = sender_at(suite, kid, start)
    receiver = SframeReceiver(suite, {kid: BASE_KEY})
    for ctr, (plaintext, metadata) in enumerate(units, start):
        unit = sender.encrypt(u8(plaintext), metadata)
        assert unit[: len(encode_header(kid, ctr))].tobytes() == encode_header(kid, ctr)
        assert len(unit) == len(plaintext) + overhead_bytes(suite, kid, ctr)
        assert receiver.decrypt(unit, metadata).tobytes() == plaintext


@every_suite
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_anywhere_is_refused_and_moves_nothing(
    suite: SframeSuite, data: st.DataObject
) -> None:
    sender, receiver = pair(suite)
    receiver.decrypt(sender.encrypt(u8(b"first")))
    unit = sender.encrypt(u8(PLAINTEXT), METADATA).copy()
    before = receiver.state()
    bit = data.draw(st.integers(0, 8 * len(unit) - 1), label="bit")
    broken = unit.copy()
    broken[bit // 8] ^= 1 << bit % 8
    with pytest.raises((AuthenticationFailed, Malformed, Replayed)):
        receiver.decrypt(broken, METADATA)
    assert receiver.state() == before
    assert receiver.decrypt(unit, METADATA).tobytes() == PLAINTEXT


@every_suite
def test_every_truncation_is_refused_and_moves_nothing(suite: SframeSuite) -> None:
    sender, receiver = pair(suite)
    unit = sender.encrypt(u8(PLAINTEXT)).copy()
    before = receiver.state()
    for kept in range(len(unit)):
        with pytest.raises((AuthenticationFailed, Malformed)):
            receiver.decrypt(unit[:kept])
    assert receiver.state() == before
    assert receiver.decrypt(unit).tobytes() == PLAINTEXT


@every_suite
def test_metadata_is_authenticated(suite: SframeSuite) -> None:
    sender, receiver = pair(suite)
    unit = sender.encrypt(u8(PLAINTEXT), METADATA).copy()
    for other in (b"", METADATA + b"\0", METADATA[:-1]):
        with pytest.raises(AuthenticationFailed):
            receiver.decrypt(unit, other)
    assert receiver.decrypt(unit, METADATA).tobytes() == PLAINTEXT


@every_suite
def test_another_base_key_and_an_unknown_kid_are_refused(suite: SframeSuite) -> None:
    unit = SframeSender(suite, BASE_KEY, 9).encrypt(u8(PLAINTEXT))
    with pytest.raises(AuthenticationFailed):
        SframeReceiver(suite, {9: bytes(16)}).decrypt(unit)
    with pytest.raises(AuthenticationFailed, match="no key for KID 9"):
        SframeReceiver(suite, {8: BASE_KEY}).decrypt(unit)


@every_suite
def test_replays_and_units_older_than_the_window_are_refused(suite: SframeSuite) -> None:
    sender = SframeSender(suite, BASE_KEY)
    receiver = SframeReceiver(suite, {0: BASE_KEY}, window=64)
    units = [sender.encrypt(u8(bytes([n]))).copy() for n in range(70)]
    for n in (3, 1, 2, 66):
        assert receiver.decrypt(units[n]).tobytes() == bytes([n])
    before = receiver.state()
    for n in (3, 1, 2, 66, 0):
        with pytest.raises(Replayed):
            receiver.decrypt(units[n])
    assert receiver.state() == before
    for n in (4, 69, 67):
        receiver.decrypt(units[n])


def test_replay_is_kept_apart_for_each_kid() -> None:
    suite = SUITES[4]
    receiver = SframeReceiver(suite, {1: BASE_KEY, 2: BASE_KEY})
    first = SframeSender(suite, BASE_KEY, 1).encrypt(u8(b"one"))
    second = SframeSender(suite, BASE_KEY, 2).encrypt(u8(b"two"))
    receiver.decrypt(first)
    assert receiver.state() == (1, 0, 1, 2, -1, 0)
    receiver.decrypt(second)
    assert receiver.state() == (1, 0, 1, 2, 0, 1)


def test_the_counter_never_wraps() -> None:
    sender = sender_at(SUITES[4], 0, 2**64 - 1)
    receiver = SframeReceiver(SUITES[4], {0: BASE_KEY})
    assert receiver.decrypt(sender.encrypt(u8(b"last"))).tobytes() == b"last"
    with pytest.raises(NonceExhausted):
        sender.encrypt(u8(b"one more"))
    assert sender.state() == (0, 2**64)


def test_the_buffer_grows_and_stays() -> None:
    sender, receiver = pair(SUITES[5])
    for size in (0, 10, 5000, 3, 70_000, 70_000, 1):
        plaintext = np.full(size, 7, dtype=np.uint8)
        unit = sender.encrypt(plaintext)
        assert np.array_equal(receiver.decrypt(unit), plaintext)
    largest = sender.encrypt(u8(bytes(70_000))).base
    assert sender.encrypt(u8(bytes(60_000))).base is largest


def test_the_next_call_overwrites_the_view() -> None:
    sender = SframeSender(SUITES[4], BASE_KEY)
    first = sender.encrypt(u8(bytes(100)))
    before = first.tobytes()
    sender.encrypt(u8(bytes(100)))
    assert first.tobytes() != before


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_in_our_terms(data: bytes) -> None:
    receiver = SframeReceiver(SUITES[1], dict.fromkeys(range(8), BASE_KEY))
    before = receiver.state()
    with pytest.raises(Rejected):
        receiver.decrypt(u8(data))
    assert receiver.state() == before


def test_no_repr_shows_a_key() -> None:
    base_key = b"SECRET-BASE-KEY!"
    sender = SframeSender(SUITES[4], base_key)
    receiver = SframeReceiver(SUITES[4], {0: base_key})
    for shown in (repr(sender), repr(receiver), repr(sender._keyed)):
        assert "SECRET" not in shown
        assert base_key.hex() not in shown


def test_window_and_its_floor() -> None:
    assert SframeReceiver(SUITES[4], {0: BASE_KEY}).window == 128
    with pytest.raises(ValueError, match="at least 64"):
        SframeReceiver(SUITES[4], {0: BASE_KEY}, window=32)
