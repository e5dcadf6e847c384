"""From timed blocks to what a call, a packet and a byte take: non-negative least squares."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.calibrate.probe import Reading

TERMS = 3

SINGULAR = 1e-9
"""Columns, scaled to length 1, whose least singular value is below this do not tell terms apart."""

EXACT = 1e-12
"""Mean squared relative error that counts as none: 1e-6 is far below any timer's noise."""

Array = npt.NDArray[np.float64]


class Terms(NamedTuple):
    """ns per call, per packet and per byte."""

    call_ns: float
    packet_ns: float
    byte_ns: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The terms of each round; `misfit` is None where there was one cell, and so nothing to fit."""

    terms: tuple[Terms, ...]
    misfit: float | None


class Unmeasured(Exception):  # noqa: N818 - what happened
    """The readings say nothing of a cost."""


def fit(rounds: Sequence[Sequence[Reading]]) -> Fitted:
    """Return the terms of one cost in each of `rounds`, from that round's readings.

    Which terms there are is decided once, on all rounds together: the fewest that explain the times
    (Schwarz's criterion), so that terms which always go together do not blow each other up. Errors
    are relative: a block of 1 us counts as much as one of 1 ms. Raises Unmeasured for a round
    without readings, or whose readings took no time or did nothing.
    """
    cells = [merged(readings) for readings in rounds]
    if not cells or not all(each.size for each in cells):
        raise Unmeasured("a round has no reading that did something and took time")
    per_time = [_relative(each) for each in cells]
    chosen = support(_evened(per_time))
    terms = tuple(Terms(*_least_squares(each, chosen).tolist()) for each in per_time)
    return Fitted(terms=terms, misfit=_misfit(rounds, terms))


def merged(readings: Sequence[Reading]) -> Array:
    """Return a row of calls, packets, bytes and ns for each proportion of these, shape (n, 4).

    Blocks of equal proportions are one: their sums. A cost of one term is thus its mean, and not
    what relative errors make of frames that differ. Blocks that did nothing or took no time are
    left out.
    """
    sums: dict[tuple[int, ...], list[int]] = {}
    for reading in readings:
        counts = (reading.calls, reading.packets, reading.size_bytes)
        shared = math.gcd(*counts)
        if not shared or reading.cpu_ns <= 0:
            continue
        row = sums.setdefault(tuple(count // shared for count in counts), [0] * (TERMS + 1))
        for index, value in enumerate((*counts, reading.cpu_ns)):
            row[index] += value
    return np.array(list(sums.values()), dtype=np.float64).reshape(-1, TERMS + 1)


def support(per_time: Array) -> tuple[int, ...]:
    """Return which terms explain the rows best: fewest and earliest where others do no better.

    `per_time` holds calls, packets and bytes per ns, shape (n, 3).
    """
    n = len(per_time)

    def criterion(columns: tuple[int, ...], squared: float) -> float:
        return n * math.log(squared / n + EXACT) + len(columns) * math.log(n)

    best: tuple[int, ...] = ()
    least = math.inf
    for columns, _, squared in _solutions(per_time, range(TERMS)):
        value = criterion(columns, squared)
        # Equal but for rounding: the earlier one has fewer terms, or a call rather than a byte.
        if value < least - 1e-6 * n:
            best, least = columns, value
    return best


def _evened(per_time: Sequence[Array]) -> Array:
    """Return the rows of all rounds as if all had been equally fast.

    A slow minute makes everything slow alike: that is no error of the terms, and would hide small
    ones.
    """
    typical = _least_squares(np.vstack(per_time), range(TERMS))
    # Predicted over measured: what a round was faster by; 0 where its cells are other ones.
    faster = [float(np.median(each @ typical)) or 1.0 for each in per_time]
    return np.vstack([each / by for each, by in zip(per_time, faster, strict=True)])


def _least_squares(per_time: Array, among: Sequence[int]) -> Array:
    """Return the three terms >= 0 that fit best, all but those `among` zero."""
    terms = np.zeros(TERMS)
    least = math.inf
    for columns, values, squared in _solutions(per_time, among):
        if squared < least:
            least = squared
            terms = np.zeros(TERMS)
            terms[list(columns)] = values
    return terms


def _solutions(
    per_time: Array, among: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], Array, float]]:
    """Yield for every subset of `among` its terms, where all are above 0, and the squared error.

    The best non-negative solution is the least squares solution of the terms that it has: so with
    three terms, trying all seven subsets is exact.
    """
    lengths = np.linalg.norm(per_time, axis=0)
    present = [column for column in among if lengths[column] > 0]
    target = np.ones(len(per_time))
    for count in range(1, len(present) + 1):
        for columns in combinations(present, count):
            scaled = per_time[:, columns] / lengths[list(columns)]
            values, _, rank, _ = np.linalg.lstsq(scaled, target, rcond=SINGULAR)
            if rank < count or (values <= 0).any():
                continue
            error = scaled @ values - target
            yield columns, values / lengths[list(columns)], float(error @ error)


def _relative(cells: Array) -> Array:
    """Return calls, packets and bytes per ns of each cell, so that every cell's time is 1."""
    return cells[:, :TERMS] / cells[:, TERMS:]


def _misfit(rounds: Sequence[Sequence[Reading]], terms: Sequence[Terms]) -> float | None:
    """Return the median relative error, over cells of all rounds together, of the mean terms."""
    cells = merged([reading for readings in rounds for reading in readings])
    if len(cells) < 2:
        return None
    predicted = cells[:, :TERMS] @ np.mean(terms, axis=0)
    return float(np.median(np.abs(predicted / cells[:, TERMS] - 1)))
