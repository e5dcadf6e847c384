"""SFrame in compiled code: what the senders and receivers of `formats.sframe` do, byte for byte."""

import ctypes
import mmap
from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.engines.native.library import NativeLibrary, best_library, candidates, load
from pipelines.engines.native.sframe_decrypt import NativeSframeReceiver
from pipelines.engines.native.sframe_encrypt import NativeSframeSender
from pipelines.formats.sframe import (
    SUITES,
    SframeReceiver,
    SframeSender,
    SframeSuite,
    encode_header,
    overhead_bytes,
)
from pipelines.media import U8, PacketBatch
from pipelines.stage import AuthenticationFailed, Malformed, NonceExhausted, Rejected, Replayed

BASE_KEY = bytes(range(16))
METADATA = bytes.fromhex("4945544620534672616d65205747")
PLAINTEXT = bytes.fromhex("64726166742d696574662d736672616d652d656e63")
LIBRARY = best_library()

# RFC 9605 C.3: KID 0x123, CTR 0x4567.
CIPHERTEXTS = {
    1: "9901234567449408b6f490086165b9d6f62b24ae1a59a56486b4ae8ed036b88912e24f11",
    2: "99012345673f31438db4d09434e43afa0f8a2f00867a2be085046a9f5cb4f101d607",
    3: "990123456717fc8af28a5a695afcfc6c8df6358a17e26b2fcb3bae32e443",
    4: "9901234567b7412c2513a1b66dbb48841bbaf17f598751176ad847681a69c6d0b091c07018ce4adb34eb",
    5: "990123456794f509d36e9beacb0e261d99c7d1e972f1fed787d4049f17ca21353c1cc24d56ceabced279",
}

every_suite = pytest.mark.parametrize(
    "suite", SUITES.values(), ids=[suite.name for suite in SUITES.values()]
)


def u8(data: bytes) -> U8:
    return np.frombuffer(data, dtype=np.uint8)


def sender_at(
    suite: SframeSuite, kid: int, ctr: int, library: NativeLibrary = LIBRARY
) -> NativeSframeSender:
    sender = NativeSframeSender(library, suite, BASE_KEY, kid)
    sender._counter.skip_to(ctr)
    return sender


def python_sender_at(suite: SframeSuite, kid: int, ctr: int) -> SframeSender:
    sender = SframeSender(suite, BASE_KEY, kid)
    sender._counter.skip_to(ctr)
    return sender


def receivers(
    suite: SframeSuite, *kids: int, window: int = 128
) -> tuple[NativeSframeReceiver, SframeReceiver]:
    base_keys = dict.fromkeys(kids, BASE_KEY)
    return (
        NativeSframeReceiver(LIBRARY, suite, base_keys, window),
        SframeReceiver(suite, base_keys, window),
    )


def outcome(decrypt: Callable[[U8, bytes], U8], unit: U8, metadata: bytes = b"") -> object:
    try:
        return bytes(decrypt(unit, metadata))
    except Rejected as refusal:
        return type(refusal), str(refusal)


