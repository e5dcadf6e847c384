"""One contract for every engine, SRTP and SRTCP alike: the same refusals in the same words.

Every batch that an engine could be handed goes to all of them, before guard pages: what is refused,
as what, and with which words must not depend on who was asked, and a refusal must leave no trace.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from pipelines.engines.engine import Engine, PacketProtector, PacketUnprotector
from pipelines.engines.libcrypto import LibcryptoEngine
from pipelines.engines.libsrtp import LibsrtpEngine
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.formats.rtp import RtpHeader
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import CRYPTEX_PROFILES, PROFILES, SrtpProfile
from pipelines.media import PacketBatch
from pipelines.stage import AuthenticationFailed, Malformed, NonceExhausted, Replayed

Guarded = Callable[[PacketBatch], PacketBatch]
GuardResults = Callable[[object, PacketBatch], None]
Outcome = tuple[Any, ...]

ENGINES: Mapping[str, Engine] = {
    engine.name: engine for engine in (LibcryptoEngine(), LibsrtpEngine(), CRYPTOGRAPHY)
}
ANY = {**PROFILES, **CRYPTEX_PROFILES}
WINDOW = 128
SSRC = 0x01020304
every_engine = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)


def rtp(sequence: int, payload: bytes = bytes(40), *, ssrc: int = SSRC, **fields: Any) -> bytes:
    header = RtpHeader(
        marker=False,
        payload_type=96,
        sequence_number=sequence & 0xFFFF,
        timestamp=9,
        ssrc=ssrc,
        **fields,
    )
    return header.to_bytes() + payload


def rtcp(number: int, payload: bytes = bytes(40), *, ssrc: int = SSRC) -> bytes:
    words = 1 + (len(payload) + 4) // 4
    return b"\x80\xc9" + words.to_bytes(2) + ssrc.to_bytes(4) + bytes([number & 255]) + payload


@dataclass(frozen=True)
class Way:
    """RTP or RTCP under one profile: how an engine's two sides are made, and packets for them."""

    profile: SrtpProfile
    is_rtcp: bool
    packet: Callable[..., bytes]

    def sender(self, engine: Engine, master: MasterKey) -> PacketProtector:
        make = engine.srtcp_protector if self.is_rtcp else engine.srtp_protector
        return make(self.profile, master)

    def receiver(self, engine: Engine, master: MasterKey) -> PacketUnprotector:
        make = engine.srtcp_unprotector if self.is_rtcp else engine.srtp_unprotector
        return make(self.profile, master, WINDOW)

    @property
    def engines(self) -> Mapping[str, Engine]:
        """Return the engines that can do it: libsrtp 2 has no cryptex."""
        lacking = {"libsrtp"} if self.profile.cryptex and not self.is_rtcp else set()
        return {name: engine for name, engine in ENGINES.items() if name not in lacking}

    @property
    def tag_size(self) -> int:
        return (self.profile.rtcp_cipher if self.is_rtcp else self.profile.cipher).tag_size


