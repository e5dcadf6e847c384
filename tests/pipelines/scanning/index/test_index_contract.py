"""One contract, every back end."""

import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.not_installed import NotInstalled
from pipelines.scanning.hasher import U64
from pipelines.scanning.index.contract import Index, IndexKind, Matches
from pipelines.scanning.index.table import INDEXES
from pipelines.scanning.lists import flipped, make_list, random_hashes

RADIUS = {64: 10, 256: 31}
SIZE = {64: 120_000, 256: 30_000}  # long enough for tables to be used

Pairs = list[tuple[int, int, int]]

every_kind = pytest.mark.parametrize("kind", INDEXES.values(), ids=lambda kind: kind.name)
every_width = pytest.mark.parametrize("bits", RADIUS)


def pairs(matches: Matches) -> Pairs:
    assert matches.query.dtype == np.int64
    assert matches.entry.dtype == np.int64
    assert matches.distance.dtype == np.int32
    assert len(matches) == len(matches.query) == len(matches.entry) == len(matches.distance)
    columns = matches.query.tolist(), matches.entry.tolist(), matches.distance.tolist()
    return list(zip(*columns, strict=True))


def brute_force(hashes: U64, batch: U64, radius: int) -> Pairs:
    found = []
    for row, words in enumerate(batch):
        distances = np.bitwise_count(hashes ^ words).sum(axis=1)
        found += [
            (row, int(entry), int(distances[entry]))
            for entry in np.flatnonzero(distances <= radius)
        ]
    return found


def agrees(index: Index, hashes: U64, batch: U64, radius: int) -> bool:
    """An index that is not exact may miss some, and makes nothing up."""
    found, truth = pairs(index.query_batch(batch)), brute_force(hashes, batch, radius)
    if index.exact:
        return found == truth
    return found == sorted(set(found)) and set(found) <= set(truth)


def plants(bits: int, rng: np.random.Generator) -> tuple[U64, U64]:
    """Return 41 hashes, and the same with 0 to 40 bits flipped."""
    batch = random_hashes(41, bits, rng)
    near = [flipped(words, distance, rng) for distance, words in enumerate(batch)]
    return batch, np.array(near)


@every_kind
@every_width
def test_plants_at_every_distance_are_found_up_to_the_radius(kind: IndexKind, bits: int) -> None:
    rng = np.random.default_rng(bits)
    radius = RADIUS[bits]
    batch, near = plants(bits, rng)
    hashes = make_list("pdq", bits, size=SIZE[bits], seed=3, planted=near).hashes

    assert agrees(kind.build(hashes, radius), hashes, batch, radius)


@every_kind
@every_width
@pytest.mark.parametrize("radius", [0, 3, 7, 16])
def test_other_radii_find_what_brute_force_finds(kind: IndexKind, bits: int, radius: int) -> None:
    rng = np.random.default_rng(radius)
    batch, near = plants(bits, rng)
    hashes = make_list("pdq", bits, size=SIZE[bits], seed=3, planted=near).hashes

    assert agrees(kind.build(hashes, radius), hashes, batch, radius)


@every_kind
@every_width
def test_a_radius_of_all_bits_finds_everything(kind: IndexKind, bits: int) -> None:
    hashes = random_hashes(300, bits, np.random.default_rng(1))

    for radius in (bits, bits + 1, 10 * bits):
        index = kind.build(hashes, radius)
        found = pairs(index.query(~hashes[7]))
        assert found == brute_force(hashes, ~hashes[7:8], radius) or not index.exact


@every_kind
@every_width
def test_a_batch_finds_what_its_queries_find(kind: IndexKind, bits: int) -> None:
    rng = np.random.default_rng(5)
    batch, near = plants(bits, rng)
    hashes = make_list("pdq", bits, size=SIZE[bits], seed=3, planted=near).hashes
    index = kind.build(hashes, RADIUS[bits])

    single = [
        (row, entry, distance)
        for row, words in enumerate(batch)
        for _, entry, distance in pairs(index.query(words))
    ]
    assert pairs(index.query_batch(batch)) == single
    assert pairs(index.query_batch(batch[:0])) == []


@every_kind
def test_an_entry_that_comes_twice_is_found_twice(kind: IndexKind) -> None:
    rng = np.random.default_rng(6)
    hashes = random_hashes(SIZE[256], 256, rng)
    hashes[[5, 17_000, 29_999]] = hashes[400]

    found = pairs(kind.build(hashes, 31).query(flipped(hashes[400], 9, rng)))

    assert found == [(0, 5, 9), (0, 400, 9), (0, 17_000, 9), (0, 29_999, 9)]


@every_kind
@every_width
def test_a_list_of_one_hash_over_and_over_is_found_whole(kind: IndexKind, bits: int) -> None:
    rng = np.random.default_rng(8)
    size = SIZE[bits]
    hashes = np.repeat(random_hashes(1, bits, rng), size, axis=0)
    index = kind.build(hashes, RADIUS[bits])

    matches = index.query(flipped(hashes[0], 1, rng))

    assert (matches.entry == np.arange(size)).all()
    assert (matches.distance == 1).all()
    assert len(index.query(~hashes[0])) == 0


@every_kind
@every_width
def test_a_crowd_of_alike_hashes_is_found_once_each_and_in_order(
    kind: IndexKind, bits: int
) -> None:
    rng = np.random.default_rng(9)
    centre = random_hashes(1, bits, rng)[0]
    crowd = np.array([flipped(centre, index % 8, rng) for index in range(1200)])
    hashes = make_list("pdq", bits, size=SIZE[bits], seed=2, planted=crowd).hashes
    index = kind.build(hashes, RADIUS[bits])

    assert agrees(index, hashes, np.array([centre, ~centre, crowd[7]]), RADIUS[bits])