def guarded(data: bytes) -> U8:
    """Return `data` where reading one byte behind it ends the process."""
    pages = -(-len(data) // mmap.PAGESIZE) + 1
    memory = mmap.mmap(-1, pages * mmap.PAGESIZE)
    begin = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    end = (pages - 1) * mmap.PAGESIZE
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    assert protect(begin + end, mmap.PAGESIZE, 0) == 0
    memory[end - len(data) : end] = data
    return np.frombuffer(memory, dtype=np.uint8)[end - len(data) : end]


def batch_outcome(receiver: NativeSframeReceiver, batch: PacketBatch) -> list[object]:
    result = receiver.decrypt_batch(batch)
    bad = {row: (type(refusal), str(refusal)) for row, refusal in result.rejected}
    good = iter(result.units.rows())
    found: list[object] = [
        bad[row] if row in bad else bytes(next(good)) for row in range(len(batch))
    ]
    assert next(good, None) is None
    return found


@pytest.mark.parametrize("number", CIPHERTEXTS)
def test_ciphertexts_of_rfc_9605(number: int) -> None:
    unit = bytes.fromhex(CIPHERTEXTS[number])
    suite = SUITES[number]
    assert bytes(sender_at(suite, 0x123, 0x4567).encrypt(u8(PLAINTEXT), METADATA)) == unit
    sealed = sender_at(suite, 0x123, 0x4567).encrypt_batch(PacketBatch.of([PLAINTEXT]), METADATA)
    assert bytes(sealed.row(0)) == unit
    receiver = NativeSframeReceiver(LIBRARY, suite, {0x123: BASE_KEY})
    assert bytes(receiver.decrypt(u8(unit), METADATA)) == PLAINTEXT


@every_suite
@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 70) | st.integers(0, 5000), max_size=12),
    metadata=st.binary(max_size=40),
    kid=st.integers(0, 300) | st.integers(0, 2**64 - 1),
    start=st.integers(0, 300) | st.integers(0, 2**64 - 40),
)
def test_units_are_the_same_both_ways_alone_and_as_a_batch(
    suite: SframeSuite, sizes: list[int], metadata: bytes, kid: int, start: int
) -> None:
    plaintexts = [(bytes(range(251)) * 20)[:size] for size in sizes]
    python = python_sender_at(suite, kid, start)
    expected = [bytes(python.encrypt(u8(text), metadata)) for text in plaintexts]
    alone, batched = sender_at(suite, kid, start), sender_at(suite, kid, start)
    assert [bytes(alone.encrypt(u8(text), metadata)) for text in plaintexts] == expected
    batch = batched.encrypt_batch(PacketBatch.of(plaintexts), metadata)
    assert [bytes(unit) for unit in batch.rows()] == expected
    assert alone.state() == batched.state() == python.state()
    one_by_one, reference = receivers(suite, kid, 1)
    at_once, _ = receivers(suite, kid, 1)
    for unit, text in zip(expected, plaintexts, strict=True):
        assert bytes(one_by_one.decrypt(u8(unit), metadata)) == text
        assert bytes(reference.decrypt(u8(unit), metadata)) == text
    result = at_once.decrypt_batch(batch, metadata)
    assert [bytes(text) for text in result.units.rows()] == plaintexts
    assert result.rejected == ()
    assert one_by_one.state() == at_once.state() == reference.state()


@every_suite
def test_every_size_and_large_ones(suite: SframeSuite) -> None:
    random = Random(1)  # noqa: S311 - test data
    sizes = [*range(130), 1199, 1200, 4095, 16_384, 65_535, 65_536, 1_382_400]
    python, native = python_sender_at(suite, 9, 0), sender_at(suite, 9, 0)
    receiver, _ = receivers(suite, 9)
    for size in sizes:
        text = u8(random.randbytes(size))
        unit = native.encrypt(text)
        assert np.array_equal(unit, python.encrypt(text))
        assert np.array_equal(receiver.decrypt(unit), text)


@pytest.mark.parametrize("place", range(len(list(candidates()))))
@every_suite
def test_every_libcrypto_that_is_here_gives_the_same(suite: SframeSuite, place: int) -> None:
    library = load(*list(candidates())[place])
    python, native = python_sender_at(suite, 300, 70), sender_at(suite, 300, 70, library)
    receiver = NativeSframeReceiver(library, suite, {300: BASE_KEY})
    for size in (0, 1, 16, 1200, 5000):
        unit = native.encrypt(u8(bytes(size)), METADATA)
        assert np.array_equal(unit, python.encrypt(u8(bytes(size)), METADATA))
        assert bytes(receiver.decrypt(unit, METADATA)) == bytes(size)
        with pytest.raises(AuthenticationFailed):
            NativeSframeReceiver(library, suite, {300: b"other"}).decrypt(unit, METADATA)


@every_suite
def test_of_20_000_tampered_units_none_is_accepted(suite: SframeSuite) -> None:
    random = Random(2)  # noqa: S311 - test data
    tries, rows = 0, 500
    sender = sender_at(suite, 9, 1000)
    plaintexts = [random.randbytes(random.randrange(100)) for _ in range(rows)]
    units = sender.encrypt_batch(PacketBatch.of(plaintexts)).copy()
    receiver, _ = receivers(suite, 9, 1)
    receiver.decrypt(sender_at(suite, 9, 990).encrypt(u8(b"first")))
    before = receiver.state()
    while tries < 20_000:
        tampered = units.copy()
        for row in range(rows):
            size = int(units.size[row])
            kind = random.randrange(4)
            if kind == 0:
                tampered.size[row] = random.randrange(size)
            elif kind == 1:
                tampered.data[row, size - suite.cipher.tag_size :] = random.randrange(256)
            else:
                tampered.data[row, random.randrange(size)] ^= 1 << random.randrange(8)
        result = receiver.decrypt_batch(tampered)
        assert len(result.rejected) == rows
        assert len(result.units) == 0
        assert receiver.state() == before
        tries += rows
    # Replays only from here on would also be refused: the originals still open.
    assert not receiver.decrypt_batch(units).rejected


