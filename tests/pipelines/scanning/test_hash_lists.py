import numpy as np
import pytest

from pipelines.scanning.lists import flipped, make_list, random_hashes


def plants(count: int, bits: int = 256) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    return random_hashes(count, bits, np.random.default_rng(7))


@pytest.mark.parametrize("bits", [64, 256])
def test_all_that_was_planted_is_in_the_list_once(bits: int) -> None:
    planted = plants(20, bits)

    listed = make_list("pdq", bits, size=500, seed=1, planted=planted)

    assert (listed.hasher, listed.bits, len(listed)) == ("pdq", bits, 500)
    places = [np.flatnonzero((listed.hashes == plant).all(axis=1)) for plant in planted]
    assert all(len(place) == 1 for place in places)
    assert sorted(int(place[0]) for place in places) != list(range(20))


def test_the_same_seed_gives_the_same_list_and_another_one_does_not() -> None:
    first, again, other = (
        make_list("pdq", 256, size=100, seed=seed, planted=plants(3)).hashes for seed in (1, 1, 2)
    )

    assert (first == again).all()
    assert not (first == other).all()


def test_a_list_says_where_it_comes_from() -> None:
    listed = make_list("pdq", 256, size=100, seed=5, planted=plants(3))

    assert listed.origin == "3 given and 97 random hashes, seed 5"


def test_a_list_may_be_all_plants_or_empty() -> None:
    full = make_list("pdq", 256, size=8, seed=1, planted=plants(8))
    empty = make_list("pdq", 256, size=0, seed=1, planted=plants(0))

    assert {row.tobytes() for row in full.hashes} == {row.tobytes() for row in plants(8)}
    assert len(empty) == 0


def test_more_plants_than_places_are_refused() -> None:
    with pytest.raises(ValueError, match="9 hashes do not fit in a list of 8"):
        make_list("pdq", 256, size=8, seed=1, planted=plants(9))


@pytest.mark.parametrize("bits", [0, 100, 64])
def test_plants_of_another_width_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match=rf"a list of {bits}-bit hashes takes plants"):
        make_list("pdq", bits, size=8, seed=1, planted=plants(2))


@pytest.mark.parametrize("distance", [0, 1, 31, 32, 255, 256])
def test_a_flipped_hash_is_exactly_so_far_away(distance: int) -> None:
    rng = np.random.default_rng(3)
    original = plants(1)[0]
    before = original.copy()

    turned = flipped(original, distance, rng)

    assert int(np.bitwise_count(turned ^ original).sum()) == distance
    assert (original == before).all()


@pytest.mark.parametrize("distance", [-1, 257])
def test_bits_that_are_not_there_cannot_be_flipped(distance: int) -> None:
    with pytest.raises(ValueError, match=f"{distance} of 256 bits"):
        flipped(plants(1)[0], distance, np.random.default_rng(3))
