"""What the blocks of one benchmark say: head over base and twin over base, with their doubt.

The point is the median of the log ratios of all rounds: a median does not mind the few rounds in
which something else ran. Its doubt is taken over restarts, for rounds of the same three processes
share what a restart draws anew (where memory came to lie, above all); an interval over rounds would
be far too sure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench import student
from bench.gate.blocks import Blocks, Flags
from bench.gate.design import Comparison
from bench.results import Estimate

F64 = npt.NDArray[np.float64]

LEAST_ROUNDS = 10
"""A restart with fewer usable rounds counts as none: its median would be chance.

Where units are so slow that there were fewer than twice as many, half of them will do.
"""

LEAST_RESTARTS = 2
"""One restart alone shows no spread."""

CONFIDENCE = 0.95


def compare(restarts: Sequence[Blocks], *, threshold: float) -> Comparison | None:
    """Return the comparison that `restarts` of one benchmark make, None where too little is usable.

    A round counts as a whole or not at all: it does not where it was interrupted, or where one of
    its blocks took no time by the clock. Where slow blocks, or a busy machine, leave too few of
    them, interrupted ones count too, and the comparison is `disturbed`. `threshold` is the relative
    slowdown from which on a difference counts; the p-values are of differences beyond a third of
    it.
    """
    usable = _enough(restarts, [_timed(blocks) & ~blocks.interrupted for blocks in restarts])
    disturbed = len(usable) < LEAST_RESTARTS
    if disturbed:
        usable = _enough(restarts, [_timed(blocks) for blocks in restarts])
    if len(usable) < LEAST_RESTARTS:
        return None
    head = _spread([np.log(blocks.head_ns[keep] / blocks.base_ns[keep]) for blocks, keep in usable])
    twin = _spread([np.log(blocks.twin_ns[keep] / blocks.base_ns[keep]) for blocks, keep in usable])
    rounds = sum(len(blocks) for blocks in restarts)
    margin = math.log1p(threshold / 3)
    return Comparison(
        ratio=head.ratio(),
        control=twin.ratio(),
        above_p=head.above_p(margin),
        below_p=head.below_p(-margin),
        restarts=len(usable),
        rounds=rounds,
        dropped=rounds - sum(int(keep.sum()) for _, keep in usable),
        disturbed=disturbed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spread:
    """A log ratio and its standard error, from `restarts` independent restarts."""

    point: float
    error: float
    restarts: int

    def ratio(self) -> Estimate:
        half = student.quantile((1 + CONFIDENCE) / 2, self.restarts - 1) * self.error
        return Estimate(
            value=math.exp(self.point),
            low=math.exp(self.point - half),
            high=math.exp(self.point + half),
        )

    def above_p(self, bound: float) -> float:
        """Return the one-sided p-value of a true log ratio of `bound` or less."""
        return student.cdf(self._distance(bound, self.point), self.restarts - 1)

    def below_p(self, bound: float) -> float:
        """Return the one-sided p-value of a true log ratio of `bound` or more."""
        return student.cdf(self._distance(self.point, bound), self.restarts - 1)

    def _distance(self, start: float, end: float) -> float:
        """Return start - end in standard errors."""
        distance = start - end
        if self.error > 0:
            return distance / self.error
        # Restarts that agree to the last digit leave no doubt on either side.
        return math.copysign(math.inf, distance) if distance else 0.0


def _enough(restarts: Sequence[Blocks], keep: Sequence[Flags]) -> list[tuple[Blocks, Flags]]:
    """Return the restarts of which enough rounds are kept, and which."""
    return [
        (blocks, kept)
        for blocks, kept in zip(restarts, keep, strict=True)
        if kept.any() and kept.sum() >= min(LEAST_ROUNDS, math.ceil(len(blocks) / 2))
    ]


def _timed(blocks: Blocks) -> Flags:
    timed: Flags = (blocks.base_ns > 0) & (blocks.head_ns > 0) & (blocks.twin_ns > 0)
    return timed


def _spread(log_ratios: Sequence[F64]) -> _Spread:
    """Return the pooled median of `log_ratios`, an array per restart, and its error over them."""
    medians = np.array([np.median(of_restart) for of_restart in log_ratios])
    return _Spread(
        point=float(np.median(np.concatenate(log_ratios))),
        error=float(medians.std(ddof=1)) / math.sqrt(len(medians)),
        restarts=len(medians),
    )