@every_suite
def test_a_bad_unit_is_named_by_its_row_and_harms_no_other(suite: SframeSuite) -> None:
    random = Random(3)  # noqa: S311 - test data
    for window in (64, 100, 128):
        sender, stranger = sender_at(suite, 9, 0), sender_at(suite, 10, 0)
        native, python = receivers(suite, 8, 9, 2**63 + 1, window=window)
        for _ in range(12):
            packets = [bytes(sender.encrypt(u8(random.randbytes(20)))) for _ in range(30)]
            packets += random.choices(packets, k=5)
            packets.append(bytes(stranger.encrypt(u8(b"nobody's"))))
            packets += [random.randbytes(random.randrange(30)) for _ in range(5)]
            for place in random.sample(range(len(packets)), 8):
                broken = bytearray(packets[place] or b"\0")
                broken[random.randrange(len(broken))] ^= 1 << random.randrange(8)
                packets[place] = bytes(broken)
            random.shuffle(packets)
            expected = [outcome(python.decrypt, u8(packet)) for packet in packets]
            assert batch_outcome(native, PacketBatch.of(packets)) == expected
            assert native.state() == python.state()


@every_suite
def test_no_byte_beyond_a_unit_is_read(suite: SframeSuite) -> None:
    random = Random(4)  # noqa: S311 - test data
    native, python = receivers(suite, *range(8), 300)
    sender = sender_at(suite, 300, 2**40)
    for size in (*range(60), 1200, 4096):
        unit = bytes(sender.encrypt(guarded(bytes(size))))
        for cut in (*random.choices(range(len(unit)), k=5), *range(min(len(unit), 20))):
            assert outcome(native.decrypt, guarded(unit[:cut])) == outcome(
                python.decrypt, u8(unit[:cut])
            )
        stride = len(unit)
        rows = guarded(bytes([0xFF]) * stride + unit).reshape(2, stride)
        result = native.decrypt_batch(PacketBatch(data=rows, size=np.full(2, stride, np.int32)))
        assert [row for row, _ in result.rejected] == [0]
        assert bytes(result.units.row(0)) == bytes(size)


@pytest.mark.parametrize("window", [64, 65, 100, 128, 1000])
def test_the_window_ends_where_it_says(window: int) -> None:
    for highest in (5000, 2**63 + 3, 2**64 - 1):
        native, _ = receivers(SUITES[4], 0, window=window)
        native.decrypt(python_sender_at(SUITES[4], 0, highest).encrypt(u8(b"x")))
        with pytest.raises(Replayed, match=f"{window} behind the highest, the window is"):
            native.decrypt(python_sender_at(SUITES[4], 0, highest - window).encrypt(u8(b"x")))
        native.decrypt(python_sender_at(SUITES[4], 0, highest - window + 1).encrypt(u8(b"x")))
        assert native.state() == (0, highest, 1 << window - 1 | 1)


@settings(max_examples=60, deadline=None)
@given(
    counters=st.lists(
        st.integers(0, 300)
        | st.integers(2**63 - 150, 2**63 + 150)
        | st.integers(2**64 - 200, 2**64 - 1)
        | st.integers(0, 2**64 - 1),
        max_size=40,
    ),
    window=st.sampled_from([64, 65, 127, 128, 200, 1024]),
    data=st.data(),
)
def test_replays_are_judged_as_in_python(
    counters: list[int], window: int, data: st.DataObject
) -> None:
    # Some near the one before, so that the window is met from both sides.
    for place in range(1, len(counters)):
        if data.draw(st.booleans()):
            step = data.draw(st.integers(-window - 2, window + 2))
            counters[place] = min(max(0, counters[place - 1] + step), 2**64 - 1)
    suite = SUITES[4]
    native, python = receivers(suite, 0, window=window)
    for ctr in counters:
        unit = python_sender_at(suite, 0, ctr).encrypt(u8(b"x"))
        assert outcome(native.decrypt, unit) == outcome(python.decrypt, unit)
        assert native.state() == python.state()


