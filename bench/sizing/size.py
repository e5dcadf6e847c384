"""A scenario and a machine's draws, answered: the model's values put together as figures."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from bench.sizing.answer.values import Answer, CurvePoint, DelayPoint, Figure, Money, Sensitivity
from bench.sizing.figures import (
    Source,
    WatchedDraws,
    beyond,
    costs_source,
    memory_source,
    traffic_source,
    watched,
)
from bench.sizing.model.curves import Planner, Point, growth, headroom
from bench.sizing.model.delay import Delays, delays_at
from bench.sizing.model.draws import MissingCost, ProfileDraws
from bench.sizing.model.money import Cost
from bench.sizing.model.plaintext import sees_plaintext
from bench.sizing.model.plan import Plan, known_search, plan_of, quick_search, whole_search
from bench.sizing.model.rooms import rooms_of
from bench.sizing.model.sensitivity import effects
from bench.sizing.parts import Sources, binding, constraints, estimated, role_answers
from bench.sizing.scenario.defaults import defaults_of
from bench.sizing.scenario.load import Loaded
from bench.sizing.scenario.schema import Scenario
from bench.sizing.words import assumptions, unchecked


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delay:
    """Of the role that adds most: the delay of the planned servers, and at other loads."""

    planned: Delays
    curve: tuple[Delays, ...]


def size(loaded: Loaded, draws: ProfileDraws, *, profile_name: str, seed: int) -> Answer:
    """Return what the scenario needs, according to the machine that `draws` come from.

    Equal scenarios, draws and seeds give equal answers. Raises MissingCost.
    """
    scenario, profile = loaded.scenario, draws.profile
    if scenario.system.engine not in {"auto", profile.engine}:
        raise MissingCost(
            f"system.engine: {scenario.system.engine!r}, but the profile was measured with"
            f" {profile.engine!r}: calibrate with --engine {scenario.system.engine}"
        )
    seen = watched(draws)
    plan = plan_of(scenario, seen, whole_search(scenario, seed=seed))
    sources = _sources(plan, seen)
    delay = _slowest(plan, seed)
    planner = _planner(plan, draws, seed)
    ahead = headroom(plan, planner)
    p50, p95, p99 = (None, None, None) if delay is None else _delays(delay.planned, sources.delay)
    servers = plan.servers
    return Answer(
        sealbench_version=profile.sealbench_version,
        name=loaded.name,
        title=scenario.title,
        summary=scenario.summary,
        scenario=msgspec.to_builtins(scenario),
        defaults=defaults_of(loaded),
        profile=profile_name,
        machine=f"{profile.machine.cpu_model}, {profile.machine.usable_cores} cores",
        seed=seed,
        replicas=draws.count - 1,
        sees_plaintext=sees_plaintext(scenario),
        participants=scenario.peak_participants,
        rooms=sum(rooms.count for rooms in rooms_of(scenario)),
        cores=sources.cpu.assuming(sources.estimated).figure("cores", plan.total("cores"), "cores"),
        servers=sources.servers.figure("servers", servers, "servers"),
        spare_servers=plan.spare_servers,
        bps_in=sources.traffic.figure("in", 8 * plan.total("bytes_in_per_s"), "bit/s"),
        bps_out=sources.traffic.figure("out", 8 * plan.total("bytes_out_per_s"), "bit/s"),
        delay_p50_ms=p50,
        delay_p95_ms=p95,
        delay_p99_ms=p99,
        delay_met=None if p99 is None else p99.value <= scenario.targets.relay_delay_p99_ms,
        money=_money(scenario, plan.cost(servers), sources),
        binding=binding(plan),
        constraints=constraints(plan, ahead, sources),
        roles=role_answers(plan, sources),
        delay_curve=() if delay is None else _delay_points(delay.curve, sources.delay),
        headroom=_points(ahead, sources),
        growth=_points(growth(scenario, planner), sources),
        sensitivities=tuple(
            Sensitivity(
                change=effect.change,
                servers_ratio=effect.servers_ratio,
                delay_p99_ratio=effect.delay_p99_ratio,
                yearly_eur_ratio=effect.yearly_eur_ratio,
            )
            for effect in effects(scenario, profile, seed=seed)
        ),
        assumed=assumptions(plan),
        unchecked=unchecked(plan),
        planned_load=None if delay is None else delay.planned.load,
    )


def _sources(plan: Plan, seen: WatchedDraws) -> Sources:
    profile = seen.profile
    stretched = beyond(profile, plan.scenario)
    return Sources(
        cpu=costs_source(profile, seen.seen, named=True).assuming(stretched),
        brief=costs_source(profile, seen.seen, named=False).assuming(stretched),
        traffic=traffic_source(profile, seen.seen_traces),
        memory=memory_source(profile, seen.seen),
        scaling=plan.capacity.told if plan.capacity.assumed else "",
        estimated=estimated([plan.load.roles[role.role] for role in plan.roles]),
    )


def _slowest(plan: Plan, seed: int) -> _Delay | None:
    """Return the delays of the role whose planned servers add most; None where none is added."""
    found = [
        _Delay(
            planned=delays_at(role.core, plan.core_load(role, float(role.servers[0])), seed=seed),
            curve=role.delay.curve,
        )
        for role in plan.roles
        if role.core is not None and role.delay is not None
    ]
    return max(found, key=lambda each: float(each.planned.p99_ms[0]), default=None)


def _planner(plan: Plan, draws: ProfileDraws, seed: int) -> Planner:
    known = {(plan.scenario.peak_participants, plan.scenario.rooms): plan}

    def planner(other: Scenario) -> Plan:
        demanded = (other.peak_participants, other.rooms)
        if demanded not in known:
            quick = quick_search(other, seed=seed)
            # A room that grows changes what a core serves; more rooms do not.
            alike = other.rooms == plan.scenario.rooms
            known[demanded] = plan_of(other, draws, known_search(plan, quick) if alike else quick)
        return known[demanded]

    return planner


def _delays(delays: Delays, source: Source) -> tuple[Figure, Figure, Figure]:
    return (
        source.figure("p50", delays.p50_ms, "ms"),
        source.figure("p95", delays.p95_ms, "ms"),
        source.figure("p99", delays.p99_ms, "ms"),
    )


def _delay_points(curve: Sequence[Delays], source: Source) -> tuple[DelayPoint, ...]:
    points = []
    for delays in curve:
        p50, p95, p99 = _delays(delays, source)
        points.append(DelayPoint(load=delays.load, p50_ms=p50, p95_ms=p95, p99_ms=p99))
    return tuple(points)


def _money(scenario: Scenario, cost: Cost, sources: Sources) -> Money:
    prices, none = scenario.prices, 0.0 * cost.setup_servers
    plain = Source(measured="", assumed="the scenario's own sums")
    servers, traffic = (
        source.assuming("the scenario's own prices")
        for source in (sources.servers, sources.traffic)
    )
    return Money(
        setup=(
            servers.figure("servers", cost.setup_servers, "EUR"),
            plain.figure("everything else", none + cost.setup_other, "EUR"),
        ),
        yearly=(
            servers.figure("servers", cost.yearly_servers, "EUR a year"),
            traffic.figure("egress", cost.yearly_egress, "EUR a year"),
            plain.figure("everything else", none + cost.yearly_other, "EUR a year"),
        ),
        setup_eur=servers.figure("to set up", cost.setup, "EUR"),
        yearly_eur=servers.figure("a year", cost.yearly, "EUR a year"),
        setup_budget_eur=prices.setup_budget_eur,
        yearly_budget_eur=prices.yearly_budget_eur,
    )


def _points(points: Sequence[Point], sources: Sources) -> tuple[CurvePoint, ...]:
    source = sources.servers
    return tuple(
        CurvePoint(
            participants=point.participants,
            servers=source.figure("servers", point.servers, "servers"),
            yearly_eur=source.figure("a year", point.cost.yearly, "EUR a year"),
            setup_eur=source.figure("to set up", point.cost.setup, "EUR"),
            busiest=source.figure("busiest", point.busiest),
        )
        for point in points
    )
