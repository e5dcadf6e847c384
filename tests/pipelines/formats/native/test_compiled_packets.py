"""Compiled packetization and reassembly: what the Python classes do, byte for byte."""

from collections.abc import Callable
from itertools import product
from random import Random
from typing import Any, Protocol

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pipelines.formats import rtp
from pipelines.formats.native.packetizer import CompiledPacketizer, CompiledReassembler
from pipelines.formats.packetizer import Packetizer, Reassembler
from pipelines.formats.payloads.table import FORMATS
from pipelines.media import U8, EncodedFrame, PacketBatch
from pipelines.stage import Incomplete, Malformed

SSRC = 0x1234
SEEDS = st.integers(0, 2**32)

every_codec = pytest.mark.parametrize("codec", FORMATS)
# The fixture holds functions alone: it does not matter that all examples share it.
examples = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Material(Protocol):
    def unit(
        self, codec: str, random: Random, sizes: list[int], *, index: int = 0
    ) -> EncodedFrame: ...

    def guarded(self, size: int) -> U8: ...


@st.composite
def mtus_and_sizes(draw: st.DrawFn) -> tuple[int, list[int]]:
    """Draw an mtu, tiny ones preferred, and sizes around its boundaries."""
    mtu = draw(st.integers(5, 40) | st.integers(41, 300))
    near = st.tuples(st.integers(0, 4), st.integers(-6, 6)).map(lambda t: max(0, t[0] * mtu + t[1]))
    return mtu, draw(st.lists(near | st.integers(0, 3), min_size=1, max_size=12))


def outcome(act: Callable[[Any], EncodedFrame | PacketBatch], unit: object) -> object:
    """Return all that a call says: the bytes and fields, or what it raises."""
    try:
        result = act(unit)
    except (Incomplete, Malformed, ValueError) as refusal:
        return type(refusal), str(refusal)
    if isinstance(result, PacketBatch):
        return [bytes(packet) for packet in result.rows()]
    return (
        *(result.index, result.pts_ns, result.is_keyframe, result.codec),
        bytes(result.payload),
    )


def packets_of(frame: EncodedFrame, mtu: int, first: int = 0) -> PacketBatch:
    """Return packets in a table as narrow as it can be."""
    packetizer = Packetizer(frame.codec, ssrc=SSRC, mtu=mtu, first_sequence_number=first)
    return PacketBatch.of(bytes(packet) for packet in packetizer.packetize(frame).rows())


def damaged(payload: U8, random: Random) -> U8:
    """Return a copy with some bytes changed where parsers look, and perhaps cut short."""
    changed = payload.copy()
    for _ in range(random.randint(1, 4)):
        at = random.choice((random.randrange(len(changed)), random.randrange(min(8, len(changed)))))
        changed[at] = random.choice((0, 0, 1, 3, random.randrange(256)))
    return changed[: random.randrange(len(changed))] if random.random() < 0.2 else changed


def disturbed(batch: PacketBatch, random: Random) -> PacketBatch:
    """Return the packets as a network or an attacker would deliver them."""
    rows = list(range(len(batch)))
    kind = random.choice(("loss", "order", "bytes", "bytes", "size"))
    if kind == "loss":
        return batch.take([row for row in rows if random.random() < 0.8])
    if kind == "order":
        rows += random.choices(rows, k=2)
        random.shuffle(rows)
        return batch.take(rows)
    batch = batch.copy()
    for _ in range(random.randint(1, 3)):
        row = random.randrange(len(batch))
        if kind == "size":
            batch.size[row] = random.randint(-1, int(batch.size[row]) + 1)
        else:
            columns = (random.randrange(batch.data.shape[1]), random.randrange(12, 16))
            column = min(random.choice(columns), batch.data.shape[1] - 1)
            batch.data[row, column] ^= 1 << random.randrange(8)
    return batch