@given(st.lists(st.binary(max_size=60), max_size=6), st.sampled_from(sorted(SUITES)))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_refused_as_in_python(packets: list[bytes], number: int) -> None:
    native, python = receivers(SUITES[number], *range(8), 300, 2**64 - 1)
    expected = [outcome(python.decrypt, u8(packet)) for packet in packets]
    assert [outcome(native.decrypt, u8(packet)) for packet in packets] == expected
    assert batch_outcome(native, PacketBatch.of(packets)) == expected
    assert native.state() == python.state()


@given(
    st.sampled_from([0, 7, 8, 255, 256, 2**56 - 1, 2**56, 2**63 - 1, 2**63, 2**64 - 1])
    | st.integers(0, 2**64 - 1),
    st.sampled_from([0, 7, 8, 255, 256, 2**56 - 1, 2**56, 2**63 - 1, 2**63, 2**64 - 1])
    | st.integers(0, 2**64 - 1),
)
@settings(max_examples=40, deadline=None)
def test_headers_are_the_same(kid: int, ctr: int) -> None:
    unit = sender_at(SUITES[4], kid, ctr).encrypt(u8(b"x"))
    header = encode_header(kid, ctr)
    assert bytes(unit[: len(header)]) == header
    assert len(unit) == 1 + overhead_bytes(SUITES[4], kid, ctr)
    assert bytes(receivers(SUITES[4], kid)[0].decrypt(unit)) == b"x"


@every_suite
def test_metadata_is_authenticated_and_forgotten(suite: SframeSuite) -> None:
    sender, (receiver, _) = sender_at(suite, 9, 0), receivers(suite, 9)
    unit = sender.encrypt(u8(PLAINTEXT), METADATA).copy()
    for other in (b"", METADATA + b"\0", METADATA[:-1], bytes(2000)):
        with pytest.raises(AuthenticationFailed):
            receiver.decrypt(unit, other)
    assert bytes(receiver.decrypt(unit, u8(METADATA))) == PLAINTEXT
    assert bytes(receiver.decrypt(sender.encrypt(u8(b"next")))) == b"next"


def test_rows_may_lie_in_any_table() -> None:
    suite = SUITES[5]
    texts = [bytes([row]) * (20 + row) for row in range(5)]
    plain = PacketBatch.of(texts)
    wide = np.pad(plain.data, ((0, 1), (3, 4)))[:-1, 3:-4]
    for table in (
        PacketBatch(data=wide, size=np.repeat(plain.size, 2)[::2]),
        PacketBatch(data=np.asfortranarray(plain.data), size=plain.size),
        PacketBatch(data=plain.data[::-1], size=plain.size[::-1]),
    ):
        sealed = sender_at(suite, 0, 0).encrypt_batch(table)
        receiver, _ = receivers(suite, 0)
        odd = PacketBatch(data=np.asfortranarray(sealed.data), size=sealed.size)
        opened = receiver.decrypt_batch(odd)
        assert [bytes(row) for row in opened.units.rows()] == [bytes(row) for row in table.rows()]
    sender, (receiver, _) = sender_at(suite, 0, 0), receivers(suite, 0)
    every_other = np.arange(100, dtype=np.uint8)[::2]
    unit = np.repeat(sender.encrypt(every_other), 2)[::2]
    assert np.array_equal(receiver.decrypt(unit), every_other)


def test_impossible_sizes_are_malformed() -> None:
    sender, (receiver, _) = sender_at(SUITES[4], 0, 0), receivers(SUITES[4], 0)
    batch = PacketBatch.of([bytes(10)] * 3)
    for size in (-1, 11):
        batch.size[1] = size
        with pytest.raises(Malformed, match="row of 10"):
            sender.encrypt_batch(batch)
    sealed = sender.encrypt_batch(PacketBatch.of([bytes(10)] * 4)).copy()
    sealed.size[1], sealed.size[2] = -1, sealed.data.shape[1] + 1
    result = receiver.decrypt_batch(sealed)
    assert [row for row, _ in result.rejected] == [1, 2]
    assert all(type(refusal) is Malformed for _, refusal in result.rejected)
    with pytest.raises(ValueError, match="sizes"):
        sender.encrypt_batch(PacketBatch(data=batch.data, size=batch.size[:2]))
    with pytest.raises(ValueError, match="sizes"):
        receiver.decrypt_batch(PacketBatch(data=sealed.data, size=sealed.size[:2]))


