"""How many units a block holds and how many rounds a restart has, by what a unit takes."""

from dataclasses import dataclass

from bench.gate.design import Design

WARM_UP_ROUNDS = 3
"""Rounds that are not counted, after the workers were put on their CPU."""

SETTLE_UNITS = 2
"""Untimed units before each block: they bring back what others' blocks took from the caches."""

MOST_BLOCK_NS = 20_000_000
"""What a block of several units takes at most, on the slower side, with its untimed parts."""

SLOW_UNIT_NS = 5_000_000
"""Units from here on need nobody to settle the caches for them."""

MOST_RESTART_NS = 5_000_000_000
"""What the rounds of one restart take: where units are slow, there are fewer of them."""

LEAST_ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockPlan:
    """Blocks of `units` units in `rounds` rounds that count, `warm_up` before them that do not.

    `settle` is the number of untimed units before each block, `expected_s` what all of it takes.
    """

    units: int
    rounds: int
    warm_up: int
    settle: int
    expected_s: float


def plan_blocks(design: Design, *, units: int, base_ns: float, head_ns: float) -> BlockPlan:
    """Return the plan where a block should hold `units`, which base and head take so long for each.

    Both do the same units, so the slower side says how many there can be: a head that takes a
    thousand times as long must come to its end, too.
    """
    slower_ns = max(base_ns, head_ns)
    units = max(1, min(units, int(MOST_BLOCK_NS / slower_ns)))
    settle = SETTLE_UNITS if slower_ns < SLOW_UNIT_NS else 0
    # Base and twin take the same.
    round_ns = (2 * base_ns + head_ns) * (units + settle)
    fitting = max(LEAST_ROUNDS, int(MOST_RESTART_NS / round_ns))
    rounds = min(design.rounds, fitting)
    warm_up = WARM_UP_ROUNDS if rounds == design.rounds else 0
    return BlockPlan(
        units=units,
        rounds=rounds,
        warm_up=warm_up,
        settle=settle,
        expected_s=(rounds + warm_up) * round_ns / 1e9,
    )
