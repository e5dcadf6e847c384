import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.formats.packetizer import Packetizer, Reassembler
from pipelines.formats.payloads.av1 import normalise_temporal_unit
from pipelines.formats.payloads.obu import leb128, read_leb128
from pipelines.media import EncodedFrame, PacketBatch
from pipelines.stage import Incomplete, Malformed

DELIMITER = b"\x12\x00"
SEQUENCE_HEADER = bytes.fromhex("0a03010203")
FRAME = bytes.fromhex("3204aabbccdd")


def frame_of(unit: bytes, *, key: bool = False) -> EncodedFrame:
    return EncodedFrame(
        index=0,
        pts_ns=0,
        is_keyframe=key,
        codec="av1",
        payload=np.frombuffer(unit, dtype=np.uint8),
    )


def payloads_of(mtu: int, *obus: bytes, key: bool = False) -> list[str]:
    unit = DELIMITER + b"".join(obus)
    batch = Packetizer("av1", ssrc=1, mtu=mtu).packetize(frame_of(unit, key=key))
    return [bytes(packet[12:]).hex() for packet in batch.rows()]


def batch_of(*payloads: str, first: int = 0) -> PacketBatch:
    last = len(payloads) - 1
    return PacketBatch.of(
        bytes([0x80, 0xE0 if index == last else 0x60, 0, first + index])
        + bytes(8)
        + bytes.fromhex(payload)
        for index, payload in enumerate(payloads)
    )


def unit_of(*payloads: str) -> str:
    reassembler = Reassembler("av1", first_sequence_number=0)
    return bytes(reassembler.reassemble(batch_of(*payloads)).payload).hex()


def test_key_frame_in_one_packet_drops_delimiter_and_size_fields() -> None:
    # Section 4.4: W 2 and N; section 4.5: the first element's length, the last one's not.
    assert payloads_of(100, SEQUENCE_HEADER, FRAME, key=True) == [
        "28" + "04" + "08010203" + "30aabbccdd"
    ]
    assert payloads_of(100, FRAME) == ["10" + "30aabbccdd"]


def test_payload_of_303_bytes_is_laid_out_as_in_section_4_5() -> None:
    first, second = bytes([0x2A]) + leb128(199) + bytes(199), bytes([0x32]) + leb128(99) + bytes(99)
    (payload,) = payloads_of(303, first, second)
    assert len(payload) == 2 * 303
    # Element 1 has 200 bytes behind a length of two, element 2 the remaining 100.
    assert payload[:8] == "20" + "c801" + "28"
    assert payload[2 * 203 : 2 * 204] == "30"
    assert len(payloads_of(302, first, second)) == 2


def test_obu_is_cut_where_the_packet_ends() -> None:
    # Z and Y of section 4.4: the first packet goes on, the second is gone on with and goes on.
    frame = bytes([0x32]) + leb128(9) + bytes(range(1, 10))
    assert payloads_of(5, frame, key=True) == ["58" + "30010203", "d0" + "04050607", "90" + "0809"]
    assert payloads_of(9, SEQUENCE_HEADER, frame, key=True) == [
        "68" + "04" + "08010203" + "300102",
        "90" + "03040506070809",
    ]


def test_at_most_three_elements_share_a_packet() -> None:
    obus = [bytes([0x2A, 1, index]) for index in range(4)]
    assert payloads_of(100, *obus) == ["30" + "022800" + "022801" + "2802", "10" + "2803"]


def test_layers_do_not_share_a_packet() -> None:
    base, upper, none = b"\x36\x00\x01\xaa", b"\x36\x08\x01\xbb", b"\x2a\x01\xcc"
    assert payloads_of(100, none, base, upper) == ["20" + "0228cc" + "3400aa", "10" + "3408bb"]


def test_sequence_header_begins_a_packet() -> None:
    assert payloads_of(100, FRAME, SEQUENCE_HEADER) == ["10" + "30aabbccdd", "10" + "08010203"]


def test_any_number_of_elements_with_lengths_is_parsed() -> None:
    # W 0: every element has its length.
    packet = "00" + "022800" + "022801" + "022802" + "022803"
    assert unit_of(packet) == "1200" + "2a0100" + "2a0101" + "2a0102" + "2a0103"


def test_size_fields_and_extensions_of_other_senders_are_understood() -> None:
    assert unit_of("10" + "3203aabbcc") == "1200" + "3203aabbcc"
    assert unit_of("10" + "32" + "8300" + "aabbcc") == "1200" + "3203aabbcc"
    assert unit_of("10" + "3408aabb") == "1200" + "360802aabb"
    assert unit_of("50" + "34", "d0" + "08", "90" + "aabb") == "1200" + "360802aabb"
    assert unit_of("50" + "36", "d0" + "0802", "90" + "aabb") == "1200" + "360802aabb"


