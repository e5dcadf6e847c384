import numpy as np
import pytest

from pipelines.formats.native.packetizer import CompiledReassembler
from pipelines.formats.packetizer import Packetizer, Reassembler
from pipelines.media import EncodedFrame, PacketBatch
from pipelines.stage import Incomplete, Malformed


def frame_of(unit: bytes, *, key: bool) -> EncodedFrame:
    return EncodedFrame(
        index=0,
        pts_ns=0,
        is_keyframe=key,
        codec="vp9",
        payload=np.frombuffer(unit, dtype=np.uint8),
    )


def payloads_of(packetizer: Packetizer, unit: bytes, *, key: bool) -> list[str]:
    batch = packetizer.packetize(frame_of(unit, key=key))
    return [bytes(packet[12:]).hex() for packet in batch.rows()]


def batch_of(*payloads: str) -> PacketBatch:
    last = len(payloads) - 1
    return PacketBatch.of(
        bytes([0x80, 0xE0 if index == last else 0x60, 0, index]) + bytes(8) + bytes.fromhex(payload)
        for index, payload in enumerate(payloads)
    )


def test_descriptor_is_that_of_rfc_9628_in_non_flexible_mode() -> None:
    packetizer = Packetizer("vp9", ssrc=1, mtu=5)
    # RFC 9628 4.2: I and B, I alone, I and E; M with the picture ID in 15 bits.
    assert payloads_of(packetizer, b"\xaa\xbb\xcc\xdd\xee", key=True) == [
        "888000" + "aabb",
        "808000" + "ccdd",
        "848000" + "ee",
    ]
    # P where other pictures are referred to; B and E where one packet holds the frame.
    assert payloads_of(packetizer, b"\xaa", key=False) == ["cc8001" + "aa"]


@pytest.mark.parametrize(
    ("descriptor", "is_keyframe"),
    [
        ("0c", True),  # required octet alone
        ("4c", False),
        ("8c11", True),  # 7-bit picture ID
        ("ac8011" + "1022", True),  # layer indices and TL0PICIDX
        ("ac8011" + "f022", True),  # of another temporal layer
        ("2c" + "0300", False),  # a layer above the base, predicted from it alone
        ("ac8011" + "0322", False),
        ("ac8011" + "0222", False),  # a layer above the base, predicted from nothing
        ("ac8011" + "0122", False),  # predicted from a layer below
        ("bc8011" + "03", False),  # flexible mode has no TL0PICIDX
        ("bc8011" + "00", True),
        ("fc8011" + "11" + "02", False),  # flexible: layer indices, one reference
        ("dc8011" + "03" + "05" + "06", False),  # flexible: three references
        ("9c8011", True),  # flexible key frame: no references
        ("8e8011" + "00", True),  # structure: one layer, nothing said of it
        ("8e8011" + "10" + "014000f0", True),  # and its size
        ("8e8011" + "3c" + "014000f0028001e0" + "02" + "04" + "01" + "58" + "0102", True),
    ],
)
def test_every_shape_of_descriptor_is_parsed(descriptor: str, is_keyframe: bool) -> None:  # noqa: FBT001 - a table of cases
    frame = Reassembler("vp9").reassemble(batch_of(descriptor + "aabb"))
    assert bytes(frame.payload).hex() == "aabb"
    assert frame.is_keyframe is is_keyframe


def test_structure_on_the_first_of_many_packets_is_looked_past() -> None:
    # Descriptors of different size rule out the one copy that moves equal fragments.
    payloads = ["8a8011" + "00" + "aa" * 4, *["808011" + "bb" * 5] * 40, "848011" + "cc"]
    frame = Reassembler("vp9").reassemble(batch_of(*payloads))
    assert bytes(frame.payload).hex() == "aa" * 4 + "bb" * 200 + "cc"


@pytest.mark.parametrize("first", ["848000aa", "808000aa"])
def test_frame_that_does_not_begin_at_its_start_is_incomplete(first: str) -> None:
    with pytest.raises(Incomplete, match="starts the unit"):
        Reassembler("vp9").reassemble(batch_of(first))


@pytest.mark.parametrize(
    "payloads",
    [
        [""],
        ["0c"],
        ["8c"],
        ["8c80"],
        ["8c8011"],
        ["ac801111"],
        ["1caa"],  # flexible without a picture ID
        ["dc8011030303"],  # more than three references
        ["8e8011" + "08"],
        ["8e8011" + "08" + "02" + "08"],
        ["888000aa"],  # the marker, but no end
        ["8c8000aa", "848000bb"],  # an end, but no marker
        ["888000aa", "8c8000bb"],  # starts twice, as spatial layers do
        ["888000aa", "848001bb"],  # another picture
        ["888000aa", "c48000bb"],  # predicted or not
    ],
)
def test_payloads_that_do_not_fit_together_are_malformed(payloads: list[str]) -> None:
    with pytest.raises(Malformed):
        Reassembler("vp9").reassemble(batch_of(*payloads))


def test_empty_frame_is_malformed() -> None:
    with pytest.raises(Malformed, match="0 bytes"):
        Packetizer("vp9", ssrc=1).packetize(frame_of(b"", key=True))


@pytest.mark.parametrize("make", [Reassembler, CompiledReassembler])
def test_upper_layer_alone_is_no_unit_where_a_layer_below_may_be_lost(
    make: type[Reassembler],
) -> None:
    # The B bit begins the frame of a layer (RFC 9628 4.2), and below SID 1 there is another.
    upper, base = batch_of("ac8000" + "0300" + "aa"), batch_of("ac8000" + "0000" + "aa")
    with pytest.raises(Incomplete, match="packet 0 does not prove"):
        make("vp9", first_sequence_number=90).reassemble(upper)
    assert not make("vp9", first_sequence_number=0).reassemble(upper).is_keyframe
    assert make("vp9", first_sequence_number=90).reassemble(base).is_keyframe
