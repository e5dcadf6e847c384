"""What is no table and no unit is refused alike by the readable code and the compiled one."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pytest

from pipelines.formats.native.packetizer import CompiledPacketizer, CompiledReassembler
from pipelines.formats.packetizer import Packetizer, Reassembler
from pipelines.formats.payloads.table import FORMATS
from pipelines.media import EncodedFrame, PacketBatch
from pipelines.stage import Rejected

UNITS: Mapping[str, bytes] = {
    "h264": b"\0\0\0\1\x65" + b"q" * 20,
    "h265": b"\0\0\0\1\x26\x01" + b"q" * 20,
    "av1": b"\x12\0\x0a\x14" + b"q" * 20,
}
every_codec = pytest.mark.parametrize("codec", FORMATS)

Outcome = tuple[Any, ...]


def unit_of(codec: str) -> Any:
    return np.frombuffer(UNITS.get(codec, b"q" * 24), dtype=np.uint8)


def frame_of(codec: str, payload: Any) -> EncodedFrame:
    return EncodedFrame(index=0, pts_ns=0, is_keyframe=True, codec=codec, payload=payload)


def outcome(call: Callable[[], Any]) -> Outcome:
    try:
        result = call()
    except (Rejected, ValueError, TypeError) as refusal:
        return (type(refusal), str(refusal))
    if isinstance(result, PacketBatch):
        return ("good", [row.tobytes() for row in result.rows()])
    return ("good", result.payload.tobytes())


def sent(codec: str, payload: Any) -> Outcome:
    """Return what becomes of a payload, which has to be the same for both."""
    readable, compiled = (
        outcome(partial(make(codec, ssrc=5, mtu=9).packetize, frame_of(codec, payload)))
        for make in (Packetizer, CompiledPacketizer)
    )
    assert readable == compiled
    return readable


def received(codec: str, batch: PacketBatch) -> Outcome:
    """Return what becomes of a batch, which has to be the same for both."""
    readable, compiled = (
        outcome(partial(make(codec).reassemble, batch))
        for make in (Reassembler, CompiledReassembler)
    )
    assert readable == compiled
    return readable


def packets_of(codec: str) -> PacketBatch:
    packetizer = Packetizer(codec, ssrc=5, mtu=9)
    return packetizer.packetize(frame_of(codec, unit_of(codec))).copy()


BROKEN: Mapping[str, tuple[type[Exception], Callable[[Any, Any], tuple[Any, Any]]]] = {
    "too many sizes": (ValueError, lambda data, size: (data, np.append(size, size))),
    "sizes without rows": (ValueError, lambda data, size: (data[:0], size[:1])),
    "too few sizes": (ValueError, lambda data, size: (data, size[:-1])),
    "a table of sizes": (ValueError, lambda data, size: (data, size[:, None])),
    "data in one row": (ValueError, lambda data, size: (data.ravel(), size)),
    "data in a cube": (ValueError, lambda data, size: (data[:, :, None], size)),
    "sizes of 64 bits": (TypeError, lambda data, size: (data, size.astype("i8"))),
    "sizes of the other byte order": (TypeError, lambda data, size: (data, size.astype(">i4"))),
    "a list of sizes": (TypeError, lambda data, size: (data, size.tolist())),
    "data of floats": (TypeError, lambda data, size: (data.astype("f4"), size)),
    "data of truths": (TypeError, lambda data, size: (data > 0, size)),
    "data of objects": (TypeError, lambda data, size: (data.astype(object), size)),
    "a view of memory": (TypeError, lambda data, size: (memoryview(data), size)),
    "nothing": (TypeError, lambda _data, size: (None, size)),
}


@every_codec
@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_table_of_packets_is_its_makers_mistake(what: str, codec: str) -> None:
    kind, broken = BROKEN[what]
    batch = packets_of(codec)
    data, size = broken(batch.data, batch.size)
    assert received(codec, PacketBatch(data=data, size=size))[0] is kind


@every_codec
def test_any_layout_gives_the_same_unit(codec: str) -> None:
    batch = packets_of(codec)
    data, size = batch.data, batch.size
    unaligned = np.zeros(size.nbytes + 1, dtype=np.uint8)[1:].view(np.int32)
    unaligned[:] = size
    for layout in (
        PacketBatch(data=np.asfortranarray(data), size=size),
        PacketBatch(data=np.repeat(data, 2, axis=1)[:, ::2], size=size),
        PacketBatch(data=np.ma.masked_array(data, mask=True), size=size),
        PacketBatch(data=data, size=np.ma.masked_array(size, mask=True)),
        PacketBatch(data=data, size=unaligned),
    ):
        assert received(codec, layout) == ("good", unit_of(codec).tobytes())


@every_codec
def test_what_is_no_unit_is_its_makers_mistake(codec: str) -> None:
    unit = unit_of(codec)
    for kind, payload in (
        (ValueError, unit[None]),
        (ValueError, np.array(unit[0])),
        (TypeError, unit.astype(np.int64)),
        (TypeError, unit > 0),
        (TypeError, unit.astype(object)),
        (TypeError, unit.tobytes()),
        (TypeError, memoryview(unit)),
        (TypeError, None),
    ):
        assert sent(codec, payload)[0] is kind


@every_codec
def test_any_layout_of_a_unit_gives_the_same_packets(codec: str) -> None:
    unit = unit_of(codec)
    plain = sent(codec, unit)
    assert plain[0] == "good"
    for payload in (
        np.repeat(unit, 2)[::2],
        unit[::-1].copy()[::-1],
        np.ma.masked_array(unit, mask=True),
    ):
        assert sent(codec, payload) == plain
