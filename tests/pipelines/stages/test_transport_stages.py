import numpy as np
import pytest

from pipelines.media import EncodedFrame, PacketBatch
from pipelines.session import Session
from pipelines.stage import Incomplete
from pipelines.stages.transport import Copy, Depacketize, Forward, Packetize


def packetize(session: Session) -> Packetize:
    return Packetize(session.codec, ssrc=session.ssrc, mtu=session.mtu)


def test_copy_gives_the_same_unit_in_memory_of_its_own(frames: tuple[EncodedFrame, ...]) -> None:
    copy = Copy()
    for frame in frames:
        result = copy(frame)
        assert result.payload.tobytes() == frame.payload.tobytes()
        assert not np.shares_memory(result.payload, frame.payload)
        assert (result.index, result.pts_ns) == (frame.index, frame.pts_ns)
        assert (result.is_keyframe, result.codec) == (frame.is_keyframe, frame.codec)


def test_a_copy_is_valid_until_the_next_call(frames: tuple[EncodedFrame, ...]) -> None:
    copy = Copy()
    first = copy(frames[0])
    before = first.payload.tobytes()
    assert np.shares_memory(first.payload, copy(frames[1]).payload)
    assert first.payload.tobytes() != before


def test_packets_carry_the_ssrc_and_stay_within_the_mtu(
    session: Session, frames: tuple[EncodedFrame, ...]
) -> None:
    stage = packetize(session)
    numbers = []
    for frame in frames:
        packets = stage(frame)
        assert len(packets) > 1
        for packet in packets.rows():
            assert len(packet) <= 12 + session.mtu  # RFC 3550 5.1: 12 bytes of fixed header
            assert int.from_bytes(packet[8:12].tobytes()) == session.ssrc
            numbers.append(int.from_bytes(packet[2:4].tobytes()))
    assert numbers == list(range(len(numbers)))


def test_depacketize_gives_back_what_packetize_took(
    session: Session, frames: tuple[EncodedFrame, ...]
) -> None:
    there, back = packetize(session), Depacketize(session.codec)
    for frame in frames:
        result = back(there(frame))
        assert result.payload.tobytes() == frame.payload.tobytes()
        assert (result.codec, result.is_keyframe) == (frame.codec, frame.is_keyframe)


def test_a_unit_with_a_lost_packet_is_incomplete_and_harms_no_later_one(
    session: Session, frames: tuple[EncodedFrame, ...]
) -> None:
    there, back = Packetize("opaque", ssrc=session.ssrc, mtu=session.mtu), Depacketize("opaque")
    first, second = (frame.with_payload(frame.payload, "opaque") for frame in frames[:2])
    packets = there(first)
    with pytest.raises(Incomplete):
        back(packets.take(range(1, len(packets))))
    assert back(there(second)).payload.tobytes() == second.payload.tobytes()


def test_packetize_refuses_another_codec_than_its_own(
    session: Session, frames: tuple[EncodedFrame, ...]
) -> None:
    stage = Packetize("vp8", ssrc=session.ssrc, mtu=session.mtu)
    with pytest.raises(ValueError, match="frame of codec 'h264' for a packetizer of 'vp8'"):
        stage(frames[0])


def test_forward_copies_packets_of_every_shape_to_memory_of_its_own() -> None:
    forward = Forward()
    generator = np.random.default_rng(3)
    # Few long ones, then many short ones, then both grow: one table has to hold them all.
    for rows, longest in ((3, 1200), (40, 60), (2, 10), (50, 1300), (0, 0)):
        packets = [generator.bytes(int(generator.integers(1, longest))) for _ in range(rows)]
        batch = PacketBatch.of(packets)
        result = forward(batch)
        assert isinstance(result, PacketBatch)
        assert [packet.tobytes() for packet in result.rows()] == packets
        assert not np.shares_memory(result.data, batch.data)
        assert not np.shares_memory(result.size, batch.size)


def test_forward_takes_new_memory_only_to_grow() -> None:
    forward = Forward()
    long, many = PacketBatch.of([bytes(1200)] * 3), PacketBatch.of([bytes(60)] * 40)
    forward(long)
    one, other = forward(many), forward(long)
    assert isinstance(one, PacketBatch)
    assert isinstance(other, PacketBatch)
    assert np.shares_memory(one.data, other.data)


def test_forward_copies_a_sealed_frame(frames: tuple[EncodedFrame, ...]) -> None:
    result = Forward()(frames[0])
    assert isinstance(result, EncodedFrame)
    assert result.payload.tobytes() == frames[0].payload.tobytes()
    assert not np.shares_memory(result.payload, frames[0].payload)


def test_forwarded_packets_are_valid_until_the_next_call() -> None:
    forward = Forward()
    first = forward(PacketBatch.of([b"first"]))
    assert isinstance(first, PacketBatch)
    assert first.row(0).tobytes() == b"first"
    forward(PacketBatch.of([b"other"]))
    assert first.row(0).tobytes() == b"other"