@every_kind
@every_width
def test_nothing_is_found_in_an_empty_list(kind: IndexKind, bits: int) -> None:
    batch = random_hashes(3, bits, np.random.default_rng(1))
    index = kind.build(batch[:0], RADIUS[bits])

    assert pairs(index.query(batch[0])) == []
    assert pairs(index.query_batch(batch)) == []
    assert index.nbytes >= 0


@every_kind
@every_width
def test_a_list_of_one_entry(kind: IndexKind, bits: int) -> None:
    rng = np.random.default_rng(2)
    hashes = random_hashes(1, bits, rng)
    index = kind.build(hashes, RADIUS[bits])

    assert pairs(index.query(flipped(hashes[0], 3, rng))) == [(0, 0, 3)]
    assert pairs(index.query(~hashes[0])) == []


@every_kind
def test_the_list_and_the_queries_stay_as_they_were(kind: IndexKind) -> None:
    rng = np.random.default_rng(3)
    hashes = random_hashes(SIZE[256], 256, rng)
    hashes_before, batch = hashes.copy(), hashes[:4].copy()
    hashes.flags.writeable = batch.flags.writeable = False

    index = kind.build(hashes, 31)
    index.query_batch(batch)
    index.query(batch[0])

    assert (hashes == hashes_before).all()
    assert (batch == hashes_before[:4]).all()


@every_kind
def test_hashes_need_not_lie_side_by_side(kind: IndexKind) -> None:
    rng = np.random.default_rng(4)
    spread = random_hashes(2 * SIZE[256], 512, rng)[::2, 1::2]
    batch = random_hashes(6, 512, rng)[::2, ::2]
    batch[1] = spread[11]
    index = kind.build(spread, 31)

    assert pairs(index.query_batch(batch)) == [(1, 11, 0)]
    assert pairs(index.query(spread[12])) == [(0, 12, 0)]


@every_kind
@every_width
def test_another_width_is_refused(kind: IndexKind, bits: int) -> None:
    index = kind.build(random_hashes(50, bits, np.random.default_rng(1)), 3)
    words = bits // 64

    for shape in [(words + 1,), (words - 1,), (1, words)]:
        with pytest.raises(ValueError, match="a query of this index is uint64"):
            index.query(np.zeros(shape, dtype=np.uint64))
    for shape in [(words,), (2, words + 1), (2, words, 1)]:
        with pytest.raises(ValueError, match="a batch for this index is uint64"):
            index.query_batch(np.zeros(shape, dtype=np.uint64))


@every_kind
def test_what_is_no_list_is_refused(kind: IndexKind) -> None:
    with pytest.raises(ValueError, match="radius -1"):
        kind.build(np.zeros((3, 4), dtype=np.uint64), -1)
    for no_list in (np.zeros(4, np.uint64), np.zeros((3, 0), np.uint64)):
        with pytest.raises(ValueError, match="a list holds uint64 of shape"):
            kind.build(no_list, 3)
    with pytest.raises(ValueError, match="not int64 of"):
        kind.build(np.zeros((3, 4), np.int64).view(), 3)  # type: ignore[arg-type]


@every_kind
@every_width
def test_an_index_holds_at_least_its_hashes(kind: IndexKind, bits: int) -> None:
    hashes = random_hashes(SIZE[bits], bits, np.random.default_rng(1))

    assert hashes.nbytes <= kind.build(hashes, RADIUS[bits]).nbytes < 100 * hashes.nbytes


@every_kind
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_list_of_few_kinds_of_words(kind: IndexKind, data: st.DataObject) -> None:
    words = data.draw(st.sampled_from([1, 4]))
    word = st.sampled_from([0, 1, 2**16, 2**63, 2**64 - 1, 0x5555_5555_5555_5555])
    row = st.lists(word, min_size=words, max_size=words)
    hashes = np.array(data.draw(st.lists(row, max_size=30)), np.uint64).reshape(-1, words)
    batch = np.array(data.draw(st.lists(row, min_size=1, max_size=4)), dtype=np.uint64)
    radius = data.draw(st.integers(0, 70))

    assert agrees(kind.build(hashes, radius), hashes, batch, radius)


@pytest.mark.parametrize("name", ["faiss-flat", "faiss-multi-hash"])
def test_without_faiss_the_extra_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)

    with pytest.raises(NotInstalled, match=r"pip install 'sealbench\[scan\]'"):
        INDEXES[name].build(np.zeros((1, 4), dtype=np.uint64), 31)


def test_each_kind_stands_under_its_name_and_ours_are_exact() -> None:
    assert [kind.name for kind in INDEXES.values()] == list(INDEXES)
    assert list(INDEXES) == ["flat", "multi-index", "faiss-flat", "faiss-multi-hash"]
    build: Callable[[U64, int], Index]
    for name in ("flat", "multi-index"):
        build = INDEXES[name].build
        assert INDEXES[name].exact
        assert build(np.zeros((1, 4), dtype=np.uint64), 31).exact


@pytest.mark.parametrize(("bits", "radius", "exact"), [(256, 31, True), (256, 32, False)])
def test_faiss_multi_hash_says_up_to_where_it_is_exact(
    bits: int, radius: int, *, exact: bool
) -> None:
    kind = INDEXES["faiss-multi-hash"]

    assert kind.build(np.zeros((1, bits // 64), dtype=np.uint64), radius).exact is exact
