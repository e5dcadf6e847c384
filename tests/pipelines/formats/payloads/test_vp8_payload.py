import numpy as np
import pytest

from pipelines.formats.packetizer import Packetizer, Reassembler
from pipelines.media import EncodedFrame, PacketBatch
from pipelines.stage import Incomplete, Malformed


def frame_of(unit: bytes) -> EncodedFrame:
    return EncodedFrame(
        index=0,
        pts_ns=0,
        is_keyframe=bool(unit) and not unit[0] & 1,
        codec="vp8",
        payload=np.frombuffer(unit, dtype=np.uint8),
    )


def payloads_of(packetizer: Packetizer, unit: bytes) -> list[str]:
    return [bytes(packet[12:]).hex() for packet in packetizer.packetize(frame_of(unit)).rows()]


def batch_of(*payloads: str) -> PacketBatch:
    last = len(payloads) - 1
    return PacketBatch.of(
        bytes([0x80, 0xE0 if index == last else 0x60, 0, index]) + bytes(8) + bytes.fromhex(payload)
        for index, payload in enumerate(payloads)
    )


def test_descriptor_is_that_of_rfc_7741_with_a_15_bit_picture_id() -> None:
    packetizer = Packetizer("vp8", ssrc=1, mtu=6)
    # RFC 7741 4.2: X and, on the first, S; I; M with the picture ID in 15 bits.
    assert payloads_of(packetizer, b"\x10\x02\x03") == ["90808000" + "1002", "80808000" + "03"]
    assert payloads_of(packetizer, b"\x11") == ["90808001" + "11"]


def test_picture_id_wraps_at_15_bits() -> None:
    packetizer = Packetizer("vp8", ssrc=1)
    seen = [payloads_of(packetizer, b"\x11")[0][:8] for _ in range((1 << 15) + 1)]
    assert seen[256] == "90808100"
    assert seen[-2:] == ["9080ffff", "90808000"]


@pytest.mark.parametrize(
    "descriptor",
    [
        "10",  # required octet alone
        "908011",  # 7-bit picture ID
        "90c0800022",  # 15-bit picture ID, TL0PICIDX
        "90e08000" + "22" + "40",  # and TID
        "90f08000" + "22" + "47",  # and KEYIDX in TID's octet
        "9010" + "07",  # KEYIDX alone
        "b080" + "11",  # a frame that no other refers to
    ],
)
def test_every_shape_of_descriptor_is_parsed(descriptor: str) -> None:
    frame = Reassembler("vp8").reassemble(batch_of(descriptor + "10aabb"))
    assert bytes(frame.payload).hex() == "10aabb"
    assert frame.is_keyframe


def test_partitions_of_their_own_are_joined() -> None:
    # RFC 7741 4.2: S also marks the start of a further partition, then PID is not 0.
    frame = Reassembler("vp8").reassemble(batch_of("10" + "11aa", "00" + "bb", "11" + "cc"))
    assert bytes(frame.payload).hex() == "11aabbcc"
    assert not frame.is_keyframe


@pytest.mark.parametrize("first", ["80808000aa", "00aa", "11aa"])
def test_frame_that_does_not_begin_at_its_start_is_incomplete(first: str) -> None:
    with pytest.raises(Incomplete, match="starts the unit"):
        Reassembler("vp8").reassemble(batch_of(first))


@pytest.mark.parametrize(
    "payloads",
    [
        [""],
        ["10"],
        ["90"],
        ["9080"],
        ["908080"],
        ["90808001"],
        ["90f0800022"],
        ["1011", "10aa"],  # starts twice
        ["9080800111", "80808002aa"],  # another picture
        ["9080800111", "00aa"],  # picture ID missing
    ],
)
def test_payloads_that_do_not_fit_together_are_malformed(payloads: list[str]) -> None:
    with pytest.raises(Malformed):
        Reassembler("vp8").reassemble(batch_of(*payloads))


def test_empty_frame_is_malformed() -> None:
    with pytest.raises(Malformed, match="0 bytes"):
        Packetizer("vp8", ssrc=1).packetize(frame_of(b""))
