"""What changes the answer most, one input at a time, by the point estimates."""

import math
from dataclasses import dataclass

import numpy as np

from bench import student
from bench.profile.schema import Profile
from bench.sizing.model.changes import changes
from bench.sizing.model.delay import CAP_MS, COMPARED, QUANTILES, simulated_ms
from bench.sizing.model.draws import COVERAGE, draw
from bench.sizing.model.plan import Plan, near_search, plan_of, quick_search
from bench.sizing.model.queue import Floats
from bench.sizing.model.servers import RolePlan
from bench.sizing.scenario.schema import Scenario

P99 = QUANTILES.index(0.99)

REPLICAS = 2
"""Nobody looks at them; a draw has some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one change does: ratios over the answer, None where there is nothing to compare.

    None too for a delay that the simulations cannot tell from the answer's.
    """

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
    return max(adding, key=lambda role: float(np.mean(_p99_ms(plan, role, seed))))


def _p99_ms(plan: Plan, planned: RolePlan, seed: int) -> Floats:
    """Return the p99 of a role when as many servers as `planned` do its work in `plan`.

    One for each simulation; none where the role has nothing to do.
    """
    for role in plan.roles:
        if role.role == planned.role and role.core is not None:
            load = plan.core_load(role, float(planned.servers[0]))
            return simulated_ms(role.core, load, seed=seed, effort=COMPARED)[:, P99]
    return np.zeros(0)


def _ratio(after: Floats | None, before: Floats | None) -> float | None:
    """Return the ratio of the means, None unless most simulations agree on where it goes.

    Equal seeds have equal phases and sizes as far as they can, so they are compared in pairs.
    """
    if after is None or before is None or not after.size or (before >= CAP_MS).any():
        return None
    changed = np.log(after / before)
    spread = float(changed.std(ddof=1)) / math.sqrt(changed.size)
    if abs(float(changed.mean())) < student.quantile((1 + COVERAGE) / 2, changed.size - 1) * spread:
        return None
    return float(after.mean() / before.mean())


def _yearly_eur(plan: Plan) -> float:
    return float(plan.cost(plan.fraction + plan.spare_servers).yearly[0])


def _size(effect: Effect) -> tuple[float, float]:
    delay = effect.delay_p99_ratio
    return (
        round(abs(math.log(effect.servers_ratio)), 9),
        0.0 if delay is None or delay <= 0 else abs(math.log(delay)),
    )
