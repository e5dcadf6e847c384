import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.formats.native.packetizer import CompiledReassembler
from pipelines.formats.packetizer import Packetizer, Reassembler
from pipelines.formats.payloads.h264 import normalise_annex_b
from pipelines.media import EncodedFrame, PacketBatch
from pipelines.stage import Incomplete, Malformed

START = b"\0\0\0\1"
SPS = bytes.fromhex("6742c01e")
PPS = bytes.fromhex("68ce")
DELTA = bytes.fromhex("419a0102")


def frame_of(*nals: bytes, pts_ns: int = 0) -> EncodedFrame:
    unit = b"".join(START + nal for nal in nals)
    return EncodedFrame(
        index=0,
        pts_ns=pts_ns,
        is_keyframe=any(nal[0] & 31 == 5 for nal in nals),
        codec="h264",
        payload=np.frombuffer(unit, dtype=np.uint8),
    )


def payloads_of(mtu: int, *nals: bytes) -> list[str]:
    batch = Packetizer("h264", ssrc=1, mtu=mtu).packetize(frame_of(*nals))
    return [bytes(packet[12:]).hex() for packet in batch.rows()]


def batch_of(*payloads: str, first: int = 0) -> PacketBatch:
    last = len(payloads) - 1
    return PacketBatch.of(
        bytes([0x80, 0xE0 if index == last else 0x60, 0, first + index])
        + bytes(8)
        + bytes.fromhex(payload)
        for index, payload in enumerate(payloads)
    )


def test_nal_unit_that_fits_travels_alone_as_it_is() -> None:
    assert payloads_of(4, DELTA) == ["419a0102"]


def test_small_nal_units_share_a_stap_a() -> None:
    # RFC 6184 5.7.1: F 0, NRI 3 (the largest), type 24; then size and NAL unit twice.
    assert payloads_of(11, SPS, PPS) == ["78" + "0004" + "6742c01e" + "0002" + "68ce"]
    assert payloads_of(10, SPS, PPS) == ["6742c01e", "68ce"]


def test_stap_a_has_the_largest_nri_and_any_f_bit() -> None:
    assert payloads_of(20, b"\x06\x01", b"\x41\x02") == ["58" + "0002" + "0601" + "0002" + "4102"]
    assert payloads_of(20, b"\x86\x01", b"\x41\x02") == ["d8" + "0002" + "8601" + "0002" + "4102"]


def test_large_nal_unit_is_fragmented() -> None:
    # RFC 6184 5.8: indicator F 0, NRI 3, type 28; header S, then neither, then E, type 5.
    assert payloads_of(5, b"\x65" + bytes(range(1, 9))) == [
        "7c85" + "010203",
        "7c05" + "040506",
        "7c45" + "0708",
    ]


def test_fragmented_nal_unit_ends_on_a_full_packet() -> None:
    assert payloads_of(5, b"\x65" + bytes(range(1, 7))) == ["7c85010203", "7c45040506"]


def test_parameter_sets_stay_in_order_around_a_large_nal_unit() -> None:
    payloads = payloads_of(12, SPS, PPS, b"\x65" + b"\x01" * 20, DELTA)
    assert [payload[:4] for payload in payloads] == ["7800", "7c85", "7c45", "419a"]


def test_key_frame_is_known_by_its_idr_slice() -> None:
    reassembler = Reassembler("h264", first_sequence_number=0)
    assert reassembler.reassemble(batch_of("67420000", "6588")).is_keyframe
    assert not reassembler.reassemble(batch_of("419a", first=2)).is_keyframe
    assert reassembler.reassemble(batch_of("7c850102", "7c450304", first=3)).is_keyframe
    assert reassembler.reassemble(batch_of("78" + "00016700016800016500"[:-2], first=5)).is_keyframe


@pytest.mark.parametrize(
    "payloads",
    [
        [""],  # nothing
        ["00"],  # type 0
        ["1e01"],  # type 30
        ["79000067"],  # STAP-B
        ["78"],  # STAP-A without a NAL unit
        ["780000"],  # an empty NAL unit in it
        ["78000267"],  # one longer than the packet
        ["7800"],  # a cut length
        ["7800027801"],  # a STAP-A inside
        ["7c"],  # FU-A without its header
        ["7cc501"],  # starts and ends at once
        ["7c9801", "7c5801"],  # a fragmented STAP-A
        ["7c8501"],  # no end
        ["7c8501", "7c8501", "7c4502"],  # starts twice
        ["7c8501", "67", "7c4502"],  # another NAL unit in between
        ["7c8501", "7c4102"],  # another type
        ["7c8501", "5c4502"],  # another NRI
        ["67", "7c4502"],  # continues nothing
    ],
)
def test_payloads_that_do_not_fit_together_are_malformed(payloads: list[str]) -> None:
    with pytest.raises(Malformed, match=r"H\.264"):
        Reassembler("h264", first_sequence_number=0).reassemble(batch_of(*payloads))


