import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.formats.rtp import RtpHeader, header_size, parse, pts_ns_of, ticks_of
from pipelines.stage import Malformed

WORD = st.integers(0, 2**32 - 1)

EXTENSIONS = st.none() | st.tuples(
    st.integers(0, 0xFFFF),
    st.integers(0, 40).flatmap(lambda n: st.binary(min_size=4 * n, max_size=4 * n)),
)

HEADERS = st.builds(
    RtpHeader,
    marker=st.booleans(),
    payload_type=st.integers(0, 127),
    sequence_number=st.integers(0, 0xFFFF),
    timestamp=WORD,
    ssrc=WORD,
    csrcs=st.lists(WORD, max_size=15).map(tuple),
    extension=EXTENSIONS,
    padding_bytes=st.integers(0, 255),
)


def packet_of(header: RtpHeader, payload: bytes) -> bytes:
    padding = b""
    if header.padding_bytes:
        padding = bytes(header.padding_bytes - 1) + bytes([header.padding_bytes])
    return header.to_bytes() + payload + padding


@given(HEADERS, st.binary(max_size=50))
def test_header_parses_back_to_itself(header: RtpHeader, payload: bytes) -> None:
    packet = packet_of(header, payload)
    parsed, size = parse(packet)
    assert parsed == header
    assert size == header_size(packet) == len(header.to_bytes())
    assert packet[size : len(packet) - parsed.padding_bytes] == payload
    assert parse(np.frombuffer(packet, dtype=np.uint8)) == (parsed, size)


@given(HEADERS, st.data())
def test_cut_header_is_malformed(header: RtpHeader, data: st.DataObject) -> None:
    head = header.to_bytes()
    cut = data.draw(st.integers(0, len(head) - 1))
    for read in (header_size, parse):
        with pytest.raises(Malformed):
            read(head[:cut])


@given(st.binary(max_size=120), st.booleans())
def test_random_bytes_parse_or_are_malformed(noise: bytes, has_version: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    packet = bytes([noise[0] & 0x3F | 0x80]) + noise[1:] if has_version and noise else noise
    try:
        header, size = parse(packet)
    except Malformed:
        return
    assert header.to_bytes() == packet[:size]
    assert size + header.padding_bytes <= len(packet)


def test_header_bytes_are_those_of_rfc_7714_16_1_1() -> None:
    # The packet that formats.md quotes: 8040f17b 8041f8d3 5501a0b2, then its text.
    header, size = parse(bytes.fromhex("8040f17b8041f8d35501a0b247616c6c"))
    assert (size, header.marker, header.payload_type) == (12, False, 0x40)
    assert (header.sequence_number, header.timestamp) == (0xF17B, 0x8041F8D3)
    assert header.ssrc == 0x5501A0B2
    assert header.to_bytes().hex() == "8040f17b8041f8d35501a0b2"


def test_header_with_everything_is_the_bytes_of_rfc_3550_5_1() -> None:
    header = RtpHeader(
        marker=True,
        payload_type=96,
        sequence_number=0x1234,
        timestamp=0xDECAFBAD,
        ssrc=0xCAFEBABE,
        csrcs=(1, 2),
        extension=(0xBEDE, b"\x10\xaa\x00\x00"),
        padding_bytes=4,
    )
    # V=2 P=1 X=1 CC=2 -> b2; M=1 PT=96 -> e0.
    assert header.to_bytes().hex() == (
        "b2e01234decafbadcafebabe" + "0000000100000002" + "bede000110aa0000"
    )


@pytest.mark.parametrize("version", [0, 1, 3])
def test_other_versions_are_malformed(version: int) -> None:
    packet = bytes([version << 6]) + bytes(11)
    for read in (header_size, parse):
        with pytest.raises(Malformed, match="version"):
            read(packet)


@pytest.mark.parametrize("tail", ["", "00", "02", "ffff"])
def test_padding_that_does_not_fit_is_malformed(tail: str) -> None:
    with pytest.raises(Malformed, match="padding"):
        parse(b"\xa0" + bytes(11) + bytes.fromhex(tail))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("payload_type", 128),
        ("sequence_number", 65536),
        ("timestamp", -1),
        ("ssrc", 2**32),
        ("padding_bytes", 256),
        ("csrcs", (2**32,)),
        ("csrcs", (0,) * 16),
        ("extension", (65536, b"")),
        ("extension", (0, b"abc")),
    ],
)
def test_field_out_of_range_is_a_value_error(field: str, value: object) -> None:
    fields: dict[str, object] = {
        "marker": False,
        "payload_type": 0,
        "sequence_number": 0,
        "timestamp": 0,
        "ssrc": 0,
    }
    with pytest.raises(ValueError, match="RTP"):
        RtpHeader(**(fields | {field: value}))  # type: ignore[arg-type] # the wrong value is the point


@given(st.integers(0, 2**62))
def test_time_survives_the_90_khz_clock_within_half_a_tick(pts_ns: int) -> None:
    assert abs(pts_ns_of(ticks_of(pts_ns)) - pts_ns) <= 5556
    assert ticks_of(pts_ns_of(pts_ns)) == pts_ns