def test_delimiters_and_tile_lists_are_ignored() -> None:
    assert unit_of("30" + "0110" + "0240aa" + "30bb") == "1200" + "3201bb"


def test_coded_video_sequence_is_joined_at_its_first_packet() -> None:
    reassembler = Reassembler("av1", first_sequence_number=None)
    with pytest.raises(Incomplete, match="does not prove"):
        reassembler.reassemble(batch_of("10" + "30aa"))
    assert reassembler.reassemble(batch_of("18" + "30aa", first=4)).is_keyframe
    assert not reassembler.reassemble(batch_of("10" + "30aa", first=5)).is_keyframe
    with pytest.raises(Incomplete, match="does not prove"):
        reassembler.reassemble(batch_of("10" + "30aa", first=7))


def test_unit_that_begins_inside_an_obu_is_incomplete() -> None:
    with pytest.raises(Incomplete, match="first OBU"):
        unit_of("90" + "aabb")


@pytest.mark.parametrize(
    "payloads",
    [
        [""],
        ["10"],
        ["00"],
        ["0000"],  # an empty element
        ["000530"],  # longer than the packet
        ["20" + "0230aa"],  # one element, not two
        ["10" + "b000"],  # the forbidden bit
        ["10" + "34"],  # the extension is missing
        ["10" + "3205aa"],  # a size field that does not fit
        ["10" + "3200" + "32"],  # two OBUs in an element
        ["50" + "30aa"],  # goes on behind the end
        ["50" + "30aa", "10" + "30bb"],  # is not gone on with
        ["10" + "30aa", "90" + "bb"],  # nothing to go on with
        ["10" + "30aa", "18" + "30bb"],  # N behind the first packet
        ["00" + "ff" * 9],  # leb128 of more than 8 bytes
    ],
)
def test_payloads_that_do_not_fit_together_are_malformed(payloads: list[str]) -> None:
    with pytest.raises(Malformed, match="AV1"):
        unit_of(*payloads)


@pytest.mark.parametrize(
    "unit",
    [
        b"",
        FRAME,
        DELIMITER,
        DELIMITER + b"\x30\xaa",  # no size field
        DELIMITER + b"\x32\x81\x00\xaa",  # a size field longer than needed
        DELIMITER + FRAME + DELIMITER + FRAME,
        DELIMITER + b"\x42\x01\xaa",  # a tile list
        DELIMITER + b"\xb2\x01\xaa",
        DELIMITER + b"\x32\x05\xaa",
        DELIMITER + b"\x36",
        DELIMITER + b"\x32\x80",
    ],
)
def test_unit_that_would_not_come_back_is_malformed(unit: bytes) -> None:
    with pytest.raises(Malformed, match="AV1"):
        Packetizer("av1", ssrc=1).packetize(frame_of(unit))


def test_normal_unit_is_returned_as_it_is() -> None:
    normal = DELIMITER + SEQUENCE_HEADER + FRAME
    assert normalise_temporal_unit(normal) is normal


@pytest.mark.parametrize(
    "data",
    [
        SEQUENCE_HEADER + FRAME,
        DELIMITER + SEQUENCE_HEADER + b"\x30\xaa\xbb\xcc\xdd",
        DELIMITER + b"\x0a\x83\x80\x00\x01\x02\x03" + FRAME,
        b"\x12\x80\x00" + SEQUENCE_HEADER + b"\x42\x02\x00\x00" + FRAME,
    ],
)
def test_other_units_become_normal(data: bytes) -> None:
    assert normalise_temporal_unit(data) == DELIMITER + SEQUENCE_HEADER + FRAME


@pytest.mark.parametrize(
    "data", [b"", DELIMITER, DELIMITER + FRAME + DELIMITER + FRAME, b"\x32\x05"]
)
def test_what_is_no_temporal_unit_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed, match="AV1"):
        normalise_temporal_unit(data)


@given(st.binary(max_size=40))
def test_normalising_noise_gives_a_normal_unit_or_is_malformed(noise: bytes) -> None:
    try:
        normal = normalise_temporal_unit(noise)
    except Malformed:
        return
    assert normalise_temporal_unit(normal) is normal


@pytest.mark.parametrize(
    ("value", "octets"), [(0, "00"), (127, "7f"), (128, "8001"), (200, "c801"), (16384, "808001")]
)
def test_leb128_is_that_of_av1_4_10_5(value: int, octets: str) -> None:
    assert leb128(value).hex() == octets
    assert read_leb128(bytes.fromhex(octets), 0) == (value, len(octets) // 2)
