"""Hashes looked up in a list: the answers checked first, then the time of each look-up."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import msgspec
import numpy as np

from bench.cases import LookupCase
from bench.clock import now
from bench.measure import collector_off
from bench.results import LookupSummary, Row
from bench.samples import Samples
from bench.stats import Bootstrap
from bench.trials.lookup_check import check_lookups
from pipelines.scanning.hash_list import HashList
from pipelines.scanning.hasher import U64
from pipelines.scanning.index.contract import Index, IndexKind, Matches

PACKAGES = {"faiss-flat": "faiss-cpu", "faiss-multi-hash": "faiss-cpu"}
"""The distribution that a back end comes from, where it is not ours."""

COLUMNS = ("round", "query", "start_ns", "end_ns", "found", "build_ns", "index_bytes")
"""One sample per look-up: `query` is its first row of the queries, `found` counts its matches.

The last two are the same in each sample.
"""

WARM_UP_ENTRIES = 100_000
"""Entries of a list made ready before the case's own, so that no kernel is compiled in its time."""

WARM_UP_LOOKUPS = 24
"""First look-ups allocate and fill caches; none of them is measured."""

SETTLE_LOOKUPS = 4
"""Look-ups made untimed at the start of each round, after another case has used the caches."""

MOST_LOOKUPS_PER_ROUND = 1000
"""Keeps raw samples small; more precision comes from more rounds, not from longer ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupTrial:
    """A list made ready by one back end, checked and warm.

    A unit is one look-up: of one hash, or of a batch. `questions` holds all different ones, uint64
    of shape (words,) or (batch, words).
    """

    case: LookupCase
    index: Index
    questions: tuple[U64, ...]
    queries: int
    entries: int
    fit: int
    build_ns: int

    @property
    def compared_with(self) -> tuple[str, ...]:
        """Return what is looked up in what: back ends are compared within it."""
        case = self.case
        numbers = (case.radius, case.list_size, case.batch)
        return ("lookup", case.clip, case.hasher, *map(str, numbers))

    @property
    def period(self) -> int:
        """Look-ups after which the queries start over."""
        return len(self.questions)

    def measure(self, round_index: int, units: int) -> Samples:
        """Return one sample for each of `units` look-ups. The clock is read around the call."""
        look_up = _call(self.index, self.case)
        first = round_index * units
        asked = [self.questions[(first + unit) % self.period] for unit in range(units)]
        start_ns, end_ns, found = [0] * units, [0] * units, [0] * units
        with collector_off():
            for unit in range(-SETTLE_LOOKUPS, 0):
                look_up(self.questions[(first + unit) % self.period])
            for unit, question in enumerate(asked):
                start_ns[unit] = now()
                matches = look_up(question)
                end_ns[unit] = now()
                found[unit] = len(matches)
        samples = np.zeros(units, dtype=[(name, np.int64) for name in COLUMNS])
        samples["round"] = round_index
        samples["query"] = (first + np.arange(units)) * self.case.batch % self.queries
        samples["start_ns"], samples["end_ns"], samples["found"] = start_ns, end_ns, found
        samples["build_ns"], samples["index_bytes"] = self.build_ns, self.index.nbytes
        return samples

    def row(self, row: Row, samples: Samples, *, seed: int) -> Row:
        """Return `row` with the time per query; frames are queries here."""
        batch = self.case.batch
        duration_ns = samples["end_ns"] - samples["start_ns"]
        queries = np.full(len(samples), batch)
        bootstrap = Bootstrap(samples["round"], seed=seed)
        p50, p99 = bootstrap.quantiles(duration_ns // batch, (0.5, 0.99))
        summary = LookupSummary(
            hasher=self.case.hasher,
            index=self.case.index,
            exact=self.index.exact,
            radius=self.case.radius,
            list_entries=self.entries,
            index_bytes=int(samples["index_bytes"].max()),
            build_s=float(samples["build_ns"].mean()) / 1e9,
            batch=batch,
            p50_ns=p50,
            p99_ns=p99,
            mean_ns=bootstrap.ratio(duration_ns, queries),
            found_mean=float(samples["found"].sum() / queries.sum()),
        )
        package = PACKAGES.get(self.case.index)
        return msgspec.structs.replace(
            row,
            library=f"{package} {version(package)}" if package else "",
            frames=int(queries.sum()),
            rounds=len(np.unique(samples["round"])),
            lookup=summary,
        )

    def close(self) -> None:
        """Do nothing: the index goes with the trial."""


def open_lookup(
    case: LookupCase, kind: IndexKind, *, queries: U64, hash_list: HashList
) -> LookupTrial:
    """Make `hash_list` ready, check what it finds, and choose the size of a round.

    `queries`, uint64 of shape (n, words), come in order and start over. Raises NotInstalled,
    WrongAnswer, and ValueError without queries or for a list of other hashes than the case's.
    """
    if not len(queries) or queries.shape[1:] != hash_list.hashes.shape[1:]:
        raise ValueError(
            f"{case.id}: queries of shape {queries.shape} cannot be looked up"
            f" among hashes of {hash_list.bits} bits"
        )
    if hash_list.hasher != case.hasher:
        raise ValueError(f"{case.id}: the list holds hashes of {hash_list.hasher!r}")
    kind.build(hash_list.hashes[:WARM_UP_ENTRIES], case.radius)
    began_ns = now()
    index = kind.build(hash_list.hashes, case.radius)
    build_ns = now() - began_ns
    check_lookups(case, index, queries, hash_list.hashes)
    questions = _questions(queries, case.batch)
    return LookupTrial(
        case=case,
        index=index,
        questions=questions,
        queries=len(queries),
        entries=len(hash_list),
        fit=_fit(case, index, questions),
        build_ns=build_ns,
    )


def _call(index: Index, case: LookupCase) -> Callable[[U64], Matches]:
    return index.query if case.batch == 1 else index.query_batch


def _questions(queries: U64, batch: int) -> tuple[U64, ...]:
    """Return what is looked up, one after the other, until the queries come in the same way."""
    if batch == 1:
        return tuple(queries)
    count = len(queries) // math.gcd(len(queries), batch)
    rows = np.arange(count * batch).reshape(count, batch) % len(queries)
    return tuple(queries[chosen] for chosen in rows)


def _fit(case: LookupCase, index: Index, questions: tuple[U64, ...]) -> int:
    """Return how many look-ups fill one round, at the median time of the first ones."""
    look_up = _call(index, case)
    times_ns = np.zeros(WARM_UP_LOOKUPS)
    for lookup in range(WARM_UP_LOOKUPS):
        began_ns = now()
        look_up(questions[lookup % len(questions)])
        times_ns[lookup] = now() - began_ns
    round_ns = case.seconds * 1e9 / case.rounds
    fitting = round(round_ns / max(1.0, float(np.median(times_ns))))
    return max(2, min(MOST_LOOKUPS_PER_ROUND, fitting))
