"""The rules on simulated machines: how often they cry wolf, and what they miss.

Each process is off by some per cent of its own (where its memory came to lie), each block by noise
with a heavy tail, and now and then the scheduler interrupts a round.
"""

import math
from collections import Counter

import numpy as np
import pytest

from bench.gate.blocks import Blocks
from bench.gate.design import Design
from bench.gate.result import Verdict
from bench.gate.statistics.decide import Candidate, decide, needs_confirming
from bench.gate.statistics.estimate import compare

DESIGN = Design()
TRIALS = 200

QUIET = Candidate(
    comparison=compare(
        [
            Blocks(
                base_ns=np.full(DESIGN.rounds, DESIGN.block_ns),
                head_ns=np.full(DESIGN.rounds, DESIGN.block_ns),
                twin_ns=np.full(DESIGN.rounds, DESIGN.block_ns),
                interrupted=np.zeros(DESIGN.rounds, dtype=np.bool_),
            )
        ]
        * DESIGN.restarts,
        threshold=DESIGN.threshold,
    ),
    threshold=DESIGN.threshold,
    confirmed=False,
)
SUITE = 30
"""Benchmarks of the suite, all but one of them `QUIET`."""


def restart(rng: np.random.Generator, *, effect: float, restart_sd: float) -> Blocks:
    """Return blocks whose median log ratio varies by `restart_sd` from one restart to the next."""
    shape = (3, DESIGN.rounds)
    logs = rng.normal(0, restart_sd / math.sqrt(2), size=(3, 1)) + rng.normal(0, 0.01, size=shape)
    logs += (rng.random(shape) < 0.06) * rng.exponential(0.15, size=shape)
    logs[1] += math.log1p(effect)
    interrupted = rng.random(DESIGN.rounds) < 0.02
    # A time slice that goes to somebody else, within one block of the round.
    slices_ns = (rng.integers(3, size=DESIGN.rounds) == np.arange(3)[:, np.newaxis]) * 3_000_000
    ns = np.rint(DESIGN.block_ns * np.exp(logs)).astype(np.int64) + interrupted * slices_ns
    return Blocks(base_ns=ns[0], head_ns=ns[1], twin_ns=ns[2], interrupted=interrupted)


def gate(rng: np.random.Generator, *, effect: float, restart_sd: float) -> Verdict:
    def look(restarts: int) -> Candidate:
        blocks = [restart(rng, effect=effect, restart_sd=restart_sd) for _ in range(restarts)]
        return Candidate(
            comparison=compare(blocks, threshold=DESIGN.threshold),
            threshold=DESIGN.threshold,
            confirmed=restarts == DESIGN.confirm_restarts,
        )

    candidate = look(DESIGN.restarts)
    if needs_confirming(candidate.comparison, threshold=DESIGN.threshold):
        candidate = look(DESIGN.confirm_restarts)
    decided = decide([candidate, *[QUIET] * (SUITE - 1)], design=DESIGN, pressure_percent=0.0)
    return decided[0].verdict


def verdicts(*, effect: float, restart_sd: float) -> Counter[Verdict]:
    rng = np.random.default_rng(20261122)
    return Counter(gate(rng, effect=effect, restart_sd=restart_sd) for _ in range(TRIALS))


@pytest.mark.parametrize("restart_sd", [0.003, 0.006, 0.01])
def test_equal_code_is_never_a_regression(restart_sd: float) -> None:
    found = verdicts(effect=0.0, restart_sd=restart_sd)
    assert found[Verdict.REGRESSION] == found[Verdict.IMPROVED] == 0
    assert found[Verdict.PASS] >= 0.95 * TRIALS


@pytest.mark.parametrize(("effect", "least"), [(0.03, 0.98), (0.05, 0.99)])
@pytest.mark.parametrize("restart_sd", [0.003, 0.006])
def test_slowdown_is_caught(effect: float, least: float, restart_sd: float) -> None:
    found = verdicts(effect=effect, restart_sd=restart_sd)
    assert found[Verdict.REGRESSION] >= least * TRIALS


def test_speedup_is_an_improvement() -> None:
    found = verdicts(effect=-0.04, restart_sd=0.005)
    assert found[Verdict.IMPROVED] >= 0.98 * TRIALS


def test_slowdown_on_a_machine_that_tells_little_apart_is_no_pass() -> None:
    found = verdicts(effect=0.05, restart_sd=0.03)
    assert found[Verdict.PASS] <= 0.05 * TRIALS
    assert found[Verdict.INCONCLUSIVE] >= 0.3 * TRIALS
