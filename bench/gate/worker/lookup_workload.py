"""Hashes looked up in a list, one by one."""

import hashlib

import numpy as np

from pipelines.scanning.hasher import U64
from pipelines.scanning.index.contract import Index, Matches
from pipelines.scanning.index.table import INDEXES

from .messages import LookupSpec
from .workload import Absent, WrongAnswer

CHECKED_QUERIES = 6
"""Queries, spread over all, whose matches are looked for by brute force too."""

Pairs = set[tuple[int, int]]
"""Row of the list and distance of each match."""


class LookupWorkload:
    """A list made ready, and the hashes asked for in turn; one unit is one look-up."""

    unit = "look-up"
    own_ns = 0

    def __init__(self, index: Index, queries: U64, listed: U64, radius: int) -> None:
        self._index = index
        self._queries = list(queries)
        self.period = len(self._queries)
        self._expected = [_pairs(index.query(query)) for query in self._queries]
        self._last = 0
        for at in range(0, self.period, max(1, self.period // CHECKED_QUERIES)):
            _check_found(self._expected[at], _brute_force(queries[at], listed, radius), index)
        self.answer = hashlib.sha256(
            repr([sorted(found) for found in self._expected]).encode()
        ).hexdigest()

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
    index = INDEXES[spec.index].build(listed, spec.radius)
    return LookupWorkload(index, queries, listed, spec.radius)


def _check_found(found: Pairs, expected: Pairs, index: Index) -> None:
    if not found <= expected or (index.exact and found != expected):
        raise WrongAnswer(f"{len(found)} matches where brute force finds {len(expected)}")


def _pairs(matches: Matches) -> Pairs:
    return set(zip(matches.entry.tolist(), matches.distance.tolist(), strict=True))


def _brute_force(query: U64, listed: U64, radius: int) -> Pairs:
    bits = np.unpackbits((listed ^ query).view(np.uint8), axis=1)
    distance = bits.sum(axis=1)
    near = np.flatnonzero(distance <= radius)
    return {(int(entry), int(distance[entry])) for entry in near}
