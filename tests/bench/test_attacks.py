import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.attacks import (
    EDGE_BYTES,
    LARGE_BYTES,
    copied,
    flipped_bits,
    message_bytes,
    messages,
    tampered,
    with_bytes,
)
from pipelines.media import OPAQUE, EncodedFrame, PacketBatch, RawFrame

PLANE = np.zeros((2, 2), dtype=np.uint8)
PICTURE = RawFrame(index=0, pts_ns=0, planes=(PLANE, PLANE, PLANE))


def sealed(data: bytes) -> EncodedFrame:
    payload = np.frombuffer(data, dtype=np.uint8).copy()
    return EncodedFrame(index=3, pts_ns=4, is_keyframe=True, codec=OPAQUE, payload=payload)


def test_each_packet_is_a_message_and_a_sealed_frame_is_one() -> None:
    batch = PacketBatch.of([b"one", b"three", b"x"])
    assert [message_bytes(each).tobytes() for each in messages(batch)] == [b"one", b"three", b"x"]
    frame = sealed(b"frame")
    assert messages(frame) == [frame]


def test_a_copy_survives_what_the_stage_does_next() -> None:
    batch, frame = PacketBatch.of([b"abc"]), sealed(b"abc")
    kept_batch, kept_frame = copied(batch), copied(frame)
    batch.data[:] = 0
    frame.payload[:] = 0
    assert message_bytes(kept_batch).tobytes() == message_bytes(kept_frame).tobytes() == b"abc"


def test_a_changed_frame_keeps_its_place_in_time() -> None:
    changed = with_bytes(sealed(b"abc"), np.zeros(2, dtype=np.uint8))
    assert isinstance(changed, EncodedFrame)
    assert (changed.index, changed.pts_ns, changed.is_keyframe, changed.codec) == (
        3,
        4,
        True,
        OPAQUE,
    )


def test_a_picture_is_no_sealed_message() -> None:
    with pytest.raises(TypeError, match="a RawFrame is not sealed"):
        message_bytes(PICTURE)
    with pytest.raises(TypeError, match="a RawFrame is not sealed"):
        with_bytes(PICTURE, PLANE[0])


@given(st.integers(0, 5000))
def test_flipped_bits_lie_inside_the_message_and_none_comes_twice(size: int) -> None:
    bits = flipped_bits(size)
    assert len(set(bits)) == len(bits)
    assert all(0 <= bit < size * 8 for bit in bits)


@given(st.integers(1, 5000))
def test_every_bit_of_both_edges_is_flipped(size: int) -> None:
    edge = min(EDGE_BYTES, size)
    wanted = {*range(edge * 8), *range((size - edge) * 8, size * 8)}
    assert wanted <= set(flipped_bits(size))


def test_in_a_large_message_one_bit_of_each_edge_byte_is_flipped() -> None:
    size = LARGE_BYTES + 1
    flipped = {bit // 8 for bit in flipped_bits(size)}
    assert {*range(EDGE_BYTES), *range(size - EDGE_BYTES, size)} <= flipped
    assert len(flipped_bits(size)) < 200


@given(st.binary(max_size=300))
def test_no_tampered_message_is_the_genuine_one(data: bytes) -> None:
    for message in (sealed(data), PacketBatch.of([data])):
        changed = [message_bytes(each).tobytes() for _, each in tampered(message)]
        assert data not in changed
        assert len(set(changed)) == len(changed)
        assert data + b"\0" in changed
        assert not data or data[:-1] in changed
        assert message_bytes(message).tobytes() == data


def test_what_was_done_is_said() -> None:
    said = [what for what, _ in tampered(sealed(bytes(20)))]
    assert said[0] == "bit 0 of byte 0 of 20 flipped"
    assert said[-1] == "one byte added"
    assert [what for what in said if what.startswith("cut")] == [
        f"cut to {kept} of 20 bytes" for kept in (0, 1, 4, 10, 12, 19)
    ]
