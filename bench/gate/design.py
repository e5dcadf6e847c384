"""How much is measured, and from where on a difference counts: the numbers of the gate."""

import msgspec

from bench.results import Estimate


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison is made of; METHODOLOGY.md says where each number comes from.

    One round is a block of base, head and twin each, in random order; a twin is a second checkout
    of the base, whose distance from it shows what this machine can tell apart. A restart is three
    new processes: `restarts` for a first look, `confirm_restarts` more for what looks suspicious,
    and as many again for what that leaves undecided. `threshold` is the least relative slowdown
    that counts, `threads_threshold` the same for benchmarks that run threads beside the one that is
    timed. `alpha` is what Holm-adjusted p-values must be below. Where others had the workers' CPU
    for more than `most_pressure_percent` of the time, only a difference is trusted that stands out
    (`bench.gate.statistics.standing_out`).
    """

    threshold: float = 0.015
    threads_threshold: float = 0.03
    restarts: int = 5
    confirm_restarts: int = 8
    rounds: int = 100
    block_ns: int = 100_000
    alpha: float = 0.05
    most_pressure_percent: float = 20.0

    def threshold_of(self, *, threads: bool) -> float:
        """Return the threshold of a benchmark."""
        return self.threads_threshold if threads else self.threshold


DESIGN = Design()
"""What is measured unless a caller says otherwise."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What the blocks of one benchmark say, of one phase.

    `ratio` is head over base, `control` twin over base: pooled medians of the pairs, with a 95 %
    interval over restarts. `above_p` is the one-sided p-value of "head is slower by no more than a
    third of the threshold", `below_p` that of "faster by no more than". `rounds` were measured,
    `dropped` of them are not counted: interrupted by the scheduler, or of a restart that had too
    few others. Where that left too little, all rounds are counted, and the comparison is
    `disturbed`.
    """

    ratio: Estimate
    control: Estimate
    above_p: float
    below_p: float
    restarts: int
    rounds: int
    dropped: int
    disturbed: bool = False