def test_unit_that_begins_inside_a_nal_unit_is_incomplete() -> None:
    with pytest.raises(Incomplete, match="first NAL unit"):
        Reassembler("h264").reassemble(batch_of("7c0501", "7c4502"))


@pytest.mark.parametrize(
    "first", ["0910", "78" + "0002" + "0910" + "0001" + "67", "7c890102"], ids=lambda p: p[:2]
)
def test_delimiter_alone_proves_that_a_unit_is_whole(first: str) -> None:
    # ITU-T H.264 7.4.1.2.3: nothing of its unit stands before it.
    rest = ["7c490304", "6588"] if first.startswith("7c") else ["6588"]
    for known in (None, 90):
        reassembler = Reassembler("h264", first_sequence_number=known)
        assert reassembler.reassemble(batch_of(first, *rest)).is_keyframe


@pytest.mark.parametrize(
    "first",
    [
        "67420000",  # SPS: a delimiter or a message may have stood before it
        "68ce",  # PPS
        "0605",  # SEI
        "6588",  # the picture's first slice, or not
        "78" + "0002" + "6742" + "0001" + "68",
        "7c8701",
    ],
)
def test_unit_without_a_delimiter_is_refused_after_a_gap(first: str) -> None:
    rest = ["7c4702", "6588"] if first.startswith("7c") else ["6588"]
    for known in (None, 90, 255):
        reassembler = Reassembler("h264", first_sequence_number=known)
        with pytest.raises(Incomplete, match="packet 0 does not prove"):
            reassembler.reassemble(batch_of(first, *rest))
    assert Reassembler("h264").reassemble(batch_of(first, *rest)).is_keyframe


def test_stream_that_lost_its_first_packet_goes_on_behind_the_first_marker() -> None:
    reassembler = Reassembler("h264", first_sequence_number=None)
    with pytest.raises(Incomplete, match="nothing is next"):
        reassembler.reassemble(batch_of("67420000", "6588", first=7))
    assert reassembler.state() == (0, 9, -1)
    assert reassembler.reassemble(batch_of("419a01", first=9)).index == 0


def test_head_lost_after_a_unit_costs_that_unit_alone() -> None:
    reassembler = Reassembler("h264")
    reassembler.reassemble(batch_of("67420000", "6588"))
    with pytest.raises(Incomplete, match="packet 3 does not prove"):
        reassembler.reassemble(batch_of("419a01", first=3))
    assert reassembler.reassemble(batch_of("419a02", first=4)).index == 1


def test_end_lost_costs_the_next_unit_too() -> None:
    reassembler = Reassembler("h264")
    reassembler.reassemble(batch_of("67420000", "6588"))
    # Packet 3 is lost, and with it the marker: packet 4 may be the end of a unit or the beginning.
    cut = batch_of("7c8101", "7c4102", first=2).take([0])
    with pytest.raises(Incomplete, match="marker"):
        reassembler.reassemble(cut)
    with pytest.raises(Incomplete, match="packet 4 does not prove"):
        reassembler.reassemble(batch_of("419a01", first=4))
    assert reassembler.reassemble(batch_of("419a02", first=5)).index == 1


def test_refused_unit_is_taken_when_it_comes_again_whole() -> None:
    reassembler = Reassembler("h264")
    whole = batch_of("7c8101", "7c4102")
    with pytest.raises(Incomplete):
        reassembler.reassemble(whole.take([1]))
    assert reassembler.reassemble(whole).index == 0
    assert reassembler.reassemble(batch_of("419a", first=2)).index == 1


def test_unit_that_overtook_another_costs_itself_alone() -> None:
    reassembler = Reassembler("h264")
    with pytest.raises(Incomplete, match="packet 2 does not prove"):
        reassembler.reassemble(batch_of("419b", "419c", first=2))
    assert reassembler.reassemble(batch_of("419a", "419a")).index == 0
    assert reassembler.reassemble(batch_of("419d", first=4)).index == 1


