import itertools

import numpy as np
import pytest

from pipelines.scanning.hasher import U64
from pipelines.scanning.index.flat import FlatIndex
from pipelines.scanning.index.multi_index import (
    MultiIndex,
    build_multi_index,
    probes_needed,
    thresholds,
)
from pipelines.scanning.lists import flipped, random_hashes
from pipelines.scanning.native.substrings import SUBSTRING


def test_pdqs_radius_means_one_bit_in_each_sixteenth() -> None:
    assert thresholds(256, 31) == [1] * 16
    assert probes_needed(256, 31) == 16 * 17


def test_the_least_radii_that_find_everything_are_looked_up() -> None:
    assert thresholds(64, 10) == [2, 2, 2, 1]
    assert thresholds(256, 30) == [1] * 15 + [0]
    assert thresholds(256, 0) == [0]
    assert thresholds(256, 16) == [1] + [0] * 15


@pytest.mark.parametrize("bits", [64, 256])
@pytest.mark.parametrize("radius", range(41))
def test_no_way_to_share_out_the_radius_slips_through(bits: int, radius: int) -> None:
    # All tables miss only where each of theirs is one further apart than is looked for.
    assert sum(near + 1 for near in thresholds(bits, radius)) == radius + 1
    assert len(thresholds(bits, radius)) <= bits // SUBSTRING


def spread(words: U64, table_bits: list[int], rng: np.random.Generator) -> U64:
    """Return a copy with so many bits flipped in each sixteenth of the hash."""
    turned = words.copy()
    for table, count in enumerate(table_bits):
        mask = sum(1 << bit for bit in rng.permutation(SUBSTRING)[:count].tolist())
        turned[table // 4] ^= np.uint64(mask << SUBSTRING * (table % 4))
    return turned


def test_differences_shared_out_evenly_are_found_and_once() -> None:
    rng = np.random.default_rng(1)
    hashes = random_hashes(30_000, 256, rng)
    index = MultiIndex(hashes, 31)
    for short in range(16):
        even = [1 if table == short else 2 for table in range(16)]
        matches = index.query(spread(hashes[short], even, rng))
        assert (matches.entry.tolist(), matches.distance.tolist()) == ([short], [31])
    beyond = index.query(spread(hashes[0], [2] * 16, rng))
    assert len(beyond) == 0


def test_all_shares_of_a_64_bit_hash_are_found_up_to_radius_10() -> None:
    rng = np.random.default_rng(2)
    hashes = random_hashes(1000, 64, rng)
    index = MultiIndex(hashes, 10)
    for shares in itertools.product(range(0, 11, 2), repeat=4):
        if sum(shares) <= 10:
            matches = index.query(spread(hashes[3], list(shares), rng))
            assert 3 in matches.entry


def test_tables_are_not_built_where_a_scan_is_shorter() -> None:
    rng = np.random.default_rng(3)
    long, short = random_hashes(50_000, 256, rng), random_hashes(2_000, 256, rng)

    assert isinstance(build_multi_index(long, 31), MultiIndex)
    assert isinstance(build_multi_index(short, 31), FlatIndex)
    assert isinstance(build_multi_index(long, 100), FlatIndex)


def test_more_entries_than_a_table_can_number_are_refused() -> None:
    endless = np.broadcast_to(np.zeros((1, 1), dtype=np.uint64), (2**31, 1))

    with pytest.raises(ValueError, match="2147483648 entries: a table numbers at most 2147483647"):
        build_multi_index(endless, 10)


@pytest.mark.parametrize("alike", [100, 3_000, 20_000])
def test_tables_that_tell_nothing_apart_give_the_same_answer(alike: int) -> None:
    rng = np.random.default_rng(4)
    hashes = random_hashes(40_000, 256, rng)
    # One word in common fills four buckets of four tables, far beyond what a query should touch.
    hashes[:alike, 2] = 0
    query = random_hashes(1, 256, rng)[0]
    query[2] = 0
    hashes[[11, 39_000]] = flipped(query, 31, rng)

    matches = MultiIndex(hashes, 31).query(query)

    assert matches.entry.tolist() == [11, 39_000]
    assert matches.distance.tolist() == [31, 31]


def test_more_matches_than_there_was_room_for_are_all_found() -> None:
    rng = np.random.default_rng(5)
    hashes = random_hashes(30_000, 256, rng)
    hashes[1000:3000] = hashes[7]

    many = MultiIndex(hashes, 31).query_batch(hashes[[8, 7, 9]])

    assert many.entry.tolist() == [8, 7, *range(1000, 3000), 9]
    assert many.query.tolist() == [0] + [1] * 2001 + [2]
