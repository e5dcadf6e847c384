"""What changes the answer most, one input at a time, by the point estimates."""

import math
from dataclasses import dataclass

from bench.profile.schema import Profile
from bench.sizing.model.changes import changes
from bench.sizing.model.delay import CAP_MS, COMPARED, delays_at
from bench.sizing.model.draws import draw
from bench.sizing.model.plan import Plan, near_search, plan_of, quick_search
from bench.sizing.model.servers import RolePlan
from bench.sizing.scenario.schema import Scenario

REPLICAS = 2
"""Nobody looks at them; a draw has some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one change does: ratios over the answer, None where there is nothing to compare."""

    change: str
    servers_ratio: float
    delay_p99_ratio: float | None
    yearly_eur_ratio: float | None


def effects(scenario: Scenario, profile: Profile, *, seed: int) -> tuple[Effect, ...]:
    """Return the effect of each change on servers, delay and euros, the largest on servers first.

    Servers are not rounded up here. The delay is that of the servers planned for `scenario`, as if
    the change came after they were bought. Where servers do nothing, nothing can change.
    """
    draws = draw(profile, seed=seed, replicas=REPLICAS)
    before = plan_of(scenario, draws, quick_search(scenario, seed=seed))
    if not before.fraction[0] > 0:
        return ()
    slowest = _slowest(before, seed)
    p99_ms = None if slowest is None else _p99_ms(before, slowest, seed)
    yearly = _yearly_eur(before)
    found = []
    for change in changes(scenario):
        changed = draws
        if change.profile is not None:
            changed = draw(change.profile(profile), seed=seed, replicas=REPLICAS)
        after = plan_of(change.scenario, changed, near_search(before, change.scenario, seed=seed))
        found.append(
            Effect(
                change=change.words,
                servers_ratio=float(after.fraction[0] / before.fraction[0]),
                delay_p99_ratio=_ratio(
                    None if slowest is None else _p99_ms(after, slowest, seed), p99_ms
                ),
                yearly_eur_ratio=_yearly_eur(after) / yearly if yearly > 0 else None,
            )
        )
    return tuple(sorted(found, key=_size, reverse=True))


def _slowest(plan: Plan, seed: int) -> RolePlan | None:
    """Return the role whose servers add most delay, None where none adds any."""
    adding = [role for role in plan.roles if role.core is not None]
    if len(adding) < 2:
        return next(iter(adding), None)
    return max(adding, key=lambda role: _p99_ms(plan, role, seed) or 0.0)


def _p99_ms(plan: Plan, planned: RolePlan, seed: int) -> float | None:
    """Return the p99 of a role when as many servers as `planned` do its work in `plan`."""
    for role in plan.roles:
        if role.role == planned.role and role.core is not None:
            load = plan.core_load(role, float(planned.servers[0]))
            return float(delays_at(role.core, load, seed=seed, effort=COMPARED).p99_ms[0])
    return None


def _ratio(after: float | None, before: float | None) -> float | None:
    if after is None or before is None or before >= CAP_MS:
        return None
    return after / before


def _yearly_eur(plan: Plan) -> float:
    return float(plan.cost(plan.fraction + plan.spare_servers).yearly[0])


def _size(effect: Effect) -> tuple[float, float]:
    delay = effect.delay_p99_ratio
    return (
        round(abs(math.log(effect.servers_ratio)), 9),
        0.0 if delay is None or delay <= 0 else abs(math.log(delay)),
    )