WAYS = {
    **{name: Way(profile, is_rtcp=False, packet=rtp) for name, profile in ANY.items()},
    **{f"rtcp-{name}": Way(each, is_rtcp=True, packet=rtcp) for name, each in PROFILES.items()},
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


def rows(batch: PacketBatch) -> list[bytes]:
    return [row.tobytes() for row in batch.rows()]


def alike(outcomes: Iterable[Outcome]) -> Outcome:
    """Return what every engine said, which has to be one and the same."""
    first, *others = outcomes
    assert all(other == first for other in others), [first, *others]
    return first


def protected(side: PacketProtector, batch: Any) -> Outcome:
    """Return the bytes, or kind and words of the refusal, which must have moved nothing."""
    before = side.state()
    try:
        return ("good", rows(side.protect(batch)))
    except (Malformed, NonceExhausted, ValueError, TypeError) as refusal:
        assert side.state() == before
        return (type(refusal), str(refusal))


def unprotected(side: PacketUnprotector, batch: Any) -> Outcome:
    """Return the packets with kind and words for each that was refused, or for the whole batch."""
    before = side.state()
    try:
        result = side.unprotect(batch)
    except (ValueError, TypeError) as refusal:
        assert side.state() == before
        return (type(refusal), str(refusal))
    assert len(result.packets) or side.state() == before
    return (
        "judged",
        rows(result.packets),
        [(row, type(reason), str(reason)) for row, reason in result.rejected],
    )


def sealed(way: Way, master: MasterKey, packets: Iterable[bytes]) -> PacketBatch:
    return way.sender(CRYPTOGRAPHY, master).protect(PacketBatch.of(packets)).copy()


# Tables that are none


def with_sizes(batch: PacketBatch, sizes: Any) -> PacketBatch:
    return PacketBatch(data=batch.data, size=np.array(sizes, dtype=np.int32))


BROKEN_TABLES: Mapping[str, tuple[type[Exception], Callable[[PacketBatch], Any]]] = {
    "too few sizes": (ValueError, lambda b: with_sizes(b, b.size[:-1])),
    "no sizes": (ValueError, lambda b: with_sizes(b, [])),
    "too many sizes": (ValueError, lambda b: with_sizes(b, [*b.size, 50])),
    "sizes of a row alone": (ValueError, lambda b: PacketBatch(data=b.data[:1], size=b.size)),
    "one size for all": (ValueError, lambda b: with_sizes(b, 50)),
    "a table of sizes": (ValueError, lambda b: with_sizes(b, b.size.reshape(1, -1))),
    "sizes of 64 bits": (TypeError, lambda b: PacketBatch(data=b.data, size=b.size.astype("i8"))),
    "unsigned sizes": (TypeError, lambda b: PacketBatch(data=b.data, size=b.size.astype("u4"))),
    "sizes of the other byte order": (
        TypeError,
        lambda b: PacketBatch(data=b.data, size=b.size.astype(">i4")),
    ),
    "a list of sizes": (TypeError, lambda b: PacketBatch(data=b.data, size=b.size.tolist())),
    "signed data": (TypeError, lambda b: PacketBatch(data=b.data.view("i1"), size=b.size)),
    "data of floats": (TypeError, lambda b: PacketBatch(data=b.data.astype("f8"), size=b.size)),
    "data of objects": (TypeError, lambda b: PacketBatch(data=b.data.astype(object), size=b.size)),
    "bytes": (TypeError, lambda b: PacketBatch(data=b.data.tobytes(), size=b.size)),  # type: ignore[arg-type]
    "nothing": (TypeError, lambda b: PacketBatch(data=None, size=b.size)),  # type: ignore[arg-type]
    "data in one row": (ValueError, lambda b: PacketBatch(data=b.data.ravel(), size=b.size)),
    "data in a cube": (ValueError, lambda b: PacketBatch(data=b.data[None], size=b.size)),
}


@pytest.mark.parametrize("what", BROKEN_TABLES)
def test_what_is_no_table_of_packets_is_its_makers_mistake(what: str, way: Way) -> None:
    kind, broken = BROKEN_TABLES[what]
    master = MasterKey.fresh(way.profile)
    plain = PacketBatch.of([way.packet(1), way.packet(2), way.packet(3)])
    said = alike(protected(way.sender(e, master), broken(plain)) for e in way.engines.values())
    assert said[0] is kind
    wire = sealed(way, master, rows(plain))
    said = alike(unprotected(way.receiver(e, master), broken(wire)) for e in way.engines.values())
    assert said[0] is kind


@pytest.mark.parametrize("short_by", [1, 2, 3])
def test_no_size_is_read_that_is_not_there(way: Way, short_by: int, guarded: Guarded) -> None:
    master = MasterKey.fresh(way.profile)
    plain = PacketBatch.of([way.packet(number) for number in range(3)])
    wire = sealed(way, master, rows(plain))
    for engine in way.engines.values():
        short = guarded(with_sizes(plain, plain.size[:-short_by]))
        assert protected(way.sender(engine, master), short)[0] is ValueError
        short = guarded(with_sizes(wire, wire.size[:-short_by]))
        assert unprotected(way.receiver(engine, master), short)[0] is ValueError


def test_a_result_that_its_own_call_would_overwrite_is_refused(way: Way) -> None:
    master = MasterKey.fresh(way.profile)
    plain = PacketBatch.of([way.packet(number) for number in range(3)])
    wire = sealed(way, master, rows(plain))

    def said(engine: Engine) -> Outcome:
        sender, receiver = way.sender(engine, master), way.receiver(engine, master)
        mine, opened = sender.protect(plain), receiver.unprotect(wire).packets
        part = PacketBatch(data=mine.data[1:2], size=mine.size[1:2].copy())
        thin = PacketBatch(data=mine.data[:, ::2], size=mine.size.copy())
        return (
            protected(sender, mine),
            protected(sender, part),
            protected(sender, thin),
            unprotected(receiver, opened),
        )

    for kind, words in alike(map(said, way.engines.values())):
        assert kind is ValueError
        assert "where the results of this call go" in words


def test_sizes_of_an_earlier_result_may_be_used_again(way: Way) -> None:
    master = MasterKey.fresh(way.profile)
    plain = PacketBatch.of([way.packet(number, bytes(number)) for number in range(5)])
    wire = sealed(way, master, rows(plain))
    for engine in way.engines.values():
        receiver = way.receiver(engine, master)
        sizes = receiver.unprotect(wire).packets.size
        sizes[:] = wire.size
        again = receiver.unprotect(PacketBatch(data=wire.data, size=sizes))
        assert [type(reason) for _, reason in again.rejected] == [Replayed] * 5


# Tables of odd shape, which are good


def wide(batch: PacketBatch) -> PacketBatch:
    data = np.full((2 * len(batch), batch.data.shape[1] + 9), 0xEE, dtype=np.uint8)
    size = np.full(2 * len(batch), -7, dtype=np.int32)
    data[::2, 3:-6], size[::2] = batch.data, batch.size
    return PacketBatch(data=data[::2, 3:-6], size=size[::2])


def read_only(batch: PacketBatch) -> PacketBatch:
    fixed = batch.copy()
    fixed.data.flags.writeable = fixed.size.flags.writeable = False
    return fixed


def unaligned(batch: PacketBatch) -> PacketBatch:
    memory = np.zeros(4 * len(batch) + 1, dtype=np.uint8)
    size = memory[1:].view(np.int32)
    size[:] = batch.size
    return PacketBatch(data=batch.data, size=size)


LAYOUTS: Mapping[str, Callable[[PacketBatch], PacketBatch]] = {
    "every other row of a wider table": wide,
    "backwards": lambda b: PacketBatch(
        data=b.data[::-1].copy()[::-1], size=b.size[::-1].copy()[::-1]
    ),
    "by column": lambda b: PacketBatch(data=np.asfortranarray(b.data), size=b.size),
    "read-only": read_only,
    "unaligned sizes": unaligned,
    "every other byte of longer rows": lambda b: PacketBatch(
        data=np.repeat(b.data, 2, axis=1)[:, ::2], size=b.size
    ),
    "each row backwards": lambda b: PacketBatch(data=b.data[:, ::-1].copy()[:, ::-1], size=b.size),
    "masked": lambda b: PacketBatch(data=np.ma.masked_array(b.data), size=b.size),
    "masked, all of it": lambda b: PacketBatch(
        data=np.ma.masked_array(b.data, mask=True), size=np.ma.masked_array(b.size, mask=True)
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("count", [0, 1, 2, 65])
def test_any_layout_of_any_number_of_packets_gives_the_same(
    layout: str, count: int, way: Way
) -> None:
    master = MasterKey.fresh(way.profile)
    plain = PacketBatch.of([way.packet(number, bytes(number)) for number in range(count)])
    wire = sealed(way, master, rows(plain))
    arranged = LAYOUTS[layout]
    for engine in way.engines.values():
        mine = rows(way.sender(engine, master).protect(arranged(plain)))
        if not (way.is_rtcp and engine.name == "libsrtp"):  # it counts from 1
            assert mine == rows(wire)
        said = unprotected(way.receiver(engine, master), arranged(wire))
        assert said == ("judged", rows(plain), [])
        assert unprotected(way.receiver(engine, master), PacketBatch.of(mine))[1] == rows(plain)


@pytest.mark.parametrize("shape", [(0, 0), (0, 99), (3, 0), (3, 1), (3, 7)])
def test_tables_too_narrow_for_any_packet_hold_none(
    shape: tuple[int, int], way: Way, guarded: Guarded
) -> None:
    master = MasterKey.fresh(way.profile)
    batch = PacketBatch(
        data=np.full(shape, 0x80, np.uint8), size=np.full(shape[0], shape[1], np.int32)
    )
    sides = way.engines.values()
    said = alike(protected(way.sender(e, master), guarded(batch)) for e in sides)
    assert said[0] == "good" if shape[0] == 0 else said[0] is Malformed
    said = alike(unprotected(way.receiver(e, master), guarded(batch)) for e in sides)
    assert [kind for _, kind, _ in said[2]] == [Malformed] * shape[0]


# Rows that are no packets


def test_a_size_that_cannot_be_is_malformed_and_harms_no_other(
    way: Way, guarded: Guarded, guard_results: GuardResults
) -> None:
    master = MasterKey.fresh(way.profile)
    plain = PacketBatch.of([way.packet(number) for number in range(3)])
    wire = sealed(way, master, rows(plain))
    stride = wire.data.shape[1]
    for size in (-1, -(2**31), 0, 1, 7, stride + 1, stride + 5000, 2**31 - 1):
        odd = wire.copy()
        odd.size[1] = size

        def said(engine: Engine, batch: PacketBatch = odd) -> Outcome:
            receiver = way.receiver(engine, master)
            guard_results(receiver, batch)
            return unprotected(receiver, guarded(batch))

        _, good, ((row, kind, words),) = alike(map(said, way.engines.values()))
        assert good == [way.packet(0), way.packet(2)]
        assert (row, kind) == (1, Malformed)
        if not 0 <= size <= stride:
            assert words == f"packet of {size} bytes in a row of {stride}"

        wrong = with_sizes(plain, [plain.size[0], size, plain.size[2]])

        def sent(engine: Engine, batch: PacketBatch = wrong) -> Outcome:
            sender = way.sender(engine, master)
            guard_results(sender, batch)
            return protected(sender, guarded(batch))

        kind, words = alike(map(sent, way.engines.values()))
        assert kind is Malformed
        assert str(words).startswith("packet 1: ")


RTP_NOISE: Mapping[str, bytes] = {
    "version 0": b"\x00" + rtp(5)[1:],
    "version 1": b"\x40" + rtp(5)[1:],
    "version 3": b"\xc0" + rtp(5)[1:],
    "contributing sources past its end": b"\x8f" + rtp(5, b"ab")[1:],
    "an extension past its end": b"\x90" + rtp(5, b"\xbe\xde\xff\xff" + bytes(40))[1:],
    "an extension a word too long": b"\x90" + rtp(5, b"\xbe\xde\x00\x02" + bytes(4))[1:],
    "an extension without its length": b"\x90" + rtp(5, b"\xbe\xde\x00")[1:],
    "sources, then an extension past its end": b"\x9f" + rtp(5, bytes(60) + b"\xbe\xde\0\x09")[1:],
    "an encrypted one-byte extension": rtp(5, extension=(0xC0DE, bytes(8))),
    "an encrypted two-byte extension": rtp(5, extension=(0xC2DE, bytes(8))),
    "encrypted sources": rtp(5, csrcs=(1, 2), extension=(0xC0DE, b"")),
}
RTCP_NOISE: Mapping[str, bytes] = {
    "version 0": b"\x00" + rtcp(5)[1:],
    "version 3": b"\xc0" + rtcp(5)[1:],
    "seven bytes": rtcp(5)[:7],
}


def noise(way: Way) -> Mapping[str, bytes]:
    return RTCP_NOISE if way.is_rtcp else RTP_NOISE


def test_what_is_no_packet_is_refused_before_any_key_is_used(
    way: Way, guarded: Guarded, guard_results: GuardResults
) -> None:
    master = MasterKey.fresh(way.profile)
    for what, packet in noise(way).items():

        def sent(engine: Engine, plain: bytes = packet) -> Outcome:
            sender = way.sender(engine, master)
            batch = PacketBatch.of([way.packet(1), plain])
            guard_results(sender, batch)
            return protected(sender, guarded(batch))

        kind, words = alike(map(sent, way.engines.values()))
        assert kind is Malformed, what
        assert str(words).startswith("packet 1: "), what

        def received(engine: Engine, wire: bytes = packet) -> Outcome:
            receiver = way.receiver(engine, master)
            batch = PacketBatch.of([wire])
            guard_results(receiver, batch)
            return unprotected(receiver, guarded(batch))

        _, good, ((_, kind, _),) = alike(map(received, way.engines.values()))
        # Where cryptex was agreed on, a forged packet of that kind is one whose tag does not fit.
        expected = (
            AuthenticationFailed if way.profile.cryptex and "encrypted" in what else Malformed
        )
        assert (good, kind) == ([], expected), what


def test_an_encrypted_extension_is_refused_where_it_was_not_agreed_on() -> None:
    for name, profile in PROFILES.items():
        master, agreed = MasterKey.fresh(profile), CRYPTEX_PROFILES[f"{name}-cryptex"]
        way = WAYS[name]
        plain = rtp(1, extension=(0xBEDE, b"\x10\xff\0\0"))
        wire = CRYPTOGRAPHY.srtp_protector(agreed, master).protect(PacketBatch.of([plain])).copy()
        said = alike(unprotected(way.receiver(e, master), wire) for e in ENGINES.values())
        words = (
            f"RTP header extension 0xc0de: encrypted (RFC 9335), which {name} was not agreed to be"
        )
        assert said == ("judged", [], [(0, Malformed, words)])


def test_padding_is_payload_to_srtp_however_nonsensical() -> None:
    for way in (way for way in WAYS.values() if not way.is_rtcp):
        master = MasterKey.fresh(way.profile)
        plain = [
            bytes([0xA0]) + rtp(number, bytes(9) + bytes([count]))[1:]
            for number, count in enumerate((0, 1, 10, 11, 255))
        ]
        wire = sealed(way, master, plain)
        for engine in way.engines.values():
            assert protected(way.sender(engine, master), PacketBatch.of(plain))[1] == rows(wire)
            assert unprotected(way.receiver(engine, master), wire) == ("judged", plain, [])


# Packets that are not what was sent


def test_a_packet_cut_anywhere_is_refused_alike(way: Way, guarded: Guarded) -> None:
    master = MasterKey.fresh(way.profile)
    (wire,) = rows(sealed(way, master, [way.packet(1, bytes(20))]))
    cuts = PacketBatch.of([wire[:size] for size in range(len(wire))])
    said = alike(unprotected(way.receiver(e, master), guarded(cuts)) for e in way.engines.values())
    kinds = [kind for _, kind, _ in said[2]]
    assert said[1] == []
    assert set(kinds) == {Malformed, AuthenticationFailed}
    # Where a header and a tag have room a cut packet is one whose tag does not fit. An SRTCP tag
    # that lost bytes may show a word without the E flag instead.
    least = 12 + way.tag_size
    assert kinds[:least] == [Malformed] * least
    if not way.is_rtcp:
        assert kinds[least:] == [AuthenticationFailed] * (len(wire) - least)


def test_a_flipped_bit_anywhere_is_refused_alike(way: Way) -> None:
    master = MasterKey.fresh(way.profile)
    (wire,) = rows(sealed(way, master, [way.packet(1, bytes(3))]))
    flipped = [
        (int.from_bytes(wire) ^ 1 << bit).to_bytes(len(wire)) for bit in range(8 * len(wire))
    ]
    batch = PacketBatch.of(flipped)
    said = alike(unprotected(way.receiver(e, master), batch) for e in way.engines.values())
    assert said[1] == []
    assert len(said[2]) == len(flipped)


def test_a_wrong_key_and_a_wrong_rollover_counter_fit_no_tag(way: Way) -> None:
    master, other = MasterKey.fresh(way.profile), MasterKey.fresh(way.profile)
    wire = sealed(way, master, [way.packet(1), way.packet(2)])
    cipher = (way.profile.rtcp_cipher if way.is_rtcp else way.profile.cipher).name
    words = f"{cipher}: tag does not fit"
    refused = [(row, AuthenticationFailed, words) for row in range(2)]
    said = alike(unprotected(way.receiver(e, other), wire) for e in way.engines.values())
    assert said == ("judged", [], refused)
    if way.is_rtcp:
        return
    later = CRYPTOGRAPHY.srtp_protector(way.profile, master, initial_roc=1)
    wire = later.protect(PacketBatch.of([way.packet(1), way.packet(2)]))
    said = alike(unprotected(way.receiver(e, master), wire) for e in way.engines.values())
    assert said == ("judged", [], refused)


def test_replays_and_packets_beyond_the_window_are_refused_alike(way: Way) -> None:
    master = MasterKey.fresh(way.profile)
    first = 0 if way.is_rtcp else 65_500
    packets = [way.packet(first + number) for number in range(WINDOW + 2)]
    wire = sealed(way, master, packets)
    count = len(packets)
    order = [0, count - 1, 1, 2, 2, count - 1, *range(count - 2, 2, -1), 3]
    arrived = wire.take(order)
    arrived.data[6, 20] ^= 1  # forged, and it comes again in order below
    said = alike(unprotected(way.receiver(e, master), arrived) for e in way.engines.values())
    top = first + count - 1
    assert said[2] == [
        (2, Replayed, f"counter {first + 1}: 128 behind the highest, the window is 128"),
        (4, Replayed, f"counter {first + 2}: accepted before"),
        (5, Replayed, f"counter {top}: accepted before"),
        (6, AuthenticationFailed, said[2][3][2]),
        (len(order) - 1, Replayed, f"counter {first + 3}: accepted before"),
    ]
    states = {engine.name: way.receiver(engine, master) for engine in way.engines.values()}
    for receiver in states.values():
        receiver.unprotect(arrived)
    alike([receiver.state() for receiver in states.values()])


def test_a_cut_replay_is_no_packet_before_it_is_a_replay(way: Way) -> None:
    master = MasterKey.fresh(way.profile)
    wire = sealed(way, master, [way.packet(1, b"")])
    cut = PacketBatch(data=wire.data, size=wire.size - np.int32(len(way.packet(1, b"")) - 7))

    def said(engine: Engine) -> Outcome:
        receiver = way.receiver(engine, master)
        receiver.unprotect(wire)
        return unprotected(receiver, cut)

    _, _, ((_, kind, _),) = alike(map(said, way.engines.values()))
    assert kind is Malformed


# The sender's one rule


@pytest.mark.parametrize("again", [1000, 999, 900, 0, 64_000])
def test_a_sequence_number_moves_forward_only(again: int) -> None:
    for way in (way for way in WAYS.values() if not way.is_rtcp):
        master = MasterKey.fresh(way.profile)

        def said(engine: Engine, way: Way = way, master: MasterKey = master) -> Outcome:
            # ROC 1, so that a long way back is none forward.
            sender = way.sender(engine, master)
            for sequence in (40_000, 60_000, 1000):
                sender.protect(PacketBatch.of([rtp(sequence)]))
            alone = protected(sender, PacketBatch.of([rtp(again)]))
            among = protected(sender, PacketBatch.of([rtp(1001), rtp(3, ssrc=9), rtp(again)]))
            twice = protected(sender, PacketBatch.of([rtp(1001), rtp(1001)]))
            # Nothing of these was spent.
            return (alone, among, twice, protected(sender, PacketBatch.of([rtp(1001)])))

        alone, among, twice, good = alike(map(said, way.engines.values()))
        words = (
            f"SSRC 0x01020304: sequence number {again} after %d (ROC 1) would use an index again"
        )
        assert alone == (NonceExhausted, f"packet 0: {words % 1000}")
        assert among == (NonceExhausted, f"packet 2: {words % 1001}")
        assert twice[0] is NonceExhausted
        assert good[0] == "good"


def test_sequence_numbers_wrap_alike_for_many_streams() -> None:
    for way in (way for way in WAYS.values() if not way.is_rtcp):
        master = MasterKey.fresh(way.profile)
        plain = [
            rtp(sequence, bytes(5), ssrc=ssrc)
            for sequence in range(65_530, 65_545)
            for ssrc in range(20)
        ]
        batch = PacketBatch.of(plain)
        said = alike(protected(way.sender(e, master), batch) for e in way.engines.values())
        wire = PacketBatch.of(said[1])
        said = alike(unprotected(way.receiver(e, master), wire) for e in way.engines.values())
        assert said == ("judged", plain, [])


# What an engine cannot do


def test_libsrtp_says_what_it_cannot_do() -> None:
    engine = ENGINES["libsrtp"]
    for profile in CRYPTEX_PROFILES.values():
        master = MasterKey.fresh(profile)
        with pytest.raises(ValueError, match="has no cryptex"):
            engine.srtp_protector(profile, master)
        with pytest.raises(ValueError, match="has no cryptex"):
            engine.srtp_unprotector(profile, master, WINDOW)
    profile = PROFILES["aes-128-gcm"]
    master = MasterKey.fresh(profile)
    with pytest.raises(ValueError, match="initial_roc: 7"):
        engine.srtp_protector(profile, master, initial_roc=7)
    with pytest.raises(ValueError, match="initial_roc: 7"):
        engine.srtp_unprotector(profile, master, WINDOW, initial_roc=7)
    with pytest.raises(ValueError, match="window of 256 SRTCP packets"):
        engine.srtcp_unprotector(profile, master, 256)


@pytest.mark.parametrize("name", ["libcrypto", "cryptography"])
def test_a_stream_may_begin_in_mid_life(name: str) -> None:
    engine = ENGINES[name]
    for profile in ANY.values():
        master = MasterKey.fresh(profile)
        sender = engine.srtp_protector(profile, master, initial_roc=0xFFFFFFFF)
        wire = sender.protect(PacketBatch.of([rtp(65_534), rtp(65_535)])).copy()
        with pytest.raises(NonceExhausted):
            sender.protect(PacketBatch.of([rtp(0)]))
        receiver = engine.srtp_unprotector(profile, master, WINDOW, initial_roc=0xFFFFFFFF)
        assert receiver.unprotect(wire).rejected == ()
        with pytest.raises(ValueError, match="initial_roc"):
            engine.srtp_protector(profile, master, initial_roc=1 << 32)
