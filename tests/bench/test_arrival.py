import msgspec
import numpy as np
import pytest

from bench.arrival import HALF_TICK_NS, check_arrival
from bench.lent import endless
from bench.verdict import WrongAnswer
from pipelines.media import EncodedFrame, PacketBatch, RawFrame, Unit

SENT = EncodedFrame(
    index=4,
    pts_ns=40_000_000,
    is_keyframe=True,
    codec="h264",
    payload=np.arange(9, dtype=np.uint8),
)
CHROMA = np.zeros((2, 3), dtype=np.uint8)
PICTURE = RawFrame(index=0, pts_ns=5, planes=(np.zeros((4, 6), dtype=np.uint8), CHROMA, CHROMA))


def changed(**fields: object) -> Unit:
    return msgspec.structs.replace(SENT, **fields)


def test_what_arrives_as_it_was_sent_is_right_to_a_tick_of_its_time() -> None:
    check_arrival(SENT, SENT, "x")
    check_arrival(SENT, changed(index=17, payload=SENT.payload.copy()), "x")
    for away in (-HALF_TICK_NS, HALF_TICK_NS):
        check_arrival(SENT, changed(pts_ns=SENT.pts_ns + away), "x")
    check_arrival(PICTURE, msgspec.structs.replace(PICTURE, pts_ns=6), "x")


@pytest.mark.parametrize(
    ("arrived", "told"),
    [
        (changed(pts_ns=0), "x: sent at 40000000 ns of its stream, it says 0 ns"),
        (changed(is_keyframe=False), "x: a key frame went in, no key frame came out"),
        (changed(codec="vp8"), "x: codec h264 went in, vp8 came out"),
        (changed(payload=SENT.payload[:8]), "x: 9 bytes went in, 8 other bytes came out"),
        (changed(payload=list(range(9))), "x: the payload that came out is no array of bytes"),
        (changed(payload=SENT.payload.astype(int)), "x: the payload that came out is no array"),
        (changed(payload=SENT.payload[None]), "x: the payload that came out is no array of bytes"),
        (PacketBatch.of([b"a"]), "x: the receiver ends with a PacketBatch"),
        (None, "x: the receiver ends with a NoneType"),
    ],
)
def test_what_arrives_otherwise_is_a_wrong_answer(arrived: Unit, told: str) -> None:
    with pytest.raises(WrongAnswer, match=told):
        check_arrival(SENT, arrived, "x")


def test_a_picture_of_another_size_or_time_is_a_wrong_answer() -> None:
    planes = (CHROMA, CHROMA, CHROMA)
    with pytest.raises(WrongAnswer, match=r"planes of \[\(4, 6\), .* of \[\(2, 3\), "):
        check_arrival(PICTURE, msgspec.structs.replace(PICTURE, planes=planes), "x")
    with pytest.raises(WrongAnswer, match="sent at 5 ns of its stream, it says 90000 ns"):
        check_arrival(PICTURE, msgspec.structs.replace(PICTURE, pts_ns=90_000), "x")


def test_frames_repeat_as_one_stream_whose_time_goes_on() -> None:
    clip = [msgspec.structs.replace(SENT, index=n, pts_ns=1000 + 40 * n) for n in range(3)]
    stream = endless(clip)
    assert [(frame.index, frame.pts_ns) for _, frame in zip(range(7), stream, strict=False)] == [
        (n, 40 * n) for n in range(7)
    ]
