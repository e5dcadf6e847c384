"""Whether an index finds what is there, before its time is taken."""

import numpy as np

from bench.cases import LookupCase
from bench.verdict import WrongAnswer
from pipelines.scanning.hasher import U64
from pipelines.scanning.index.contract import Index, Matches
from pipelines.scanning.index.flat import FLAT
from pipelines.scanning.lists import flipped

QUERIES = 24
"""Queries of the case that are checked; besides them, one at every distance from an entry."""

BY_HAND = 3
"""How many of those are compared with every entry by NumPy too: our own scan is tested with it."""

BEYOND = 2
"""Distances beyond the radius that are tried."""

Pairs = list[tuple[int, int, int]]


def check_lookups(case: LookupCase, index: Index, queries: U64, hashes: U64) -> None:
    """Raise WrongAnswer unless `index` finds what is in `hashes`, and nothing else.

    One that is not exact may miss some. Looked up are some of `queries`, and entries with 0 to
    radius + 2 bits flipped; alone and as a batch.
    """
    rng = np.random.default_rng(1)
    spread = np.linspace(0, len(queries) - 1, min(QUERIES, len(queries)), dtype=np.int64)
    asked = np.concatenate([queries[spread], _near_entries(hashes, case.radius, rng)])
    truth = _pairs(FLAT.build(hashes, case.radius).query_batch(asked))
    by_hand = rng.permutation(len(asked))[:BY_HAND]
    for row in by_hand.tolist():
        scanned = [(entry, apart) for query, entry, apart in truth if query == row]
        if scanned != _brute_force(asked[row], hashes, case.radius):
            raise WrongAnswer(f"{case.id}: the flat scan and NumPy find different entries")
    together = _pairs(index.query_batch(asked))
    single = [
        (row, entry, apart)
        for row, words in enumerate(asked)
        for _, entry, apart in _pairs(index.query(words))
    ]
    for how, found in (("alone", single), ("in a batch", together)):
        _compare(case, how, found, truth, exact=index.exact)


def _compare(case: LookupCase, how: str, found: Pairs, truth: Pairs, *, exact: bool) -> None:
    made_up = sorted(set(found) - set(truth))
    if made_up:
        row, entry, apart = made_up[0]
        raise WrongAnswer(
            f"{case.id}: query {row}, looked up {how}: entry {entry} is not {apart} bits away"
        )
    missed = sorted(set(truth) - set(found))
    if exact and missed:
        row, entry, apart = missed[0]
        raise WrongAnswer(
            f"{case.id}: query {row}, looked up {how}: entry {entry}, {apart} bits away, not found"
        )
    if found != sorted(set(found)):
        raise WrongAnswer(f"{case.id}: matches, looked up {how}, come twice or in no order")


def _near_entries(hashes: U64, radius: int, rng: np.random.Generator) -> U64:
    """Return one hash at every distance from 0 to radius + 2 from an entry, as far as bits go."""
    most = min(radius + BEYOND, 64 * hashes.shape[1])
    entries = hashes[rng.integers(0, len(hashes), most + 1)] if len(hashes) else hashes
    near = [flipped(words, distance, rng) for distance, words in enumerate(entries)]
    return np.array(near, dtype=np.uint64).reshape(len(near), hashes.shape[1])


def _brute_force(words: U64, hashes: U64, radius: int) -> list[tuple[int, int]]:
    distances = np.bitwise_count(hashes ^ words).sum(axis=1)
    return [(int(entry), int(distances[entry])) for entry in np.flatnonzero(distances <= radius)]


def _pairs(matches: Matches) -> Pairs:
    columns = matches.query.tolist(), matches.entry.tolist(), matches.distance.tolist()
    return list(zip(*columns, strict=True))
