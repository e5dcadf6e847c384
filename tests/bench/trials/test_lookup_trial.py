import dataclasses
from typing import Any

import msgspec
import numpy as np
import pytest

from bench.cases import LookupCase
from bench.results import Row
from bench.trials.lookup import COLUMNS, LookupTrial, open_lookup
from bench.verdict import WrongAnswer
from pipelines.scanning.hash_list import HashList
from pipelines.scanning.hasher import U64
from pipelines.scanning.index.contract import Index, IndexKind, Matches
from pipelines.scanning.index.flat import FLAT
from pipelines.scanning.index.table import INDEXES
from pipelines.scanning.lists import flipped, make_list, random_hashes

CASE = LookupCase(
    why="to try it",
    clip="synthetic-head-360p",
    seconds=0.02,
    rounds=2,
    hasher="pdq",
    index="flat",
    list_size=2000,
    radius=31,
)


def frames(count: int = 30) -> U64:
    """Hashes of which neighbours are close to each other, as a clip's are."""
    rng = np.random.default_rng(1)
    first = random_hashes(1, 256, rng)[0]
    return np.array([flipped(first, index % 20, rng) for index in range(count)])


def some_list(size: int = 2000) -> HashList:
    return make_list("pdq", 256, size=size, seed=2, planted=frames(10))


def opened(case: LookupCase = CASE, kind: IndexKind = FLAT) -> LookupTrial:
    return open_lookup(case, kind, queries=frames(), hash_list=some_list(case.list_size))


def row_of(trial: LookupTrial, rounds: int = 2, units: int = 10) -> Row:
    samples = np.concatenate([trial.measure(index, units) for index in range(rounds)])
    bare = Row(case=trial.case.id, why=trial.case.why, model="lookup", clip=trial.case.clip)
    return trial.row(bare, samples, seed=1)


@pytest.mark.parametrize("kind", INDEXES.values(), ids=lambda kind: kind.name)
def test_every_index_is_checked_measured_and_summed_up(kind: IndexKind) -> None:
    case = msgspec.structs.replace(CASE, index=kind.name, list_size=20_000)
    row = row_of(opened(case, kind))

    summary = row.lookup
    assert summary is not None
    assert (summary.index, summary.hasher, summary.radius) == (kind.name, "pdq", 31)
    assert (summary.list_entries, summary.batch, summary.exact) == (20_000, 1, True)
    assert summary.index_bytes >= 20_000 * 32
    assert summary.build_s > 0
    assert 0 < summary.p50_ns.value <= summary.p99_ns.value
    assert (row.frames, row.rounds) == (20, 2)


def test_a_sample_tells_the_query_its_time_and_what_was_found() -> None:
    trial = opened()
    samples = trial.measure(1, 20)

    assert samples.dtype.names == COLUMNS
    assert set(samples["round"].tolist()) == {1}
    assert samples["query"].tolist() == [*range(20, 30), *range(10)]
    assert (samples["end_ns"] > samples["start_ns"]).all()
    assert (samples["start_ns"][1:] >= samples["end_ns"][:-1]).all()
    counted = [len(trial.index.query(frames()[query])) for query in samples["query"].tolist()]
    assert samples["found"].tolist() == counted
    assert sum(counted) > 20  # ten neighbours are listed
    assert set(samples["index_bytes"].tolist()) == {trial.index.nbytes}
    assert set(samples["build_ns"].tolist()) == {trial.build_ns}


def test_the_same_round_asks_the_same_again() -> None:
    columns = ["round", "query", "found"]

    first, again = opened().measure(3, 8), opened().measure(3, 8)

    assert (first[columns] == again[columns]).all()


def test_a_batch_is_one_sample_and_its_time_is_shared_out() -> None:
    case = msgspec.structs.replace(CASE, batch=4)
    trial = opened(case)
    samples = trial.measure(0, 15)

    assert trial.period == 15  # 30 queries come round after two turns of 15 batches
    assert samples["query"].tolist() == [4 * unit % 30 for unit in range(15)]
    one_by_one = [len(opened().index.query(words)) for words in frames()]
    assert samples["found"].sum() == 2 * sum(one_by_one)
    row = trial.row(Row(case=case.id, why="", model="lookup", clip=""), samples, seed=1)
    assert row.lookup is not None
    assert row.frames == 60
    total_ns = int((samples["end_ns"] - samples["start_ns"]).sum())
    assert row.lookup.mean_ns.value == pytest.approx(total_ns / 60)
    assert row.lookup.found_mean == pytest.approx(sum(one_by_one) / 30)