@every_codec
@examples
@given(mtus_and_sizes(), SEEDS, st.integers(0, 0xFFFF))
def test_packets_are_the_same_for_units_good_and_bad(
    codec: str, material: Material, drawn: tuple[int, list[int]], seed: int, first: int
) -> None:
    mtu, sizes = drawn
    random = Random(seed)  # noqa: S311 - test data
    pts_ns = random.randrange(1 << 50)
    python = Packetizer(codec, ssrc=SSRC, mtu=mtu, payload_type=100, first_sequence_number=first)
    compiled = CompiledPacketizer(
        codec, ssrc=SSRC, mtu=mtu, payload_type=100, first_sequence_number=first
    )
    for index in range(4):
        frame = replace(material.unit(codec, random, sizes, index=index), pts_ns=pts_ns + index)
        if index % 2:
            frame = replace(frame, payload=damaged(frame.payload, random))
        assert outcome(compiled.packetize, frame) == outcome(python.packetize, frame)


@pytest.mark.parametrize("codec", ["h264", "h265", "av1"])
def test_packets_are_the_same_for_all_small_parts(codec: str, material: Material) -> None:
    random = Random(4)  # noqa: S311 - test data
    python = Packetizer(codec, ssrc=SSRC, mtu=12)
    compiled = CompiledPacketizer(codec, ssrc=SSRC, mtu=12)
    for sizes in product(range(9), range(14), (0, 2, 7)):
        frame = material.unit(codec, random, list(sizes))
        assert outcome(compiled.packetize, frame) == outcome(python.packetize, frame)


@every_codec
@examples
@given(mtus_and_sizes(), SEEDS, st.integers(0, 0xFFFF))
def test_units_are_the_same_for_packets_good_and_bad(
    codec: str, material: Material, drawn: tuple[int, list[int]], seed: int, first: int
) -> None:
    mtu, sizes = drawn
    random = Random(seed)  # noqa: S311 - test data
    known = first if random.random() < 0.8 else None
    python = Reassembler(codec, first_sequence_number=known)
    compiled = CompiledReassembler(codec, first_sequence_number=known)
    for index in range(5):
        batch = packets_of(material.unit(codec, random, sizes, index=index), mtu, first)
        if index % 2:
            batch = disturbed(batch, random)
        else:
            first = (first + len(batch)) & 0xFFFF
        assert outcome(compiled.reassemble, batch) == outcome(python.reassemble, batch)
        assert compiled.state() == python.state()


@every_codec
@examples
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=5), st.none() | st.just(0))
def test_units_are_the_same_for_random_payloads(
    codec: str, payloads: list[bytes], first: int | None
) -> None:
    last = len(payloads) - 1
    batch = PacketBatch.of(
        bytes([0x80, 0xE0 if index == last else 0x60, 0, index]) + bytes(8) + payload
        for index, payload in enumerate(payloads)
    )
    python = Reassembler(codec, first_sequence_number=first)
    compiled = CompiledReassembler(codec, first_sequence_number=first)
    for _ in range(2):
        assert outcome(compiled.reassemble, batch) == outcome(python.reassemble, batch)


@every_codec
@examples
@given(st.lists(st.binary(max_size=60), max_size=4))
def test_units_are_the_same_for_random_packets(codec: str, packets: list[bytes]) -> None:
    batch = PacketBatch.of(packets)
    python, compiled = Reassembler(codec), CompiledReassembler(codec)
    assert outcome(compiled.reassemble, batch) == outcome(python.reassemble, batch)