@pytest.mark.parametrize("make", [Reassembler, CompiledReassembler])
def test_packets_of_older_units_do_not_cost_the_next_one(make: type[Reassembler]) -> None:
    reassembler = make("h264")
    for first in (0, 2, 4, 6):
        reassembler.reassemble(batch_of("419a", "419b", first=first))
    # They come again, or late: each the end of a unit whose beginning is not there.
    for late in (1, 3, 5):
        with pytest.raises(Incomplete, match="does not prove"):
            reassembler.reassemble(batch_of("419b", first=late))
    assert reassembler.reassemble(batch_of("419c", first=8)).index == 4
    with pytest.raises(Incomplete, match="packet 6 does not prove"):
        reassembler.reassemble(batch_of("419b", first=6))


@pytest.mark.parametrize("make", [Reassembler, CompiledReassembler])
@pytest.mark.parametrize("first", [0, 100])
def test_sender_that_begins_anew_costs_one_unit(make: type[Reassembler], first: int) -> None:
    reassembler = make("h264", first_sequence_number=50)
    reassembler.reassemble(batch_of("419a", "419b", first=50))
    with pytest.raises(Incomplete, match=f"packet {first} does not prove"):
        reassembler.reassemble(batch_of("419a", "419b", first=first))
    for index in (1, 2, 3):
        unit = batch_of("419a", "419b", first=first + 2 * index)
        assert reassembler.reassemble(unit).index == index


def test_packets_that_do_not_agree_on_a_unit_teach_nothing() -> None:
    reassembler = Reassembler("h264", first_sequence_number=90)
    batch = batch_of("419a", "419b")
    batch.data[0, 8] = 1  # another SSRC
    with pytest.raises(Malformed, match="differ"):
        reassembler.reassemble(batch)
    with pytest.raises(Incomplete):
        reassembler.reassemble(batch_of("419a", first=2))


def test_what_was_known_before_the_numbers_went_round_proves_nothing() -> None:
    reassembler = Reassembler("h264", first_sequence_number=2)
    for first in (20, 40):
        with pytest.raises(Incomplete):
            reassembler.reassemble(batch_of("419a", first=first))
    with pytest.raises(Incomplete):
        reassembler.reassemble(batch_of("419a", first=2))


@pytest.mark.parametrize(
    "unit",
    [
        b"",
        b"\x67\x42",
        b"\0\0\1\x67\x42",
        b"\0" + START + b"\x67\x42",
        START,
        START + START + b"\x67",
        START + b"\x67\x42" + b"\0\0\1\x68\xce",
        START + b"\x67\x42\0",
        START + b"\x67\x42\0" + START + b"\x68\xce",
        START + b"\x67" + START,
        START + b"\x18\x00\x01\x67",
        START + b"\x00\x67",
    ],
)
def test_unit_that_would_not_come_back_is_malformed(unit: bytes) -> None:
    frame = EncodedFrame(
        index=0,
        pts_ns=0,
        is_keyframe=False,
        codec="h264",
        payload=np.frombuffer(unit, dtype=np.uint8),
    )
    with pytest.raises(Malformed, match=r"H\.264"):
        Packetizer("h264", ssrc=1).packetize(frame)


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\1\x67\x42\0\0\1\x68\xce",
        b"\0\0\0\1\x67\x42\0\0\1\x68\xce\0\0",
        b"\0\0\0\0\0\1\x67\x42\0\0\0\0\0\0\1\x68\xce",
    ],
)
def test_any_mix_of_start_codes_becomes_the_long_ones(data: bytes) -> None:
    assert normalise_annex_b(data) == START + b"\x67\x42" + START + b"\x68\xce"


@given(st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=5), st.data())
def test_normal_unit_is_returned_as_it_is(bodies: list[bytes], data: st.DataObject) -> None:
    nals = [bytes(byte or 3 for byte in body) for body in bodies]
    normal = b"".join(START + nal for nal in nals)
    assert normalise_annex_b(normal) is normal
    loose = b"".join(
        bytes(data.draw(st.integers(2, 6))) + b"\1" + nal + bytes(data.draw(st.integers(0, 3)))
        for nal in nals
    )
    assert normalise_annex_b(loose) == normal


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\x67\0\0\1\x68", b"\0\0\1", b"\0\0\1\0\0\1\x67"])
def test_what_is_no_byte_stream_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed, match=r"H\.264"):
        normalise_annex_b(data)