def test_back_ends_are_compared_where_they_look_up_the_same() -> None:
    trial = opened()

    assert trial.compared_with == ("lookup", CASE.clip, "pdq", "31", "2000", "1")
    assert trial.period == 30
    assert trial.fit >= 2


def test_a_round_that_is_short_still_holds_two_look_ups() -> None:
    assert opened(msgspec.structs.replace(CASE, seconds=1e-9)).fit == 2


@pytest.mark.parametrize("radius", [0, 255, 256, 1000])
def test_any_radius_can_be_checked(radius: int) -> None:
    case = msgspec.structs.replace(CASE, radius=radius, list_size=50)

    assert opened(case).index.exact


class Spoilt:
    """The flat scan, with its matches changed."""

    def __init__(self, index: Index, *, exact: bool) -> None:
        self._index = index
        self.exact = exact
        self.nbytes = index.nbytes

    def query(self, words: U64) -> Matches:
        return self._index.query(words)

    def query_batch(self, batch: U64) -> Matches:
        return self._index.query_batch(batch)


class Forgetful(Spoilt):
    def query(self, words: U64) -> Matches:
        return self.query_batch(words[None])

    def query_batch(self, batch: U64) -> Matches:
        matches = self._index.query_batch(batch)
        near = matches.distance < 31
        return Matches(
            query=matches.query[near], entry=matches.entry[near], distance=matches.distance[near]
        )


class Inventive(Spoilt):
    def query(self, words: U64) -> Matches:
        matches = self._index.query(words)
        return Matches(query=matches.query, entry=matches.entry, distance=matches.distance + 1)


class Disordered(Spoilt):
    def query_batch(self, batch: U64) -> Matches:
        matches = self._index.query_batch(batch)
        turned = slice(None, None, -1)
        return Matches(
            query=matches.query[turned],
            entry=matches.entry[turned],
            distance=matches.distance[turned],
        )


def spoilt(how: type[Spoilt], *, exact: bool = True) -> IndexKind:
    def build(hashes: U64, radius: int) -> Index:
        return how(FLAT.build(hashes, radius), exact=exact)

    return dataclasses.replace(FLAT, build=build)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (Forgetful, r"looked up alone: entry \d+, 31 bits away, not found"),
        (Inventive, r"looked up alone: entry \d+ is not \d+ bits away"),
        (Disordered, "looked up in a batch, come twice or in no order"),
    ],
)
def test_an_index_that_answers_wrongly_is_not_measured(how: type[Spoilt], message: str) -> None:
    with pytest.raises(WrongAnswer, match=message):
        opened(kind=spoilt(how))


def test_an_index_that_says_it_is_not_exact_may_miss_some_and_the_row_says_so() -> None:
    row = row_of(opened(kind=spoilt(Forgetful, exact=False)))

    assert row.lookup is not None
    assert not row.lookup.exact
    with pytest.raises(WrongAnswer, match="is not"):
        opened(kind=spoilt(Inventive, exact=False))


def test_queries_of_another_width_or_none_are_refused() -> None:
    queries: list[Any] = [frames()[:0], frames()[:, :1]]
    for each in queries:
        with pytest.raises(ValueError, match="cannot be looked up among hashes of 256 bits"):
            open_lookup(CASE, FLAT, queries=each, hash_list=some_list())


def test_a_list_of_another_hash_is_refused() -> None:
    other = make_list("other", 256, size=5, seed=2, planted=frames(1))

    with pytest.raises(ValueError, match="the list holds hashes of 'other'"):
        open_lookup(CASE, FLAT, queries=frames(), hash_list=other)


def test_an_empty_list_finds_nothing() -> None:
    empty = make_list("pdq", 256, size=0, seed=2, planted=frames()[:0])

    trial = open_lookup(CASE, FLAT, queries=frames(), hash_list=empty)

    assert trial.measure(0, 3)["found"].sum() == 0
