import numpy as np
import pytest

from pipelines.formats.packetizer import Packetizer, Reassembler
from pipelines.media import EncodedFrame, PacketBatch
from pipelines.stage import Incomplete, Malformed


def frame_of(unit: bytes, *, key: bool, codec: str = "opaque") -> EncodedFrame:
    return EncodedFrame(
        index=0,
        pts_ns=0,
        is_keyframe=key,
        codec=codec,
        payload=np.frombuffer(unit, dtype=np.uint8),
    )


def payloads_of(mtu: int, unit: bytes, *, key: bool) -> list[str]:
    batch = Packetizer("opaque", ssrc=1, mtu=mtu).packetize(frame_of(unit, key=key))
    return [bytes(packet[12:]).hex() for packet in batch.rows()]


def batch_of(*payloads: str) -> PacketBatch:
    last = len(payloads) - 1
    return PacketBatch.of(
        bytes([0x80, 0xE0 if index == last else 0x60, 0, index]) + bytes(8) + bytes.fromhex(payload)
        for index, payload in enumerate(payloads)
    )


def test_descriptor_says_start_end_and_key_frame() -> None:
    assert payloads_of(3, b"\1\2\3\4\5", key=True) == ["a00102", "200304", "6005"]
    assert payloads_of(3, b"\1\2\3\4", key=False) == ["800102", "400304"]
    assert payloads_of(3, b"\1\2", key=True) == ["e00102"]


@pytest.mark.parametrize("codec", ["raw", "opaque"])
def test_empty_unit_comes_back_empty(codec: str) -> None:
    batch = Packetizer(codec, ssrc=1).packetize(frame_of(b"", key=False, codec=codec))
    frame = Reassembler(codec).reassemble(batch)
    assert (len(frame.payload), frame.codec) == (0, codec)


@pytest.mark.parametrize(
    "payloads",
    [
        [""],
        ["c101"],  # a reserved bit
        ["8001"],  # the marker, but no end
        ["c001", "4001"],  # an end, but no marker
        ["8001", "c001"],  # starts twice
        ["8001", "6001"],  # key frame or not
        ["8001", *["0001"] * 20, "2001", *["0001"] * 20, "4001"],
        ["8001", *["0001"] * 20, "8001", *["0001"] * 20, "4001"],
        ["8001", *["8001"] * 40, "4001"],
        ["8001", *["2001"] * 40, "4001"],
        ["8001", *["0001"] * 40, "6001"],
        ["8001", *["0001"] * 40, "0001"],
    ],
)
def test_payloads_that_do_not_fit_together_are_malformed(payloads: list[str]) -> None:
    with pytest.raises(Malformed):
        Reassembler("opaque").reassemble(batch_of(*payloads))


def test_unit_that_does_not_begin_at_its_start_is_incomplete() -> None:
    with pytest.raises(Incomplete, match="starts the unit"):
        Reassembler("opaque").reassemble(batch_of("4001"))


def test_fragments_of_other_sizes_are_joined_too() -> None:
    payloads = ["8001", *["00" + "02" * (index % 5) for index in range(40)], "40" + "03" * 9]
    frame = Reassembler("opaque").reassemble(batch_of(*payloads))
    assert bytes(frame.payload) == bytes([1]) + bytes([2]) * 80 + bytes([3]) * 9


def test_results_are_views_of_buffers_that_grow_only() -> None:
    packetizer = Packetizer("opaque", ssrc=1)
    reassembler = Reassembler("opaque")
    payloads = [bytes([size % 251]) * size for size in (50_000, 10, 49_999)]
    frames = []
    tables = []
    for payload in payloads:
        batch = packetizer.packetize(frame_of(payload, key=False))
        tables.append(batch.data)
        frames.append(reassembler.reassemble(batch).payload)
        assert bytes(frames[-1]) == payload
    assert np.shares_memory(tables[0], tables[2])
    assert np.shares_memory(frames[0], frames[2])