def test_empty_batches_do_nothing() -> None:
    sender, (receiver, _) = sender_at(SUITES[4], 0, 0), receivers(SUITES[4], 0)
    empty = PacketBatch.empty(0, 0)
    assert len(sender.encrypt_batch(empty)) == 0
    assert len(receiver.decrypt_batch(empty).units) == 0
    assert sender.state() == (0, 0)


def test_the_counter_never_wraps() -> None:
    sender, (receiver, _) = sender_at(SUITES[4], 0, 2**64 - 3), receivers(SUITES[4], 0)
    with pytest.raises(NonceExhausted):
        sender.encrypt_batch(PacketBatch.of([b"x"] * 4))
    assert sender.state() == (0, 2**64 - 3)
    sealed = sender.encrypt_batch(PacketBatch.of([b"a", b"b"]))
    assert not receiver.decrypt_batch(sealed).rejected
    assert bytes(receiver.decrypt(sender.encrypt(u8(b"last")))) == b"last"
    with pytest.raises(NonceExhausted):
        sender.encrypt(u8(b"one more"))
    assert sender.state() == (0, 2**64)
    assert receiver.state() == (0, 2**64 - 1, 0b111)


def test_replay_is_kept_apart_for_each_of_many_kids() -> None:
    suite = SUITES[4]
    kids = [0, 5, 300, 2**63 - 1, 2**63, 2**64 - 1]
    native, python = receivers(suite, *kids)
    for kid in (2**63, 5, 2**64 - 1):
        for ctr in (3, 1, 3):
            unit = python_sender_at(suite, kid, ctr).encrypt(u8(b"x"))
            assert outcome(native.decrypt, unit) == outcome(python.decrypt, unit)
    assert native.state() == python.state()
    with pytest.raises(AuthenticationFailed, match="no key for KID 6"):
        native.decrypt(python_sender_at(suite, 6, 0).encrypt(u8(b"x")))
    with pytest.raises(AuthenticationFailed, match="no key"):
        NativeSframeReceiver(LIBRARY, suite, {}).decrypt(u8(bytes(40)))


def test_the_buffer_grows_and_stays_and_views_are_overwritten() -> None:
    sender, (receiver, _) = sender_at(SUITES[5], 9, 0), receivers(SUITES[5], 9)
    for size in (0, 10, 5000, 3, 70_000, 70_000, 1):
        plaintext = np.full(size, 7, dtype=np.uint8)
        assert np.array_equal(receiver.decrypt(sender.encrypt(plaintext)), plaintext)
    largest = sender.encrypt(u8(bytes(70_000)))
    before = largest.tobytes()
    assert sender.encrypt(u8(bytes(60_000))).base is largest.base
    assert largest.tobytes() != before


def test_no_repr_shows_a_key_and_the_window_has_a_floor() -> None:
    base_key = b"SECRET-BASE-KEY!"
    sender = NativeSframeSender(LIBRARY, SUITES[4], base_key)
    receiver = NativeSframeReceiver(LIBRARY, SUITES[4], {0: base_key})
    for shown in (repr(sender), repr(receiver), repr(sender._keys)):
        assert "SECRET" not in shown
        assert base_key.hex() not in shown
    assert receiver.window == 128
    with pytest.raises(ValueError, match="at least 64"):
        NativeSframeReceiver(LIBRARY, SUITES[4], {0: base_key}, window=32)


def test_replays_and_old_units_are_refused_in_a_batch() -> None:
    sender, (receiver, _) = sender_at(SUITES[1], 0, 0), receivers(SUITES[1], 0, window=64)
    units = sender.encrypt_batch(PacketBatch.of([bytes([n]) for n in range(70)])).copy()
    result = receiver.decrypt_batch(units.take([3, 1, 3, 69, 2, 68]))
    assert [bytes(text) for text in result.units.rows()] == [b"\3", b"\1", b"\x45", b"\x44"]
    assert [(row, type(refusal)) for row, refusal in result.rejected] == [
        (2, Replayed),
        (4, Replayed),
    ]
    assert "67 behind the highest, the window is 64" in str(result.rejected[1][1])
