"""How many servers of a role each resource asks for, and which one cannot be met at all."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bench.sizing.model.delay import Core, Delays
from bench.sizing.model.draws import Draws
from bench.sizing.model.load import Role, RoleLoad
from bench.sizing.model.scaling import Capacity
from bench.sizing.scenario.schema import Host, Scenario

FRAMING_BYTES = 38
"""Of Ethernet around an IP packet: header 14, check 4, preamble 8, gap 12 (IEEE 802.3)."""

ROUNDING = 1e-9
"""Exactly full is full, and no reason for another server."""

_LEAST_LEFT = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One resource of one role.

    `servers` is how many it asks for alone, a fraction. `alone` is how full one server would be
    with everything, but for `fixed`, which every server has; both as shares of the whole resource.
    `whole` where it only says that something is not split.
    """

    name: str
    servers: Draws
    alone: Draws
    fixed: Draws
    fits: bool = True
    note: str = ""
    whole: bool = False

    def used(self, servers: Draws | float) -> Draws:
        """Return how full each of `servers` is, 1 being full."""
        used: Draws = self.alone / servers + self.fixed
        return used


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayLimit:
    """The load of a core up to which its delay is within the budget, 0 where none is.

    `curve` is what it was read from, where it was.
    """

    largest_load: Draws
    curve: tuple[Delays, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePlan:
    """The limits of one role; `core` is what one of its cores does, None where nothing bursts."""

    role: Role
    limits: tuple[Limit, ...]
    core: Core | None
    delay: DelayLimit | None

    @property
    def fraction(self) -> Draws:
        """Servers that the most demanding resource asks for, not rounded up."""
        fraction: Draws = np.max(np.stack([limit.servers for limit in self.limits]), axis=0)
        return fraction

    @property
    def divisible(self) -> Draws:
        """The same as if rooms and streams could be split: it has no steps."""
        fraction: Draws = np.max(
            np.stack([limit.servers for limit in self.limits if not limit.whole]), axis=0
        )
        return fraction

    @property
    def servers(self) -> Draws:
        """Whole servers, before spare ones; at least one."""
        return np.maximum(np.ceil(self.fraction - ROUNDING), 1.0)

    def busiest(self, servers: Draws | float) -> Draws:
        """Return how full the fullest resource of `servers` is."""
        busiest: Draws = np.max(np.stack([limit.used(servers) for limit in self.limits]), axis=0)
        return busiest


def plan_role(
    role: RoleLoad,
    scenario: Scenario,
    capacity: Capacity,
    *,
    core: Core | None,
    delay: DelayLimit | None,
) -> RolePlan:
    """Return what each resource of `scenario.host` asks for, used to its target utilisation.

    `core` and `delay` are None where nothing bursts.
    """
    limits = tuple(_limits(role, scenario, capacity))
    limits = (*limits, *_whole_rooms(role, scenario, capacity), *_own_servers(role, scenario))
    if core is not None:
        limits = (*limits, *_whole_streams(core, scenario))
    if delay is not None:
        limits = (*limits, _delay(role, capacity, delay.largest_load))
    return RolePlan(role=role.role, limits=limits, core=core, delay=delay)


def demand(limit: Limit) -> Draws:
    """Return what orders limits: whole servers first, then how near the next one is.

    That something is not split binds only where it takes another server.
    """
    order: Draws = np.ceil(limit.servers - ROUNDING) * 2 + (
        0.0 if limit.whole else 1.0 - 1.0 / (1.0 + limit.servers)
    )
    return order


def resources(role: RoleLoad, host: Host, capacity: Capacity) -> dict[str, tuple[Draws, Draws]]:
    """Return by resource how full one `host` is with all of `role`, and with nothing of it."""
    none = 0.0 * role.cores
    directions = (
        role.bytes_in_per_s + FRAMING_BYTES * role.packets_in_per_s,
        role.bytes_out_per_s + FRAMING_BYTES * role.packets_out_per_s,
    )
    packets = role.packets_in_per_s + role.packets_out_per_s
    return {
        "CPU": (role.cores / capacity.cores, none),
        "network bits": (np.maximum(*directions) * 8 / host.nic_bps, none),
        "network packets": (packets / host.nic_pps, none),
        "memory": (role.ram_bytes / host.ram_bytes, role.base_ram_bytes / host.ram_bytes),
        "connections": (none + role.connections / host.ports, none),
    }


def _limits(role: RoleLoad, scenario: Scenario, capacity: Capacity) -> Iterator[Limit]:
    target, host = scenario.targets.utilisation, scenario.host
    unit = None if role.unit is None else resources(role.unit, host, capacity)
    for name, (alone, fixed) in resources(role, host, capacity).items():
        left = np.maximum(target - fixed, _LEAST_LEFT)
        note, fits = "", True
        if fixed[0] >= target:
            fits = False
            note = f"an idle server is {100 * fixed[0]:.0f} % full already"
        elif unit is not None and not _within(unit[name], target):
            fits = False
            of_one = float(sum(part[0] for part in unit[name]))
            note = (
                f"{role.unit_name} alone fills {100 * of_one:.0f} % of one server;"
                f" the target is {100 * target:.0f} %"
            )
        yield Limit(name=name, servers=alone / left, alone=alone, fixed=fixed, fits=fits, note=note)


def _within(of_one: tuple[Draws, Draws], target: float) -> bool:
    alone, fixed = of_one
    return bool(alone[0] + fixed[0] <= target + ROUNDING)


def _whole_rooms(role: RoleLoad, scenario: Scenario, capacity: Capacity) -> Iterator[Limit]:
    """Yield what equal rooms ask for where none is split: as many servers as hold them whole.

    Rooms of several sizes fill each other's gaps; for those only the largest one has to fit.
    """
    if role.unit is None or len({room.size for room in scenario.rooms}) > 1:
        return
    target = scenario.targets.utilisation
    of_one = resources(role.unit, scenario.host, capacity)
    share: Draws = np.max(
        np.stack(
            [alone / np.maximum(target - fixed, _LEAST_LEFT) for alone, fixed in of_one.values()]
        ),
        axis=0,
    )
    if not share[0] > 0 or not role.unit.cores[0] > 0:
        return
    rooms = role.cores / role.unit.cores
    # Where one alone does not fit, the resource says so; here it counts as if it could be split.
    each = np.where(share <= 1 + ROUNDING, np.floor(1 / share + ROUNDING), 1 / share)
    yield Limit(
        name="whole pieces",
        servers=rooms / each,
        alone=rooms * share * target,
        fixed=0.0 * share,
        note=f"{role.unit_name}: {each[0]:,.4g} on a server",
        whole=True,
    )


def _own_servers(role: RoleLoad, scenario: Scenario) -> Iterator[Limit]:
    """Yield that each of the systems behind a hub has a relay of its own, shared with no other."""
    systems = scenario.system.systems
    if role.role is Role.RELAY and scenario.system.topology == "hub":
        none = 0.0 * role.cores
        yield Limit(
            name="own servers",
            servers=none + systems,
            alone=none,
            fixed=none,
            note=f"each of {systems} systems has a relay of its own",
            whole=True,
        )


def _whole_streams(core: Core, scenario: Scenario) -> Iterator[Limit]:
    """Yield what the heaviest streams ask for where none is split further than `fan_out_cores`."""
    target, cores = scenario.targets.utilisation, scenario.host.cores
    heaviest, load = core.heaviest()
    streams = sum(burst.streams for burst in core.bursts if burst.name == heaviest.name)
    spread = core.spread(heaviest)
    fits = load <= target + ROUNDING
    each = math.floor(target / load + ROUNDING) if fits else target / load
    busy = f"{spread:.3g} core{'s' * (spread > 1)} {100 * load:.2g} % busy"
    note = f"one stream ({heaviest.name}) keeps {busy}"
    even = 0.0 * core.speed
    yield Limit(
        name="whole streams",
        servers=even + streams * spread / (each * cores),
        alone=even + streams * spread * load / cores,
        fixed=even,
        fits=fits,
        note=note if fits else f"{note}; spread its copies over more (system.fan_out_cores)",
        whole=True,
    )


def _delay(role: RoleLoad, capacity: Capacity, largest_load: Draws) -> Limit:
    alone = role.cores / capacity.cores
    fits = bool(largest_load[0] > 0)
    load = f"cores busy for at most {100 * largest_load[0]:.0f} %"
    return Limit(
        name="delay",
        servers=alone / np.where(largest_load > 0, largest_load, 1.0),
        alone=alone,
        fixed=0.0 * alone,
        fits=fits,
        note=load if fits else "no load is low enough: the bursts themselves take longer",
    )
