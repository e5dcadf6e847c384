"""What happens with other numbers of participants: to those who plan, and to those who do not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bench.sizing.model.draws import Draws
from bench.sizing.model.money import Cost
from bench.sizing.model.peak import with_peak
from bench.sizing.model.plan import Plan
from bench.sizing.scenario.schema import Scenario

HEADROOM = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)

Planner = Callable[[Scenario], Plan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """So many participants at the peak; servers are whole, spare ones included.

    `used` is how full each limit of each role is, in the order of the plan's.
    """

    participants: float
    servers: Draws
    cost: Cost
    busiest: Draws
    used: tuple[Draws, ...]


def growth(scenario: Scenario, planner: Planner) -> tuple[Point, ...]:
    """Return servers planned anew for each multiple of the peak that the scenario names.

    Rooms stay as large as they are, even where there is one only: they become more.
    """
    points = []
    for multiple in sorted(set(scenario.demand.growth)):
        plan = planner(with_peak(scenario, multiple, same_rooms=True))
        points.append(_point(plan, [role.servers for role in plan.roles]))
    return tuple(points)


def headroom(planned: Plan, planner: Planner) -> tuple[Point, ...]:
    """Return how full the planned servers, spare ones left aside, become with more participants."""
    servers = [np.full_like(role.servers, role.servers[0]) for role in planned.roles]
    return tuple(
        _point(planner(with_peak(planned.scenario, multiple)), servers) for multiple in HEADROOM
    )


def full_at(points: Sequence[Point], limit: int, target: float) -> float | None:
    """Return the participants with whom limit number `limit` reaches `target`.

    None where it does not up to the last of `points`.
    """
    for before, after in pairwise(points):
        low, high = float(before.used[limit][0]), float(after.used[limit][0])
        if low <= target < high:
            part = (target - low) / (high - low)
            return before.participants + part * (after.participants - before.participants)
    return None


def _point(plan: Plan, servers: Sequence[Draws]) -> Point:
    none = 0.0 * plan.capacity.cores
    every: Draws = sum(servers, none + plan.spare_servers)
    used = tuple(
        limit.used(count)
        for role, count in zip(plan.roles, servers, strict=True)
        for limit in role.limits
    )
    return Point(
        participants=plan.scenario.peak_participants,
        servers=every,
        cost=plan.cost(every),
        busiest=np.max([none, *used], axis=0),
        used=used,
    )
