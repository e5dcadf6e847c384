import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.profile import keys
from bench.sizing.model.draws import MissingCost, ProfileDraws
from bench.sizing.model.heights import frame_ns, list_ns, memory_bytes


def encode(height: int) -> str:
    return keys.encode("h264", height)


def test_calibrated_heights_are_taken_as_they_are(golden_draws: ProfileDraws) -> None:
    for height in golden_draws.heights("encode/h264"):
        expected = golden_draws.cost(encode(height)).call_ns
        assert np.array_equal(frame_ns(golden_draws, encode, height), expected)


def test_between_two_heights_the_cost_follows_the_pixels(golden_draws: ProfileDraws) -> None:
    low, high = golden_draws.heights("encode/h264")[-2:]
    middle = round(((low**2 + high**2) / 2) ** 0.5)
    mean = (frame_ns(golden_draws, encode, low) + frame_ns(golden_draws, encode, high)) / 2
    assert frame_ns(golden_draws, encode, middle) == pytest.approx(mean, rel=1e-2)


@given(height=st.integers(16, 4000))
def test_outside_of_them_the_nearest_one_gives_the_cost_per_pixel(
    golden_draws: ProfileDraws, height: int
) -> None:
    known = golden_draws.heights("encode/h264")
    found = frame_ns(golden_draws, encode, height)
    assert np.all(found > 0)
    if not known[0] <= height <= known[-1]:
        nearest = known[0] if height < known[0] else known[-1]
        assert found / height**2 == pytest.approx(
            golden_draws.cost(encode(nearest)).call_ns / nearest**2
        )


def test_memory_follows_the_pixels_too(golden_draws: ProfileDraws) -> None:
    def key(height: int) -> str:
        return keys.encoder_memory("h264", height)

    top = max(golden_draws.heights("encoder/h264"))
    assert memory_bytes(golden_draws, key, 2 * top) == pytest.approx(
        4 * golden_draws.memory(key(top))
    )


def test_longer_lists_never_cost_less(golden_draws: ProfileDraws) -> None:
    shortest, *_, longest = golden_draws.heights("scan/lookup/pdq")
    assert np.array_equal(list_ns(golden_draws, "pdq", 1), list_ns(golden_draws, "pdq", shortest))
    assert list_ns(golden_draws, "pdq", 3 * longest) == pytest.approx(
        3 * list_ns(golden_draws, "pdq", longest)
    )


def test_what_was_not_calibrated_is_named(golden_draws: ProfileDraws) -> None:
    with pytest.raises(MissingCost, match="encode/h265/720"):
        frame_ns(golden_draws, lambda height: keys.encode("h265", height), 720)
    with pytest.raises(MissingCost, match="scan/lookup/nothing/5"):
        list_ns(golden_draws, "nothing", 5)
