"""Every payload format: units come back byte for byte, in any order, or are rejected."""

import re
from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.formats.packetizer import Packetizer, Reassembler
from pipelines.formats.payloads.obu import leb128
from pipelines.formats.payloads.table import FORMATS
from pipelines.media import EncodedFrame, PacketBatch
from pipelines.stage import Incomplete, Malformed, Rejected

SSRC = 0x1234
PIECES_PER_UNIT = 12


def h264_unit(random: Random, sizes: list[int]) -> tuple[bytes, bool]:
    # Delimiters and sequence parameter sets stand first in an access unit, if at all.
    types = [random.choice((1, 5, 6, 8, 23)) for _ in sizes]
    types[0] = random.choice((1, 5, 6, 7, 8, 9, 23))
    unit = b""
    for nal_type, size in zip(types, sizes, strict=True):
        body = random.randbytes(size)
        if size > 3 and random.random() < 0.5:
            body = body[:1] + bytes(size // 2) + body[1 + size // 2 :]
        # Emulation prevention, and a last byte that is not zero (ITU-T H.264 7.4.1).
        body = re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", body)
        body = body[:-1] + b"\x80" if body else b""
        unit += b"\0\0\0\1" + bytes([random.randrange(4) << 5 | nal_type]) + body
    return unit, 5 in types


def h265_unit(random: Random, sizes: list[int]) -> tuple[bytes, bool]:
    # Parameter sets, messages, slices of trailing and of IRAP pictures; some of a second layer.
    types = [random.choice((0, 1, 9, 16, 19, 21, 23, 24, 32, 34, 39, 47)) for _ in sizes]
    types[0] = random.choice((1, 19, 32, 33, 34, 35, 39))
    unit = b""
    key = False
    for nal_type, size in zip(types, sizes, strict=True):
        layer = random.random() < 0.2
        key |= 16 <= nal_type <= 23 and not layer
        header = nal_type << 9 | layer << 3 | random.randint(1, 7)
        nal = header.to_bytes(2) + random.randbytes(size)
        nal = re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", nal)
        unit += b"\0\0\0\1" + (nal[:-1] + b"\x80" if size else nal)
    return unit, key


def vp8_unit(random: Random, sizes: list[int]) -> tuple[bytes, bool]:
    unit = random.randbytes(1 + sum(sizes))
    return unit, not unit[0] & 1


def whole_unit(random: Random, sizes: list[int]) -> tuple[bytes, bool]:
    return random.randbytes(1 + sum(sizes)), random.random() < 0.5


def av1_unit(random: Random, sizes: list[int]) -> tuple[bytes, bool]:
    unit = b"\x12\x00"
    for size in sizes:
        has_extension = random.random() < 0.3
        reserved = random.randrange(2)
        header = random.choice((1, 3, 4, 5, 6, 7, 15)) << 3 | has_extension << 2 | 2 | reserved
        extension = [random.randrange(2) << 5 | random.randrange(2) << 3] if has_extension else []
        unit += bytes([header, *extension]) + leb128(size) + random.randbytes(size)
    return unit, random.random() < 0.5


UNITS: dict[str, Callable[[Random, list[int]], tuple[bytes, bool]]] = {
    "h264": h264_unit,
    "h265": h265_unit,
    "vp8": vp8_unit,
    "vp9": whole_unit,
    "av1": av1_unit,
    "raw": whole_unit,
    "opaque": whole_unit,
}

SEEDS = st.integers(0, 2**32)


@st.composite
def mtus_and_sizes(draw: st.DrawFn) -> tuple[int, list[int]]:
    """Draw an mtu, tiny ones preferred, and sizes around its boundaries."""
    mtu = draw(st.integers(5, 40) | st.integers(41, 300))
    near = st.tuples(st.integers(0, 4), st.integers(-6, 6)).map(lambda t: max(0, t[0] * mtu + t[1]))
    sizes = draw(st.lists(near | st.integers(0, 3), min_size=1, max_size=PIECES_PER_UNIT))
    return mtu, sizes


def frame_of(codec: str, seed: int, sizes: list[int], index: int = 0) -> EncodedFrame:
    unit, is_keyframe = UNITS[codec](Random(seed), sizes)  # noqa: S311 - test data
    return EncodedFrame(
        index=index,
        pts_ns=index * 33_333_333,
        is_keyframe=is_keyframe,
        codec=codec,
        payload=np.frombuffer(unit, dtype=np.uint8),
    )


def test_every_format_is_tested() -> None:
    assert UNITS.keys() == FORMATS.keys()


@pytest.mark.parametrize("codec", UNITS)
@given(mtus_and_sizes(), SEEDS, st.integers(0, 0xFFFF))
def test_unit_comes_back_byte_for_byte_in_any_order_with_duplicates(
    codec: str, drawn: tuple[int, list[int]], seed: int, first: int
) -> None:
    mtu, sizes = drawn
    packetizer = Packetizer(codec, ssrc=SSRC, mtu=mtu, first_sequence_number=first)
    reassembler = Reassembler(codec, first_sequence_number=first)
    random = Random(seed)  # noqa: S311 - test data
    for index in range(2):
        frame = frame_of(codec, seed + index, sizes, index)
        batch = packetizer.packetize(frame)
        assert (batch.size <= 12 + mtu).all()
        order = [*range(len(batch)), *random.choices(range(len(batch)), k=3)]
        random.shuffle(order)
        came = batch if index else batch.take(order)
        result = reassembler.reassemble(came)
        assert bytes(result.payload) == bytes(frame.payload)
        assert (result.index, result.is_keyframe, result.codec) == (
            index,
            frame.is_keyframe,
            codec,
        )
        assert abs(result.pts_ns - frame.pts_ns) <= 5556


@pytest.mark.parametrize("codec", UNITS)
@given(st.integers(0, 60), SEEDS)
def test_smallest_mtu_still_carries_a_unit(codec: str, size: int, seed: int) -> None:
    packetizer = Packetizer(codec, ssrc=SSRC, mtu=FORMATS[codec].smallest_mtu)
    frame = frame_of(codec, seed, [size, size // 3])
    batch = packetizer.packetize(frame)
    result = Reassembler(codec, first_sequence_number=0).reassemble(batch)
    assert bytes(result.payload) == bytes(frame.payload)


@pytest.mark.parametrize("codec", UNITS)
def test_unit_of_hundreds_of_packets_comes_back(codec: str) -> None:
    for length in (100_000, 100_001, 99_999):
        frame = frame_of(codec, length, [length])
        batch = Packetizer(codec, ssrc=SSRC, mtu=201).packetize(frame)
        assert len(batch) > 400
        result = Reassembler(codec, first_sequence_number=0).reassemble(batch)
        assert bytes(result.payload) == bytes(frame.payload)


@pytest.mark.parametrize("codec", UNITS)
@given(mtus_and_sizes(), SEEDS)
def test_loss_of_any_packet_is_rejected(
    codec: str, drawn: tuple[int, list[int]], seed: int
) -> None:
    mtu, sizes = drawn
    frame = frame_of(codec, seed, sizes)
    batch = Packetizer(codec, ssrc=SSRC, mtu=mtu).packetize(frame)
    reassembler = Reassembler(codec, first_sequence_number=0)
    state = reassembler.state()
    for lost in range(len(batch)):
        with pytest.raises((Incomplete, Malformed)):
            reassembler.reassemble(batch.take([i for i in range(len(batch)) if i != lost]))
        assert reassembler.state() == state
    assert bytes(reassembler.reassemble(batch).payload) == bytes(frame.payload)


@pytest.mark.parametrize("codec", UNITS)
@pytest.mark.parametrize("lost", [0, 1, 200, -2, -1])
def test_loss_from_a_large_unit_is_rejected(codec: str, lost: int) -> None:
    frame = frame_of(codec, 5, [100_000])
    batch = Packetizer(codec, ssrc=SSRC, mtu=201).packetize(frame)
    kept = np.delete(np.arange(len(batch)), lost).tolist()
    with pytest.raises((Incomplete, Malformed)):
        Reassembler(codec, first_sequence_number=0).reassemble(batch.take(kept))


@pytest.mark.parametrize("codec", UNITS)
@given(mtus_and_sizes(), SEEDS, st.data())
def test_mutated_packets_raise_nothing_but_rejected(
    codec: str, drawn: tuple[int, list[int]], seed: int, data: st.DataObject
) -> None:
    mtu, sizes = drawn
    batch = Packetizer(codec, ssrc=SSRC, mtu=mtu).packetize(frame_of(codec, seed, sizes))
    for _ in range(data.draw(st.integers(1, 4))):
        row = data.draw(st.integers(0, len(batch) - 1))
        if data.draw(st.booleans()):
            batch.size[row] = data.draw(st.integers(0, int(batch.size[row])))
        # The first payload bytes steer the parser; headers would mostly be refused at once.
        column = data.draw(st.integers(0, 12 + mtu - 1) | st.integers(12, 20))
        batch.data[row, column] = data.draw(st.integers(0, 255))
    reassembler = Reassembler(codec, first_sequence_number=0)
    state = reassembler.state()
    try:
        reassembler.reassemble(batch)
    except Rejected:
        assert reassembler.state() == state


@pytest.mark.parametrize("codec", UNITS)
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=5))
def test_random_payloads_raise_nothing_but_rejected(codec: str, payloads: list[bytes]) -> None:
    last = len(payloads) - 1
    batch = PacketBatch.of(
        bytes([0x80, 0xE0 if index == last else 0x60, 0, index]) + bytes(8) + payload
        for index, payload in enumerate(payloads)
    )
    reassembler = Reassembler(codec, first_sequence_number=0)
    try:
        reassembler.reassemble(batch)
    except Rejected:
        assert reassembler.state() == (0, 0, -1)


@pytest.mark.parametrize("codec", UNITS)
@given(st.lists(st.binary(max_size=60), max_size=4))
def test_random_packets_raise_nothing_but_rejected(codec: str, packets: list[bytes]) -> None:
    try:
        Reassembler(codec).reassemble(PacketBatch.of(packets))
    except Rejected:
        return


@pytest.mark.parametrize("codec", ["h264", "h265", "av1"])
@given(st.binary(max_size=60), st.integers(5, 40))
def test_random_units_are_carried_exactly_or_malformed(codec: str, noise: bytes, mtu: int) -> None:
    unit = (b"\x12\0" if codec == "av1" else b"\0\0\0\1") + noise
    frame = EncodedFrame(
        index=0,
        pts_ns=0,
        is_keyframe=True,
        codec=codec,
        payload=np.frombuffer(unit, dtype=np.uint8),
    )
    try:
        batch = Packetizer(codec, ssrc=SSRC, mtu=mtu).packetize(frame)
    except Malformed:
        return
    result = Reassembler(codec, first_sequence_number=0).reassemble(batch)
    assert bytes(result.payload) == unit
