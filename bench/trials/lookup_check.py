"""Whether an index finds what is there, before its time is taken."""

import numpy as np
import numpy.typing as npt

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

AT_ONCE = 4
"""Queries checked at a time: where nearly all entries match, all pairs at once would not fit."""

I64 = npt.NDArray[np.int64]


def check_lookups(case: LookupCase, index: Index, queries: U64, hashes: U64) -> None:
    """Raise WrongAnswer unless `index` finds what is in `hashes`, and nothing else.

    One that is not exact may miss some. Looked up are some of `queries`, and entries with 0 to
    radius + 2 bits flipped; alone and as a batch.
    """
    rng = np.random.default_rng(1)
    spread = np.linspace(0, len(queries) - 1, min(QUERIES, len(queries)), dtype=np.int64)
    asked = np.concatenate([queries[spread], _near_entries(hashes, case.radius, rng)])
    flat = FLAT.build(hashes, case.radius)
    for row in rng.permutation(len(asked))[:BY_HAND].tolist():
        there, distances = _brute_force(asked[row], hashes, case.radius)
        scanned = flat.query(asked[row])
        same = np.array_equal(scanned.entry, there)
        if not same or not np.array_equal(scanned.distance, distances):
            raise WrongAnswer(f"{case.id}: the flat scan and NumPy find different entries")
    entries = max(1, len(hashes))
    for first in range(0, len(asked), AT_ONCE):
        some = asked[first : first + AT_ONCE]
        truth = _pairs(flat.query_batch(some), entries)
        for row, words in enumerate(some):
            alone = truth[:, truth[0] // entries == row].copy()
            alone[0] -= row * entries
            single = _pairs(index.query(words), entries)
            _compare(case.id, "alone", single, alone, entries)
            _complete(case.id, "alone", single, alone, exact=index.exact, entries=entries)
        together = _pairs(index.query_batch(some), entries)
        _compare(case.id, "in a batch", together, truth, entries)
        _complete(case.id, "in a batch", together, truth, exact=index.exact, entries=entries)


def _pairs(matches: Matches, entries: int) -> I64:
    """Return matches as (query x entries + entry, distance), int64 of shape (2, found)."""
    return np.stack([matches.query * entries + matches.entry, matches.distance.astype(np.int64)])


def _compare(case_id: str, how: str, found: I64, truth: I64, entries: int) -> None:
    """Raise WrongAnswer where something was found that is not there, or not in order."""
    if (np.diff(found[0]) <= 0).any():
        raise WrongAnswer(f"{case_id}: matches, looked up {how}, come twice or in no order")
    wrong = np.ones(found.shape[1], dtype=np.bool_)
    if truth.shape[1]:
        place = np.minimum(np.searchsorted(truth[0], found[0]), truth.shape[1] - 1)
        wrong = (truth[:, place] != found).any(axis=0)
    if wrong.any():
        pair, apart = found[:, int(wrong.argmax())].tolist()
        raise WrongAnswer(
            f"{case_id}: looked up {how}: entry {pair % entries} is not {apart} bits away"
        )


def _complete(case_id: str, how: str, found: I64, truth: I64, *, exact: bool, entries: int) -> None:
    """Raise WrongAnswer where an index that is exact missed something."""
    if exact and found.shape[1] != truth.shape[1]:
        missed = int(np.setdiff1d(truth[0], found[0])[0])
        apart = int(truth[1, truth[0] == missed][0])
        raise WrongAnswer(
            f"{case_id}: looked up {how}: entry {missed % entries}, {apart} bits away, not found"
        )


def _near_entries(hashes: U64, radius: int, rng: np.random.Generator) -> U64:
    """Return one hash at every distance from 0 to radius + 2 from an entry, as far as bits go."""
    most = min(radius + BEYOND, 64 * hashes.shape[1])
    entries = hashes[rng.integers(0, len(hashes), most + 1)] if len(hashes) else hashes
    near = [flipped(words, distance, rng) for distance, words in enumerate(entries)]
    return np.array(near, dtype=np.uint64).reshape(len(near), hashes.shape[1])


def _brute_force(words: U64, hashes: U64, radius: int) -> tuple[I64, I64]:
    distances = np.bitwise_count(hashes ^ words).sum(axis=1, dtype=np.int64)
    entries = np.flatnonzero(distances <= radius)
    return entries, distances[entries]
