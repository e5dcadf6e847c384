"""SFrame headers: RFC 9605 4.3 and its figures C.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.formats.sframe import LARGEST_FIELD, decode_header, encode_header
from pipelines.stage import Malformed

fields = st.one_of(st.integers(0, 300), st.integers(0, LARGEST_FIELD))


@pytest.mark.parametrize(
    ("kid", "ctr", "header"),
    [
        (0, 0, "00"),
        (0, 1, "01"),
        (0, 0xFF, "08ff"),
        (0, 0x100, "090100"),
        (0, 0xFFFFFF, "0affffff"),
        (0, 1 << 24, "0b01000000"),
        (0, LARGEST_FIELD, "0fffffffffffffffff"),
        (1, 0, "10"),
        (1, 1 << 32, "1c0100000000"),
        (0xFF, 0, "80ff"),
        (0xFF, 1, "81ff"),
        (0xFF, 0xFF, "88ffff"),
        (0x100, 0, "900100"),
        (0x100, 0x100, "9901000100"),
        (0xFFFF, 1 << 40, "9dffff010000000000"),
        (1 << 16, (1 << 48) - 1, "ad010000ffffffffffff"),
        (0xFFFFFF, 1 << 56, "afffffff0100000000000000"),
        (0x123, 0x4567, "9901234567"),
        (LARGEST_FIELD, 1 << 56, "ffffffffffffffffff0100000000000000"),
    ],
)
def test_figures_of_rfc_9605(kid: int, ctr: int, header: str) -> None:
    assert encode_header(kid, ctr).hex() == header
    assert decode_header(bytes.fromhex(header)) == (kid, ctr, len(header) // 2)


@given(fields, fields, st.binary(max_size=20))
def test_what_was_encoded_decodes_whatever_follows(kid: int, ctr: int, body: bytes) -> None:
    header = encode_header(kid, ctr)
    assert decode_header(header + body) == (kid, ctr, len(header))


@given(fields, fields, st.data())
def test_a_short_header_is_malformed(kid: int, ctr: int, data: st.DataObject) -> None:
    header = encode_header(kid, ctr)
    kept = data.draw(st.integers(0, len(header) - 1))
    with pytest.raises(Malformed):
        decode_header(header[:kept])


@given(st.binary(max_size=24))
def test_any_bytes_are_the_one_encoding_of_their_values_or_malformed(data: bytes) -> None:
    try:
        kid, ctr, size = decode_header(data)
    except Malformed:
        return
    assert encode_header(kid, ctr) == data[:size]


@pytest.mark.parametrize(
    "header", ["8007", "0807", "900001", "0900ff", "9f00080000000000000008", "8f07"]
)
def test_a_value_that_is_not_in_its_shortest_form_is_malformed(header: str) -> None:
    with pytest.raises(Malformed, match="is not its shortest form"):
        decode_header(bytes.fromhex(header))


@pytest.mark.parametrize(("kid", "ctr"), [(-1, 0), (0, -1), (1 << 64, 0), (0, 1 << 64)])
def test_a_value_beyond_64_bits_is_an_error(kid: int, ctr: int) -> None:
    with pytest.raises(ValueError, match=r"needs 0 \.\. 2\^64 - 1"):
        encode_header(kid, ctr)
