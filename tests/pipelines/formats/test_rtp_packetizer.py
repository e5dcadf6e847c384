import numpy as np
import pytest

from pipelines.formats import rtp
from pipelines.formats.packetizer import LARGEST_MTU, Packetizer, Reassembler
from pipelines.formats.payloads.table import FORMATS
from pipelines.media import CODECS, OPAQUE, EncodedFrame, PacketBatch
from pipelines.stage import Incomplete, Malformed

FRAME_NS = 33_333_333


def frame_of(
    payload: bytes, *, codec: str = "opaque", index: int = 0, pts_ns: int = 0, key: bool = False
) -> EncodedFrame:
    return EncodedFrame(
        index=index,
        pts_ns=pts_ns,
        is_keyframe=key,
        codec=codec,
        payload=np.frombuffer(payload, dtype=np.uint8),
    )


def packets_of(payload: bytes, *, mtu: int = 11, first: int = 0, pts_ns: int = 0) -> PacketBatch:
    packetizer = Packetizer("opaque", ssrc=7, mtu=mtu, first_sequence_number=first)
    return packetizer.packetize(frame_of(payload, pts_ns=pts_ns))


def rewritten(batch: PacketBatch, row: int, **fields: object) -> PacketBatch:
    """Return the batch with other header fields in one packet, its payload kept."""
    packets = [bytes(packet) for packet in batch.rows()]
    header, size = rtp.parse(packets[row])
    values = {name: getattr(header, name) for name in rtp.RtpHeader.__slots__} | fields
    changed = rtp.RtpHeader(**values)
    padding = bytes(max(0, changed.padding_bytes - 1)) + bytes([changed.padding_bytes])
    packets[row] = changed.to_bytes() + packets[row][size:]
    if changed.padding_bytes:
        packets[row] += padding
    return PacketBatch.of(packets)


def test_every_codec_has_a_payload_format() -> None:
    assert set(FORMATS) == {*CODECS, OPAQUE}


def test_headers_carry_time_source_type_and_marker() -> None:
    packetizer = Packetizer("opaque", ssrc=0xCAFEBABE, mtu=11, payload_type=100)
    batch = packetizer.packetize(frame_of(bytes(25), pts_ns=1_000_000_000))
    headers = [rtp.parse(packet)[0] for packet in batch.rows()]
    assert [header.sequence_number for header in headers] == [0, 1, 2]
    assert [header.marker for header in headers] == [False, False, True]
    assert {header.timestamp for header in headers} == {90_000}
    assert {header.ssrc for header in headers} == {0xCAFEBABE}
    assert {header.payload_type for header in headers} == {100}
    assert batch.size.tolist() == [23, 23, 18]


