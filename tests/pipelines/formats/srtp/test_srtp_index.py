"""The estimate of the 48-bit index, beside RFC 3711 Appendix A."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.formats.srtp.index import estimate_index, first_index

SEQUENCES = st.integers(0, 0xFFFF)
LAST_INDEX = (1 << 48) - 1


def appendix_a(roc: int, last: int, sequence: int) -> int:
    if last < 32768:
        guess = roc - 1 if sequence - last > 32768 else roc
    else:
        guess = roc + 1 if last - 32768 > sequence else roc
    return (guess % (1 << 32)) << 16 | sequence


@example(roc=5, last=0, sequence=0x8000)
@example(roc=5, last=0x7FFF, sequence=0xFFFF)
@example(roc=5, last=0x8000, sequence=0)
@example(roc=5, last=0xFFFF, sequence=0x7FFF)
@given(roc=st.integers(1, 0xFFFFFFFF), last=SEQUENCES, sequence=SEQUENCES)
def test_estimate_is_that_of_appendix_a(roc: int, last: int, sequence: int) -> None:
    assert estimate_index(roc << 16 | last, sequence) == appendix_a(roc, last, sequence)


@given(highest=st.integers(0, LAST_INDEX), step=st.integers(-0x7FFF, 0x7FFF))
def test_any_index_less_than_half_a_turn_away_is_found(highest: int, step: int) -> None:
    true_index = min(max(highest + step, 0), LAST_INDEX)
    assert estimate_index(highest, true_index & 0xFFFF) == true_index


@given(last=SEQUENCES, sequence=SEQUENCES)
def test_no_index_lies_before_the_first(last: int, sequence: int) -> None:
    assert estimate_index(last, sequence) in {sequence, 1 << 16 | sequence}


def test_sequence_number_wraps_into_the_next_roc_and_back() -> None:
    assert estimate_index(0x0FFFF, 0) == 0x10000
    assert estimate_index(0x10000, 0xFFFF) == 0x0FFFF


def test_past_the_last_roc_the_estimate_begins_again() -> None:
    assert estimate_index(LAST_INDEX, 0) == 0


@pytest.mark.parametrize("roc", [-1, 1 << 32])
def test_initial_roc_must_fit_32_bits(roc: int) -> None:
    with pytest.raises(ValueError, match=f"initial_roc: {roc} is not in"):
        first_index(roc)
