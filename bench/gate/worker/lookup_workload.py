"""Hashes looked up in a list, one by one."""

import hashlib
from collections.abc import Callable

import numpy as np

from pipelines.scanning.hasher import U64
from pipelines.scanning.index.contract import Index, Matches
from pipelines.scanning.index.table import INDEXES

from .messages import LookupSpec
from .workload import Absent, WrongAnswer

CHECKED_QUERIES = 6
"""Queries, spread over all, whose matches are looked for by brute force too."""

Build = Callable[[U64, int], Index]

Pairs = set[tuple[int, int]]
"""Row of the list and distance of each match."""


class LookupWorkload:
    """A list made ready, and the hashes asked for in turn; one unit is one look-up."""

    unit = "look-up"
    own_ns = 0

    def __init__(
        self, build: Build, queries: U64, listed: U64, radius: int, *, verified: bool = False
    ) -> None:
        """Build the index. Raises WrongAnswer where it finds too little, unless `verified`."""
        self._build = build
        self._index = build(listed, radius)
        self._listed = listed
        self._radius = radius
        self._queries = list(queries)
        self.period = len(self._queries)
        self._expected = [_pairs(self._index.query(query)) for query in self._queries]
        self.answer = hashlib.sha256(
            repr([sorted(found) for found in self._expected]).encode()
        ).hexdigest()
        self._last = 0
        if not verified:
            self._verify()

    def again(self) -> "LookupWorkload":
        """Return the list made ready once more."""
        queries = np.stack(self._queries)
        return LookupWorkload(self._build, queries, self._listed, self._radius, verified=True)

    def run(self, start: int, units: int) -> None:
        """Look up `units` hashes from `start` on."""
        queries, period, look_up = self._queries, self.period, self._index.query
        for at in range(start, start + units):
            look_up(queries[at % period])
        self._last = (start + units - 1) % period

    def check(self) -> None:
        """Raise WrongAnswer unless the last look-up finds what it found at first."""
        found = _pairs(self._index.query(self._queries[self._last]))
        if found != self._expected[self._last]:
            raise WrongAnswer(f"query {self._last}: other matches than at first")

    def _verify(self) -> None:
        for at in range(0, self.period, max(1, self.period // CHECKED_QUERIES)):
            brute_force = _brute_force(self._queries[at], self._listed, self._radius)
            _check_found(self._expected[at], brute_force, exact=self._index.exact)

    def facts(self, units: int) -> dict[str, float]:
        """Return nothing: no packets, no overhead."""
        del units
        return {}


def open_lookup(spec: LookupSpec) -> LookupWorkload:
    """Return the benchmark `spec`. Raises Absent, WrongAnswer, or whatever the checkout raises."""
    if spec.index not in INDEXES:
        raise Absent(f"no index {spec.index!r}")
    listed: U64 = np.load(spec.listed, allow_pickle=False)
    queries: U64 = np.load(spec.material, allow_pickle=False)
    listed.flags.writeable = queries.flags.writeable = False
    return LookupWorkload(INDEXES[spec.index].build, queries, listed, spec.radius)


def _check_found(found: Pairs, expected: Pairs, *, exact: bool) -> None:
    if not found <= expected or (exact and found != expected):
        raise WrongAnswer(f"{len(found)} matches where brute force finds {len(expected)}")


def _pairs(matches: Matches) -> Pairs:
    return set(zip(matches.entry.tolist(), matches.distance.tolist(), strict=True))


def _brute_force(query: U64, listed: U64, radius: int) -> Pairs:
    bits = np.unpackbits((listed ^ query).view(np.uint8), axis=1)
    distance = bits.sum(axis=1)
    near = np.flatnonzero(distance <= radius)
    return {(int(entry), int(distance[entry])) for entry in near}
