import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.codecs.annex_b import with_long_start_codes

LONG, SHORT = b"\x00\x00\x00\x01", b"\x00\x00\x01"


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (LONG + b"\x67a" + LONG + b"\x68b", LONG + b"\x67a" + LONG + b"\x68b"),
        (LONG + b"\x67a" + SHORT + b"\x65b", LONG + b"\x67a" + LONG + b"\x65b"),
        (SHORT + b"\x65a", LONG + b"\x65a"),
        (b"", b""),
    ],
)
def test_short_start_codes_become_long(unit: bytes, expected: bytes) -> None:
    assert with_long_start_codes(unit) == expected


# A NAL unit as the standard allows it: no start code inside, no zero at the end.
NAL_UNITS = st.lists(
    st.binary(min_size=1, max_size=40)
    .map(lambda data: data.replace(b"\x00\x00", b"\x00\x03") + b"\x80")
    .filter(lambda data: SHORT not in data),
    min_size=1,
    max_size=6,
)


@given(nal_units=NAL_UNITS, long=st.lists(st.booleans(), min_size=6, max_size=6))
def test_nal_units_are_the_same_behind_their_new_start_codes(
    nal_units: list[bytes], long: list[bool]
) -> None:
    stream = b"".join(
        (LONG if is_long else SHORT) + nal for nal, is_long in zip(nal_units, long, strict=False)
    )
    assert with_long_start_codes(stream) == b"".join(LONG + nal for nal in nal_units)
