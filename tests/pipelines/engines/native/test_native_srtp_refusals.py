"""What the compiled engine refuses, that a refusal moves nothing, and that no byte is touched."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.engines.native.library import NativeLibrary, best_library
from pipelines.engines.native.srtp_protect import NativeSrtpSender
from pipelines.engines.native.srtp_streams import StreamTable
from pipelines.engines.native.srtp_unprotect import NativeSrtpReceiver
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.packet import PAYLOAD_LIMIT
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.formats.srtp.receiver import SrtpReceiver
from pipelines.media import PacketBatch
from pipelines.stage import AuthenticationFailed, Malformed, NonceExhausted, Replayed

PacketMaker = Callable[..., bytes]
Guarded = Callable[[PacketBatch], PacketBatch]
GuardResults = Callable[[object, PacketBatch], None]
NAMES = st.sampled_from(sorted(PROFILES))
TAMPERED_TRIES = 20_000
"""For each of six profiles: 120,000 in all."""


def test_no_tampered_packet_is_accepted(
    library: NativeLibrary, profile: SrtpProfile, rtp_packet: PacketMaker
) -> None:
    master, chance = MasterKey.fresh(profile), np.random.default_rng(11)
    first, *rest = (
        rtp_packet(number, chance.bytes(30 + number), csrcs=number % 4) for number in range(101)
    )
    sender = NativeSrtpSender(library, profile, master)
    receiver = NativeSrtpReceiver(library, profile, master)
    receiver.unprotect(sender.protect(PacketBatch.of([first])))
    wire = sender.protect(PacketBatch.of(rest)).copy()
    before = receiver.state()
    for _ in range(TAMPERED_TRIES // len(wire)):
        tampered = wire.copy()
        rows = np.arange(len(wire))
        at = chance.integers(0, wire.size)
        tampered.data[rows, at] ^= chance.integers(1, 256, len(wire), dtype=np.uint8)
        outcome = receiver.unprotect(tampered)
        assert len(outcome.packets) == 0
        assert [row for row, _ in outcome.rejected] == rows.tolist()
    assert receiver.state() == before
    opened = receiver.unprotect(wire)
    assert [row.tobytes() for row in opened.packets.rows()] == rest


def test_no_packet_of_another_length_is_accepted(
    library: NativeLibrary, profile: SrtpProfile, rtp_packet: PacketMaker
) -> None:
    master = MasterKey.fresh(profile)
    sender = NativeSrtpSender(library, profile, master)
    wire = sender.protect(PacketBatch.of([rtp_packet(1, bytes(30), csrcs=2)]))
    size = int(wire.size[0])
    every = PacketBatch.empty(size + 21, size + 20)
    every.data[:] = 0
    every.data[:, :size] = wire.data[0, :size]
    every.size[:] = np.arange(size + 21)
    receiver = NativeSrtpReceiver(library, profile, master)
    outcome = receiver.unprotect(every)
    assert [row for row, _ in outcome.rejected] == [n for n in range(size + 21) if n != size]
    assert [row.tobytes() for row in outcome.packets.rows()] == [rtp_packet(1, bytes(30), csrcs=2)]


def _header(first: int, words: int, rest: bytes) -> bytes:
    """Return bytes that look like RTP for a while, with an extension of `words` words."""
    sources = 4 * (first & 0x0F)
    fixed = bytes([0x80 | first]) + rest[:11].ljust(11, b"\0")
    return fixed + bytes(sources) + b"\xbe\xde" + words.to_bytes(2) + rest[11:]


NOISE = st.one_of(
    st.binary(max_size=80),
    st.builds(
        _header,
        st.integers(0, 63),
        st.sampled_from([0, 1, 2, 9, 400, 0xFFFF]),
        st.binary(max_size=80),
    ),
)


@given(name=NAMES, packets=st.lists(NOISE, min_size=1, max_size=8), cut=st.integers(0, 90))
@settings(max_examples=150, deadline=None)
def test_noise_is_only_ever_refused_and_nothing_beyond_it_is_touched(
    name: str, packets: list[bytes], cut: int, guarded: Guarded, guard_results: GuardResults
) -> None:
    profile, library = PROFILES[name], best_library()
    master = MasterKey(bytes(profile.key_size), bytes(profile.salt_size))
    batch = PacketBatch.of(packets)
    batch.size[-1] = min(cut, len(packets[-1]))
    batch = guarded(batch)
    receiver = NativeSrtpReceiver(library, profile, master)
    guard_results(receiver, batch)
    outcome = receiver.unprotect(batch)
    assert [row for row, _ in outcome.rejected] == list(range(len(packets)))
    expected = SrtpReceiver(profile, master).unprotect(batch)
    assert [repr(reason) for _, reason in outcome.rejected] == [
        repr(reason) for _, reason in expected.rejected
    ]
    assert receiver.state() == ()

    sender = NativeSrtpSender(library, profile, master)
    guard_results(sender, batch)
    try:
        wire = sender.protect(batch)
    except (Malformed, NonceExhausted):
        assert sender.state() == ()
    else:
        opened = NativeSrtpReceiver(library, profile, master).unprotect(guarded(wire))
        rows = [row.tobytes() for row in opened.packets.rows()]
        # Noise may hold a sequence number that comes late by more than the window.
        assert set(rows) <= {row.tobytes() for row in batch.rows()}


@pytest.mark.parametrize("size", [-1, -(2**31), 101, 2**31 - 1])
def test_a_size_that_the_row_has_no_room_for_is_malformed(
    library: NativeLibrary, profile: SrtpProfile, rtp_packet: PacketMaker, size: int
) -> None:
    master = MasterKey.fresh(profile)
    wire = NativeSrtpSender(library, profile, master).protect(
        PacketBatch.of([rtp_packet(number, bytes(50)) for number in range(3)])
    )
    batch = PacketBatch.empty(3, 100)
    batch.data[:, : wire.data.shape[1]] = wire.data
    batch.size[:] = wire.size
    batch.size[1] = size
    receiver = NativeSrtpReceiver(library, profile, master)
    outcome = receiver.unprotect(batch)
    assert len(outcome.packets) == 2
    ((row, reason),) = outcome.rejected
    assert row == 1
    assert isinstance(reason, Malformed)
    assert f"{size} bytes in a row of 100" in str(reason)
    sender = NativeSrtpSender(library, profile, master)
    with pytest.raises(Malformed, match=f"{size} bytes in a row of 100"):
        sender.protect(batch)
    assert sender.state() == ()


def test_a_bad_packet_harms_no_other_and_is_named_by_its_row(
    library: NativeLibrary, profile: SrtpProfile, rtp_packet: PacketMaker
) -> None:
    master = MasterKey.fresh(profile)
    packets = [rtp_packet(sequence, bytes(sequence)) for sequence in range(5)]
    wire = [
        row.tobytes()
        for row in NativeSrtpSender(library, profile, master)
        .protect(PacketBatch.of(packets))
        .rows()
    ]
    forged = wire[1][:-1] + bytes([wire[1][-1] ^ 1])
    receiver = NativeSrtpReceiver(library, profile, master)
    outcome = receiver.unprotect(
        PacketBatch.of([wire[0], forged, b"", wire[2], wire[2], forged[:20], wire[4]])
    )
    assert [row.tobytes() for row in outcome.packets.rows()] == [packets[i] for i in (0, 2, 4)]
    assert [(row, type(reason)) for row, reason in outcome.rejected] == [
        (1, AuthenticationFailed),
        (2, Malformed),
        (4, Replayed),
        (5, Malformed if profile.cipher.tag_size > 8 else AuthenticationFailed),
    ]
    for _, reason in outcome.rejected:
        assert reason.__traceback__ is None
        assert reason.__context__ is None


def test_a_refused_batch_spends_nothing_and_forgets_new_ssrcs(
    library: NativeLibrary, profile: SrtpProfile, rtp_packet: PacketMaker
) -> None:
    sender = NativeSrtpSender(library, profile, MasterKey.fresh(profile))
    sender.protect(PacketBatch.of([rtp_packet(100)]))
    before = sender.state()
    strangers = [rtp_packet(1, ssrc=ssrc) for ssrc in range(50, 90)]
    with pytest.raises(NonceExhausted, match="0x00000007: sequence number 99 after 101"):
        sender.protect(PacketBatch.of([rtp_packet(101), *strangers, rtp_packet(99)]))
    assert sender.state() == before
    with pytest.raises(Malformed, match="RTP packet of 2 bytes"):
        sender.protect(PacketBatch.of([*strangers, b"\x80\0"]))
    assert sender.state() == before
    sender.protect(PacketBatch.of([rtp_packet(101), *strangers]))
    assert len(sender.state()) == 2 * 41


def test_a_payload_beyond_the_keystream_of_one_iv_is_refused(
    library: NativeLibrary, rtp_packet: PacketMaker
) -> None:
    profile = PROFILES["aes-cm-128-hmac-sha1-80"]
    sender = NativeSrtpSender(library, profile, MasterKey.fresh(profile))
    sender.protect(PacketBatch.of([rtp_packet(1, bytes(PAYLOAD_LIMIT))]))
    with pytest.raises(Malformed, match="beyond 1048576"):
        sender.protect(PacketBatch.of([rtp_packet(2, bytes(PAYLOAD_LIMIT + 1))]))


@pytest.mark.parametrize("again", [100, 99, 65_500])
def test_a_sequence_number_that_does_not_move_forward_is_refused(
    library: NativeLibrary, profile: SrtpProfile, rtp_packet: PacketMaker, again: int
) -> None:
    sender = NativeSrtpSender(library, profile, MasterKey.fresh(profile), initial_roc=1)
    sender.protect(PacketBatch.of([rtp_packet(100)]))
    before = sender.state()
    for packets in ([rtp_packet(again)], [rtp_packet(101), rtp_packet(101)]):
        with pytest.raises(NonceExhausted):
            sender.protect(PacketBatch.of(packets))
        assert sender.state() == before


def test_the_key_ends_with_the_last_index(
    library: NativeLibrary, profile: SrtpProfile, rtp_packet: PacketMaker
) -> None:
    sender = NativeSrtpSender(library, profile, MasterKey.fresh(profile), initial_roc=0xFFFFFFFF)
    sender.protect(PacketBatch.of([rtp_packet(0xFFFE), rtp_packet(0xFFFF)]))
    assert sender.state() == (7, (1 << 48) - 1)
    for sequence in (0, 1, 0x7FFE, 0xFFFF):
        with pytest.raises(NonceExhausted):
            sender.protect(PacketBatch.of([rtp_packet(sequence)]))
    assert sender.state() == (7, (1 << 48) - 1)


@pytest.mark.parametrize("window", [64, 100, 128, 1024])
def test_reordering_is_accepted_up_to_the_window_and_no_further(
    library: NativeLibrary, rtp_packet: PacketMaker, window: int
) -> None:
    profile = PROFILES["aes-128-gcm"]
    master = MasterKey.fresh(profile)
    packets = PacketBatch.of([rtp_packet(65_500 + i) for i in range(-1, window + 1)])
    wire = NativeSrtpSender(library, profile, master).protect(packets).copy()
    receiver = NativeSrtpReceiver(library, profile, master, window)
    # The first tells the receiver the ROC; the last lies past the wrap.
    assert receiver.unprotect(wire.take([0, window + 1])).rejected == ()
    ((row, reason),) = receiver.unprotect(wire.take([1])).rejected
    assert row == 0
    assert isinstance(reason, Replayed)
    assert receiver.unprotect(wire.take(range(window, 1, -1))).rejected == ()


def test_a_header_cut_anywhere_is_malformed_and_nothing_beyond_it_is_read(
    library: NativeLibrary, guarded: Guarded
) -> None:
    profile = PROFILES["aes-128-gcm"]
    master = MasterKey.fresh(profile)
    sender = NativeSrtpSender(library, profile, master)
    receiver = NativeSrtpReceiver(library, profile, master)
    for sources in (0, 1, 15):
        header = bytes([0x90 | sources]) + bytes(11 + 4 * sources) + b"\xbe\xde\0\2" + bytes(8)
        for size in range(len(header)):
            batch = guarded(PacketBatch.of([header[:size]]))
            assert isinstance(receiver.unprotect(batch).rejected[0][1], Malformed)
            with pytest.raises(Malformed):
                sender.protect(batch)


def test_many_ssrcs_find_room_in_the_middle_of_a_batch(
    library: NativeLibrary, profile: SrtpProfile, rtp_packet: PacketMaker
) -> None:
    # Equal low bits: the hash table has to do its work.
    packets = [
        rtp_packet(sequence, bytes(9), ssrc=number << 20)
        for sequence in (1, 2)
        for number in range(300)
    ]
    master = MasterKey.fresh(profile)
    wire = NativeSrtpSender(library, profile, master).protect(PacketBatch.of(packets))
    receiver = NativeSrtpReceiver(library, profile, master)
    outcome = receiver.unprotect(wire)
    assert outcome.rejected == ()
    assert [row.tobytes() for row in outcome.packets.rows()] == packets
    judge = SrtpReceiver(profile, master)
    judge.unprotect(wire)
    assert receiver.state() == judge.state()


def test_forged_packets_of_unknown_ssrcs_take_no_memory(
    library: NativeLibrary, profile: SrtpProfile, rtp_packet: PacketMaker
) -> None:
    master = MasterKey.fresh(profile)
    sender = NativeSrtpSender(library, profile, master)
    # Eight streams are what the table begins with: one more would have to make it grow.
    wire = sender.protect(PacketBatch.of([rtp_packet(1, ssrc=ssrc) for ssrc in range(8)]))
    receiver = NativeSrtpReceiver(library, profile, master)
    assert receiver.unprotect(wire).rejected == ()
    before = receiver.state(), len(receiver._streams._entries)
    flood = [rtp_packet(1, bytes(40), ssrc=ssrc) for ssrc in range(1000, 3000)]
    assert len(receiver.unprotect(PacketBatch.of(flood)).rejected) == 2000
    assert (receiver.state(), len(receiver._streams._entries)) == before


def test_window_below_64_is_refused_at_once(library: NativeLibrary) -> None:
    profile = PROFILES["aes-128-gcm"]
    with pytest.raises(ValueError, match="64"):
        NativeSrtpReceiver(library, profile, MasterKey.fresh(profile), 63)


def _strided(batch: PacketBatch) -> PacketBatch:
    wide = np.zeros((2 * len(batch), batch.data.shape[1] + 9), dtype=np.uint8)
    sizes = np.zeros(2 * len(batch), dtype=np.int32)
    wide[::2, 3:-6], sizes[::2] = batch.data, batch.size
    return PacketBatch(data=wide[::2, 3:-6], size=sizes[::2])


def _backwards(batch: PacketBatch) -> PacketBatch:
    return PacketBatch(data=batch.data[::-1].copy()[::-1], size=batch.size[::-1].copy()[::-1])


def _by_column(batch: PacketBatch) -> PacketBatch:
    return PacketBatch(data=np.asfortranarray(batch.data), size=batch.size)


def _read_only(batch: PacketBatch) -> PacketBatch:
    fixed = batch.copy()
    fixed.data.flags.writeable = fixed.size.flags.writeable = False
    return fixed


@pytest.mark.parametrize("layout", [_strided, _backwards, _by_column, _read_only])
def test_batches_of_any_layout_give_the_same_bytes(
    library: NativeLibrary,
    rtp_packet: PacketMaker,
    layout: Callable[[PacketBatch], PacketBatch],
) -> None:
    profile = PROFILES["aes-256-gcm"]
    master = MasterKey.fresh(profile)
    packets = [rtp_packet(number, bytes(number)) for number in range(6)]
    batch = PacketBatch.of(packets)
    expected = NativeSrtpSender(library, profile, master).protect(batch).copy()
    wire = NativeSrtpSender(library, profile, master).protect(layout(batch))
    assert wire.rows()[5].tobytes() == expected.rows()[5].tobytes()
    opened = NativeSrtpReceiver(library, profile, master).unprotect(layout(expected))
    assert [row.tobytes() for row in opened.packets.rows()] == packets


def test_a_batch_with_too_few_sizes_is_an_error(
    library: NativeLibrary, rtp_packet: PacketMaker
) -> None:
    profile = PROFILES["aes-128-gcm"]
    batch = PacketBatch.of([rtp_packet(1), rtp_packet(2)])
    short = PacketBatch(data=batch.data, size=batch.size[:1])
    sender = NativeSrtpSender(library, profile, MasterKey.fresh(profile))
    with pytest.raises(ValueError, match=r"shape \(2, 19\) with sizes of shape \(1,\)"):
        sender.protect(short)
    wrong: npt.NDArray[np.int64] = batch.size.astype(np.int64)
    with pytest.raises(TypeError, match="uint8 with sizes of int64"):
        sender.protect(PacketBatch(data=batch.data, size=wrong))  # type: ignore[arg-type]


def test_an_empty_batch_goes_through(library: NativeLibrary, profile: SrtpProfile) -> None:
    master = MasterKey.fresh(profile)
    assert len(NativeSrtpSender(library, profile, master).protect(PacketBatch.of([]))) == 0
    outcome = NativeSrtpReceiver(library, profile, master).unprotect(PacketBatch.of([]))
    assert len(outcome.packets) == 0
    assert outcome.rejected == ()


def test_memory_is_used_again_and_a_smaller_batch_moves_nothing(
    library: NativeLibrary, profile: SrtpProfile, rtp_packet: PacketMaker
) -> None:
    sender = NativeSrtpSender(library, profile, MasterKey.fresh(profile))
    shapes = [(3, 40), (1, 40), (3, 40), (2, 20)]
    starts = set()
    number = 0
    for rows, payload in shapes:
        batch = PacketBatch.of([rtp_packet(number + row, bytes(payload)) for row in range(rows)])
        kept = batch.copy()
        wire = sender.protect(batch)
        assert len(wire) == rows
        assert wire.size.tolist() == (batch.size + profile.cipher.tag_size).tolist()
        assert wire.size.dtype == np.int32
        assert batch.data.tobytes() == kept.data.tobytes()
        starts.add(wire.data.ctypes.data)
        number += rows
    assert len(starts) == 1


def test_no_repr_shows_a_key(
    library: NativeLibrary, profile: SrtpProfile, rtp_packet: PacketMaker
) -> None:
    master = MasterKey(
        b"\xc3SECRET!" * (profile.key_size // 8), b"SALTSALTSALTSA"[: profile.salt_size]
    )
    sender = NativeSrtpSender(library, profile, master)
    receiver = NativeSrtpReceiver(library, profile, master)
    receiver.unprotect(sender.protect(PacketBatch.of([rtp_packet(1)])))
    parts = (sender, receiver, sender._keys, receiver._keys, sender._session, sender._streams)
    shown = "".join(map(repr, parts))
    for secret in (b"SECRET", b"SALTSALT"):
        assert secret.decode() not in shown
        assert secret.hex() not in shown


def test_a_batch_that_found_no_memory_leaves_nothing_to_the_next(
    library: NativeLibrary,
    profile: SrtpProfile,
    rtp_packet: PacketMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Eight streams are what the table begins with: the ninth makes it grow, in the third row.
    master = MasterKey.fresh(profile)
    sender = NativeSrtpSender(library, profile, master)
    streams = [rtp_packet(1, ssrc=ssrc) for ssrc in range(1, 9)]
    more = [rtp_packet(2, ssrc=1), rtp_packet(2, ssrc=2), rtp_packet(1, ssrc=9)]
    wires = [sender.protect(PacketBatch.of(each)).copy() for each in (streams, more)]
    receiver = NativeSrtpReceiver(library, profile, master)
    receiver.unprotect(wires[0])

    def fail(_table: StreamTable) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(StreamTable, "grow", fail)
        with pytest.raises(MemoryError):
            receiver.unprotect(wires[1])
    opened = receiver.unprotect(wires[1].take([2]))
    assert [row.tobytes() for row in opened.packets.rows()] == more[2:]
    again = receiver.unprotect(wires[1])
    assert [type(reason) for _, reason in again.rejected] == [Replayed] * 3
