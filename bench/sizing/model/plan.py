"""From a scenario to servers by role: the load, what a core does, what each resource asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bench.sizing.model.delay import (
    QUICK,
    Core,
    bracket,
    core_of,
    delay_curve,
    delays_at,
    largest_load,
)
from bench.sizing.model.draws import Draws, ProfileDraws
from bench.sizing.model.load import SERVER_ROLES, Load, Role
from bench.sizing.model.load_of import load_of
from bench.sizing.model.money import Cost, cost_of
from bench.sizing.model.scaling import Capacity, capacity_of
from bench.sizing.model.servers import DelayLimit, RolePlan, plan_role
from bench.sizing.scenario.schema import Scenario

DelaySearch = Callable[[Role, Core], DelayLimit]
"""How to find up to which load of a core a role's delay is within the budget."""


AT_EASE = 0.5
"""Of the delay's budget: below, small changes need no new search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `scenario` does to servers, and how many it needs. No roles: no servers."""

    scenario: Scenario
    load: Load
    capacity: Capacity
    roles: tuple[RolePlan, ...]

    @property
    def spare_servers(self) -> int:
        """Spare ones; hosts are alike, so that they stand in for any role."""
        return self.scenario.targets.spare_servers if self.roles else 0

    @property
    def servers(self) -> Draws:
        """Whole servers of all roles, spare ones included."""
        whole: Draws = sum((role.servers for role in self.roles), self._none + self.spare_servers)
        return whole

    @property
    def fraction(self) -> Draws:
        """Servers of all roles without rounding, whole rooms or spare ones."""
        fraction: Draws = sum((role.divisible for role in self.roles), self._none)
        return fraction

    def total(self, of: Literal["cores", "bytes_in_per_s", "bytes_out_per_s"]) -> Draws:
        """Return the sum of what all servers do."""
        total: Draws = sum(
            (getattr(self.load.roles[role.role], of) for role in self.roles), self._none
        )
        return total

    def core_load(self, role: RolePlan, servers: float) -> Draws:
        """Return how busy the cores are of `servers` that share all work of `role`."""
        load: Draws = self.load.roles[role.role].cores / (servers * self.capacity.cores)
        return load

    def cost(self, servers: Draws) -> Cost:
        """Return what `servers` and this load's egress cost."""
        return cost_of(
            self.scenario.prices,
            self.scenario.demand,
            servers=servers,
            egress_bytes_per_s=self.load.egress_bytes_per_s,
        )

    @property
    def _none(self) -> Draws:
        return 0.0 * self.capacity.cores


def plan_of(scenario: Scenario, draws: ProfileDraws, search: DelaySearch) -> Plan:
    """Return the plan of `scenario`. Raises MissingCost."""
    load = load_of(scenario, draws)
    capacity = capacity_of(scenario.host, draws)
    roles = []
    for name in SERVER_ROLES:
        if name not in load.roles:
            continue
        role = load.roles[name]
        core = core_of(role, speed=capacity.per_core, fan_out_cores=scenario.system.fan_out_cores)
        roles.append(
            plan_role(
                role,
                scenario,
                capacity,
                core=core,
                delay=None if core is None else search(name, core),
            )
        )
    return Plan(scenario=scenario, load=load, capacity=capacity, roles=tuple(roles))


def whole_search(scenario: Scenario, *, seed: int) -> DelaySearch:
    """Return a search over the whole curve of delay against load, with replicas."""
    budget_ms = scenario.targets.relay_delay_p99_ms

    def search(_: Role, core: Core) -> DelayLimit:
        curve = delay_curve(core, seed=seed)
        known = largest_load(curve, budget_ms)
        # The curve has fewer replicas than there are draws; those take turns with them.
        replicas = np.resize(known[1:], core.speed.size - 1)
        return DelayLimit(largest_load=np.concatenate([known[:1], replicas]), curve=curve)

    return search


def quick_search(scenario: Scenario, *, seed: int) -> DelaySearch:
    """Return a search by point estimates, which stops where the target utilisation limits first."""
    budget_ms, target = scenario.targets.relay_delay_p99_ms, scenario.targets.utilisation

    def search(_: Role, core: Core) -> DelayLimit:
        at_target = delays_at(core, np.full_like(core.speed, target), seed=seed, effort=QUICK)
        if at_target.p99_ms[0] <= budget_ms:
            return DelayLimit(largest_load=np.full_like(core.speed, target), curve=(at_target,))
        curve = bracket(core, budget_ms, seed=seed, effort=QUICK)
        return DelayLimit(
            largest_load=np.full_like(core.speed, largest_load(curve, budget_ms)[0]), curve=curve
        )

    return search


def known_search(plan: Plan, otherwise: DelaySearch) -> DelaySearch:
    """Return what `plan` found by role: its cores serve the same mix, however many there are."""
    known = {role.role: role.delay for role in plan.roles if role.delay is not None}

    def search(role: Role, core: Core) -> DelayLimit:
        return known[role] if role in known else otherwise(role, core)

    return search


def near_search(plan: Plan, scenario: Scenario, *, seed: int) -> DelaySearch:
    """Return a search for `scenario`, of which `plan` was a little different.

    Where the delay at the target utilisation was less than half the budget, a change of a tenth
    does not make it a limit.
    """
    budget_ms, target = scenario.targets.relay_delay_p99_ms, scenario.targets.utilisation
    quick = quick_search(scenario, seed=seed)
    at_ease = {
        role.role
        for role in plan.roles
        if role.delay is not None
        and [point.load for point in role.delay.curve] == [target]
        and float(role.delay.curve[0].p99_ms[0]) <= AT_EASE * budget_ms
    }

    def search(role: Role, core: Core) -> DelayLimit:
        if role in at_ease and core.heaviest()[1] < target:
            return DelayLimit(largest_load=np.full_like(core.speed, target))
        return quick(role, core)

    return search