def test_sequence_number_wraps_inside_and_between_units() -> None:
    packetizer = Packetizer("opaque", ssrc=1, mtu=11, first_sequence_number=65534)
    reassembler = Reassembler("opaque")
    seen = []
    for index in range(3):
        payload = bytes([index]) * 25
        batch = packetizer.packetize(frame_of(payload))
        seen += [rtp.parse(packet)[0].sequence_number for packet in batch.rows()]
        assert bytes(reassembler.reassemble(batch).payload) == payload
    assert seen == [65534, 65535, 0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("first", [0, 65_500, 65_535])
def test_large_unit_survives_a_wrap_inside_it(first: int) -> None:
    payload = np.random.default_rng(1).bytes(40_000)
    batch = packets_of(payload, mtu=401, first=first)
    assert len(batch) == 100
    assert bytes(Reassembler("opaque").reassemble(batch).payload) == payload


def test_time_goes_on_across_the_timestamp_wrap() -> None:
    packetizer = Packetizer("opaque", ssrc=1)
    reassembler = Reassembler("opaque")
    wrap_ns = rtp.pts_ns_of(2**32)
    for index in range(6):
        pts_ns = wrap_ns + (index - 3) * FRAME_NS
        frame = reassembler.reassemble(packetizer.packetize(frame_of(b"x", pts_ns=pts_ns)))
        assert frame.index == index
        assert abs(frame.pts_ns - pts_ns) <= 5556


def test_late_unit_across_the_wrap_gets_its_own_time() -> None:
    packetizer = Packetizer("opaque", ssrc=1)
    reassembler = Reassembler("opaque")
    wrap_ns = rtp.pts_ns_of(2**32)
    late = packetizer.packetize(frame_of(b"late", pts_ns=wrap_ns - FRAME_NS)).copy()
    before = packetizer.packetize(frame_of(b"x", pts_ns=wrap_ns - 2 * FRAME_NS)).copy()
    after = packetizer.packetize(frame_of(b"x", pts_ns=wrap_ns + FRAME_NS)).copy()
    reassembler.reassemble(before)
    reassembler.reassemble(after)
    assert abs(reassembler.reassemble(late).pts_ns - (wrap_ns - FRAME_NS)) <= 5556


def test_csrcs_extension_and_padding_are_looked_past() -> None:
    payload = bytes(range(25))
    batch = packets_of(payload)
    batch = rewritten(batch, 0, csrcs=(1, 2, 3), padding_bytes=4)
    batch = rewritten(batch, 1, extension=(0xBEDE, b"\x10\x01\x00\x00"))
    assert bytes(Reassembler("opaque").reassemble(batch).payload) == payload


@pytest.mark.parametrize("row", [0, 1, 50, 99])
def test_unusual_header_in_a_large_unit_is_looked_past(row: int) -> None:
    payload = np.random.default_rng(2).bytes(40_000)
    batch = rewritten(packets_of(payload, mtu=401), row, csrcs=(9,), padding_bytes=1)
    assert bytes(Reassembler("opaque").reassemble(batch).payload) == payload


@pytest.mark.parametrize("length", [25, 40_000])
@pytest.mark.parametrize("field", ["timestamp", "ssrc", "payload_type"])
def test_packet_of_another_unit_or_stream_is_malformed(field: str, length: int) -> None:
    batch = packets_of(bytes(length), mtu=11 if length < 100 else 401)
    for row in (0, 1, len(batch) - 1):
        with pytest.raises(Malformed, match="differ"):
            Reassembler("opaque").reassemble(rewritten(batch, row, **{field: 99}))


@pytest.mark.parametrize("length", [25, 40_000])
def test_marker_before_the_end_is_malformed(length: int) -> None:
    batch = packets_of(bytes(length), mtu=11 if length < 100 else 401)
    with pytest.raises(Malformed, match="marker"):
        Reassembler("opaque").reassemble(rewritten(batch, 1, marker=True))


@pytest.mark.parametrize("length", [25, 40_000])
def test_missing_marker_is_incomplete(length: int) -> None:
    batch = packets_of(bytes(length), mtu=11 if length < 100 else 401)
    with pytest.raises(Incomplete, match="marker"):
        Reassembler("opaque").reassemble(rewritten(batch, len(batch) - 1, marker=False))


def test_wrong_version_is_malformed() -> None:
    batch = packets_of(bytes(40_000), mtu=401)
    batch.data[30, 0] = 0x40
    with pytest.raises(Malformed, match="version"):
        Reassembler("opaque").reassemble(batch)


def test_same_sequence_number_with_other_bytes_is_malformed() -> None:
    batch = packets_of(bytes(25)).take([0, 1, 1, 2])
    batch.data[2, 20] ^= 1
    with pytest.raises(Malformed, match="differ"):
        Reassembler("opaque").reassemble(batch)


def test_no_packets_are_incomplete() -> None:
    with pytest.raises(Incomplete):
        Reassembler("opaque").reassemble(PacketBatch.empty(0, 0))


@pytest.mark.parametrize("size", [-1, 0, 11, 9999])
@pytest.mark.parametrize("rows", [1, 100])
def test_impossible_packet_size_is_malformed(size: int, rows: int) -> None:
    batch = packets_of(bytes(10 * rows))
    batch.size[0] = size
    with pytest.raises(Malformed, match="bytes"):
        Reassembler("opaque").reassemble(batch)


def test_rows_may_lie_in_a_larger_or_reversed_table() -> None:
    payload = bytes(range(25))
    batch = packets_of(payload)
    backwards = PacketBatch(data=batch.data[::-1], size=batch.size[::-1])
    narrow = PacketBatch(data=batch.data[:, :30], size=batch.size)
    for table in (backwards, narrow):
        assert bytes(Reassembler("opaque").reassemble(table).payload) == payload


def test_rejected_batch_leaves_the_state_as_it_was() -> None:
    packetizer = Packetizer("opaque", ssrc=1, mtu=11)
    reassembler = Reassembler("opaque")
    reassembler.reassemble(packetizer.packetize(frame_of(bytes(25), pts_ns=FRAME_NS)))
    state = reassembler.state()
    assert state == (1, 3, 3000)
    batch = packetizer.packetize(frame_of(bytes(25), pts_ns=2 * FRAME_NS)).copy()
    with pytest.raises(Incomplete):
        reassembler.reassemble(batch.take([0, 2]))
    assert reassembler.state() == state
    assert reassembler.reassemble(batch).index == 1


def test_refused_frame_takes_no_sequence_number() -> None:
    packetizer = Packetizer("h264", ssrc=1)
    with pytest.raises(Malformed):
        packetizer.packetize(frame_of(b"no start code", codec="h264"))
    batch = packetizer.packetize(frame_of(b"\0\0\0\1\x65\x88", codec="h264", key=True))
    assert rtp.parse(batch.row(0))[0].sequence_number == 0


def test_unit_with_more_packets_than_sequence_numbers_order_is_a_value_error() -> None:
    assert len(packets_of(bytes(1 << 15), mtu=2)) == 1 << 15
    with pytest.raises(ValueError, match="32768"):
        packets_of(bytes((1 << 15) + 1), mtu=2)


@pytest.mark.parametrize("codec", FORMATS)
def test_mtu_out_of_range_is_a_value_error(codec: str) -> None:
    smallest = FORMATS[codec].smallest_mtu
    Packetizer(codec, ssrc=0, mtu=smallest)
    Packetizer(codec, ssrc=0, mtu=LARGEST_MTU)
    for mtu in (-1, smallest - 1, LARGEST_MTU + 1):
        with pytest.raises(ValueError, match=f"mtu {mtu} for codec '{codec}'"):
            Packetizer(codec, ssrc=0, mtu=mtu)


def test_unknown_codec_is_a_value_error_that_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'h266'; known: h264, h265, vp8"):
        Packetizer("h266", ssrc=0)
    with pytest.raises(ValueError, match="'h266'; known: h264, h265, vp8"):
        Reassembler("h266")


def test_frame_of_another_codec_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="'vp8'"):
        Packetizer("vp9", ssrc=0).packetize(frame_of(b"x", codec="vp8"))