@pytest.fixture
def no_slow_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse the way through Python: what a test does then, kernels do alone."""

    def refuse(*_: object) -> None:
        pytest.fail("the kernel did not take it")

    monkeypatch.setattr(Packetizer, "packetize", refuse)
    monkeypatch.setattr(Reassembler, "reassemble", refuse)


@pytest.mark.usefixtures("no_slow_way")
@every_codec
@pytest.mark.parametrize("mtu", [60, 1200])
def test_kernels_alone_carry_well_formed_units_in_sequence(
    codec: str, mtu: int, material: Material
) -> None:
    packetizer = CompiledPacketizer(codec, ssrc=SSRC, mtu=mtu, first_sequence_number=65_530)
    reassembler = CompiledReassembler(codec, first_sequence_number=65_530)
    random = Random(5)  # noqa: S311 - test data
    for index, sizes in enumerate(
        ([9000], [20, 6, 200, 9000], [1], [40_000, 3, 50], [30] * 20, [200_000])
    ):
        frame = material.unit(codec, random, sizes, index=index)
        result = reassembler.reassemble(packetizer.packetize(frame))
        assert bytes(result.payload) == bytes(frame.payload)


@pytest.mark.usefixtures("no_slow_way")
def test_kernels_alone_carry_units_of_real_encoders(
    access_units: dict[str, tuple[EncodedFrame, ...]],
) -> None:
    for codec, frames in access_units.items():
        packetizer = CompiledPacketizer(codec, ssrc=SSRC)
        reassembler = CompiledReassembler(codec)
        for frame in frames:
            result = reassembler.reassemble(packetizer.packetize(frame))
            assert bytes(result.payload) == bytes(frame.payload)
            assert result.is_keyframe == frame.is_keyframe


@every_codec
def test_unit_of_more_packets_than_sequence_numbers_order_is_a_value_error(codec: str) -> None:
    start = {
        "h264": b"\0\0\0\1\x65",
        "h265": b"\0\0\0\1\x26\1",
        "av1": b"\x12\0\x32\x81\x80\x04",
    }.get(codec, b"")
    frame = EncodedFrame(
        index=0,
        pts_ns=0,
        is_keyframe=True,
        codec=codec,
        payload=np.frombuffer(start + b"\x80" * (1 << 16 | 1), dtype=np.uint8),
    )
    mtu = FORMATS[codec].smallest_mtu
    python, compiled = (
        Packetizer(codec, ssrc=0, mtu=mtu),
        CompiledPacketizer(codec, ssrc=0, mtu=mtu),
    )
    with pytest.raises(ValueError, match="at most 32768 fit"):
        compiled.packetize(frame)
    assert outcome(compiled.packetize, frame) == outcome(python.packetize, frame)


def test_frame_of_another_codec_is_a_value_error(material: Material) -> None:
    frame = material.unit("vp8", Random(1), [10])  # noqa: S311 - test data
    with pytest.raises(ValueError, match="'vp8'"):
        CompiledPacketizer("vp9", ssrc=0).packetize(frame)


def test_av1_size_field_shorter_than_guessed_is_written_in_full() -> None:
    # 100 bytes in two packets, beside others: the size field has one byte, the guess is two.
    unit = b"\x12\0" + b"\x32\x64" + bytes(100) + b"\x32\x63" + bytes(99)
    frame = EncodedFrame(
        index=0,
        pts_ns=0,
        is_keyframe=True,
        codec="av1",
        payload=np.frombuffer(unit, dtype=np.uint8),
    )
    batch = packets_of(frame, 60)
    assert len(batch) == 4
    assert bytes(CompiledReassembler("av1").reassemble(batch).payload) == unit


@every_codec
def test_rows_may_lie_in_any_table(codec: str, material: Material) -> None:
    frame = material.unit(codec, Random(3), [300, 20, 20])  # noqa: S311 - test data
    batch = packets_of(frame, 60)
    wide = np.pad(batch.data, ((0, 2), (5, 7)))[: len(batch), 5:-7]
    frozen = batch.copy()
    frozen.data.flags.writeable = frozen.size.flags.writeable = False
    sizes = np.repeat(batch.size, 2)[::2]
    for table in (
        batch,
        frozen,
        PacketBatch(data=wide, size=sizes),
        PacketBatch(data=batch.data[::-1], size=batch.size[::-1]),
        PacketBatch(data=np.asfortranarray(batch.data), size=batch.size),
    ):
        result = CompiledReassembler(codec, first_sequence_number=0).reassemble(table)
        assert bytes(result.payload) == bytes(frame.payload)


def test_payload_may_be_any_view() -> None:
    doubled = np.repeat(np.arange(200, dtype=np.uint8), 2)[::2]
    frame = EncodedFrame(index=0, pts_ns=0, is_keyframe=False, codec="opaque", payload=doubled)
    batch = CompiledPacketizer("opaque", ssrc=0, mtu=50).packetize(frame)
    assert bytes(CompiledReassembler("opaque").reassemble(batch).payload) == bytes(range(200))


@every_codec
def test_no_byte_beyond_the_packets_is_read(codec: str, material: Material) -> None:
    random = Random(7)  # noqa: S311 - test data
    for _ in range(150):
        sizes = random.choices(range(150), k=3)
        batch = packets_of(material.unit(codec, random, sizes), random.randint(8, 90))
        rows, stride = batch.data.shape
        hostile = PacketBatch(
            data=material.guarded(rows * stride).reshape(rows, stride), size=batch.size
        )
        for _ in range(10):
            hostile.data[:] = batch.data
            hostile.size[:] = np.minimum(batch.size, stride)
            changed = disturbed(hostile, random)
            # Damage goes back to the guarded rows; the last packet ends where the memory does.
            count = min(rows, len(changed))
            hostile.data[rows - count :] = changed.data[:count]
            hostile.size[rows - count :] = changed.size[:count]
            reassembler = CompiledReassembler(codec, first_sequence_number=0)
            again = Reassembler(codec, first_sequence_number=0)
            assert outcome(reassembler.reassemble, hostile) == outcome(again.reassemble, hostile)


@every_codec
def test_no_byte_beyond_a_unit_is_read(codec: str, material: Material) -> None:
    random = Random(8)  # noqa: S311 - test data
    for _ in range(300):
        frame = material.unit(codec, random, random.choices(range(150), k=3))
        content = damaged(frame.payload, random) if random.random() < 0.5 else frame.payload
        payload = material.guarded(len(content))
        payload[:] = content
        mtu = random.randint(5, 90)
        hostile = replace(frame, payload=payload)
        compiled, python = (
            kind(codec, ssrc=SSRC, mtu=mtu) for kind in (CompiledPacketizer, Packetizer)
        )
        assert outcome(compiled.packetize, hostile) == outcome(python.packetize, hostile)


@every_codec
def test_no_byte_beyond_the_results_is_written(codec: str, material: Material) -> None:
    random = Random(9)  # noqa: S311 - test data
    for _ in range(100):
        frame = material.unit(codec, random, random.choices(range(150), k=4))
        mtu = random.randint(5, 90)
        packetizer = CompiledPacketizer(codec, ssrc=SSRC, mtu=mtu)
        reassembler = CompiledReassembler(codec, first_sequence_number=0)
        rows, out = packetizer._rows, reassembler._out
        room = random.randrange(1, 30)
        rows.data = material.guarded(room * rows.stride).reshape(room, rows.stride)
        rows.size = material.guarded(4 * room).view(np.int32)
        rows.memory = rows.data.reshape(-1).data
        out.data = material.guarded(random.randrange(1, 1500))
        out.memory = out.data.data
        result = reassembler.reassemble(packetizer.packetize(frame))
        assert bytes(result.payload) == bytes(frame.payload)


def test_nothing_is_compiled_while_units_flow() -> None:
    packetizer, reassembler = CompiledPacketizer("opaque", ssrc=0), CompiledReassembler("opaque")
    frame = EncodedFrame(
        index=0, pts_ns=0, is_keyframe=True, codec="opaque", payload=np.zeros(9, dtype=np.uint8)
    )
    reassembler.reassemble(packetizer.packetize(frame))
    for kernel in (packetizer._split, reassembler._join):
        dispatcher: Any = kernel
        assert len(dispatcher.signatures) == 1
    with pytest.raises(TypeError):
        reassembler.reassemble(
            PacketBatch(data=np.zeros((1, 20), np.int16), size=np.ones(1, np.int32))
        )


def test_the_view_of_a_count_is_the_same_object_until_memory_moves() -> None:
    packetizer = CompiledPacketizer("opaque", ssrc=0, mtu=10)

    def packets(size: int) -> PacketBatch:
        payload = np.zeros(size, dtype=np.uint8)
        return packetizer.packetize(
            EncodedFrame(index=0, pts_ns=0, is_keyframe=True, codec="opaque", payload=payload)
        )

    first = packets(20)
    assert packets(20) is first
    larger = packets(5000)
    assert len(larger) == 556
    assert packets(20) is not first
    assert rtp.parse(packets(20).row(0))[0].sequence_number == 3 + 556 + 3 + 3
