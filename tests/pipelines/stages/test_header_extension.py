"""A header extension in each packet: what a parser reads, and that it comes out again."""

import numpy as np
import pytest

from pipelines.formats import rtp
from pipelines.formats.packetizer import Packetizer
from pipelines.media import EncodedFrame, PacketBatch
from pipelines.stages.header_extension import ExtendHeader, StripHeader, mid_extension

EXTENSION = mid_extension(0xCAFEBABE)


def packets(size: int) -> PacketBatch:
    payload = np.random.default_rng(1).integers(0, 256, size, dtype=np.uint8)
    unit = EncodedFrame(index=0, pts_ns=0, is_keyframe=True, codec="opaque", payload=payload)
    return Packetizer("opaque", ssrc=7).packetize(unit).copy()


def rows(batch: PacketBatch) -> list[bytes]:
    return [row.tobytes() for row in batch.rows()]


@pytest.mark.parametrize("size", [1, 1000, 50_000])
def test_every_packet_names_its_stream_and_is_otherwise_as_it_was(size: int) -> None:
    plain = packets(size)
    kept = plain.copy()
    plain.data.flags.writeable = plain.size.flags.writeable = False
    extended = ExtendHeader(EXTENSION)(plain)
    for before, after in zip(kept.rows(), extended.rows(), strict=True):
        header, header_size = rtp.parse(after)
        was, _ = rtp.parse(before)
        # RFC 8285 4.2: identifier 1, eleven bytes of content.
        assert header.extension == (0xBEDE, b"\x1amidcafebabe")
        assert header_size == 12 + 16
        assert (header.sequence_number, header.marker) == (was.sequence_number, was.marker)
        assert after[header_size:].tobytes() == before[12:].tobytes()
    assert rows(StripHeader(EXTENSION)(extended)) == rows(kept)
    assert rows(plain) == rows(kept)


def test_a_header_that_is_no_plain_one_is_not_extended() -> None:
    extended = ExtendHeader(EXTENSION)(packets(3000))
    with pytest.raises(ValueError, match="more than the fixed RTP header"):
        ExtendHeader(EXTENSION)(extended)


def test_packets_without_just_that_extension_are_handed_on_as_they_are() -> None:
    strip = StripHeader(EXTENSION)
    extended = ExtendHeader(EXTENSION)(packets(3000)).copy()
    other = extended.copy()
    other.data[1, 20] ^= 1
    longer = extended.copy()
    longer.data[2, 0] |= 1
    short = PacketBatch.of([b"\x90" + bytes(20)])
    for batch in (packets(3000), other, longer, short, PacketBatch.of([])):
        assert strip(batch) is batch
