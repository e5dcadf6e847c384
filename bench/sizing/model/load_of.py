"""From a scenario and a profile to what each role has to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.sizing.model.assumed import assumed
from bench.sizing.model.assumptions import SERVER_BASE_BYTES
from bench.sizing.model.draws import ProfileDraws
from bench.sizing.model.hub import hub_work, linked_streams, links
from bench.sizing.model.load import Load, Role, RoleLoad
from bench.sizing.model.mcu import mcu_work, mixed_for_one, mixed_streams
from bench.sizing.model.overheads import NONE, tunnel_bytes
from bench.sizing.model.peers import exchanged
from bench.sizing.model.publisher import publisher_work
from bench.sizing.model.received import Received, forwarded_to_one
from bench.sizing.model.receiver import receiver_work
from bench.sizing.model.room_relay import relay_work
from bench.sizing.model.rooms import Rooms, alone, rooms_of
from bench.sizing.model.streams import Stream, streams_of
from bench.sizing.model.transport import Amount
from bench.sizing.model.tunnel import gateway_work
from bench.sizing.model.work import Work, role_load
from bench.sizing.scenario.schema import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class _Served:
    """What rooms ask of servers, by role; `facing` is what goes between site and participants."""

    by_role: Mapping[Role, Work] = field(default_factory=dict)
    facing: Work = field(default_factory=Work)

    def __add__(self, other: "_Served") -> "_Served":
        by_role = dict(self.by_role)
        for role, work in other.by_role.items():
            by_role[role] = by_role[role] + work if role in by_role else work
        return _Served(by_role=by_role, facing=self.facing + other.facing)

    def times(self, count: float) -> "_Served":
        return _Served(
            by_role={role: work.times(count) for role, work in self.by_role.items()},
            facing=self.facing.times(count),
        )


def load_of(scenario: Scenario, draws: ProfileDraws) -> Load:
    """Return what `scenario` asks of each role at the peak. Raises MissingCost.

    The scenario is taken as it is: whether it makes sense (who could scan sealed frames?) was
    checked when it was read.
    """
    kinds = rooms_of(scenario)
    largest = max(kinds, key=lambda rooms: (rooms.count > 0, rooms.size))
    total = _served(scenario, draws, kinds[0]).times(kinds[0].count)
    for rooms in kinds[1:]:
        total += _served(scenario, draws, rooms).times(rooms.count)
    unit = _served(scenario, draws, alone(largest))
    if scenario.system.topology == "hub":
        total += _Served(by_role=dict.fromkeys((Role.RELAY, Role.HUB), links(scenario, draws)))
    recorded: Amount = sum(work.recorded_bytes_per_s for work in total.by_role.values())
    for rooms in kinds:
        recorded = recorded + rooms.count * rooms.recorders * _seen_bytes(scenario, draws, rooms)
    return Load(
        roles={
            **_participant(scenario, draws, largest),
            **_servers(scenario, draws, total, unit, largest),
        },
        egress_bytes_per_s=np.zeros(draws.count) + _egress(scenario, total),
        recorded_bytes_per_s=np.zeros(draws.count) + recorded,
        assumed=assumed(scenario),
    )


def _served(scenario: Scenario, draws: ProfileDraws, rooms: Rooms) -> _Served:
    """Return what one room asks of servers."""
    streams = streams_of(scenario, draws, rooms)
    topology = scenario.system.topology
    if topology == "p2p":
        served = _Served(facing=exchanged(scenario, rooms, streams))
    elif topology == "mcu":
        mixed = mixed_streams(scenario, draws, rooms, streams)
        work = mcu_work(scenario, draws, rooms, streams, mixed)
        served = _Served(by_role={Role.MCU: work}, facing=work)
    elif topology == "hub":
        linked = linked_streams(scenario, rooms, streams)
        served = _Served(
            by_role={
                Role.RELAY: relay_work(scenario, draws, rooms, streams, linked=linked),
                Role.HUB: hub_work(scenario, draws, rooms, streams),
            },
            facing=relay_work(scenario, draws, rooms, streams),
        )
    else:
        work = relay_work(scenario, draws, rooms, streams)
        served = _Served(by_role={Role.RELAY: work}, facing=work)
    if scenario.system.outer_tunnel == NONE:
        return served
    gateway = gateway_work(scenario, draws, served.facing, rooms.members)
    return served + _Served(by_role={Role.GATEWAY: gateway})


def _servers(
    scenario: Scenario, draws: ProfileDraws, total: _Served, unit: _Served, largest: Rooms
) -> dict[Role, RoleLoad]:
    loads = {}
    hub = scenario.system.topology == "hub"
    for role, work in total.by_role.items():
        part, name = unit.by_role[role], f"a room of {largest.size:,.0f}"
        if role is Role.GATEWAY:
            part, name = part.times(1 / largest.members), "one participant's tunnel"
        elif role is Role.RELAY and hub:
            part, name = work.times(1 / scenario.system.systems), "one system's relay"
        loads[role] = role_load(
            role,
            work,
            count=draws.count,
            base_ram_bytes=SERVER_BASE_BYTES,
            unit=part,
            unit_name=name,
            # The systems behind a hub each have their own; the hub is one.
            sites=scenario.system.systems if hub and role is not Role.HUB else 1,
        )
    return loads


def _participant(scenario: Scenario, draws: ProfileDraws, rooms: Rooms) -> dict[Role, RoleLoad]:
    streams = streams_of(scenario, draws, rooms)
    received = _received(scenario, draws, rooms, streams)
    return {
        Role.PUBLISHER: role_load(
            Role.PUBLISHER, publisher_work(scenario, draws, rooms, streams), count=draws.count
        ),
        Role.RECEIVER: role_load(
            Role.RECEIVER, receiver_work(scenario, draws, rooms, received), count=draws.count
        ),
    }


def _received(
    scenario: Scenario, draws: ProfileDraws, rooms: Rooms, streams: Sequence[Stream]
) -> tuple[Received, ...]:
    if scenario.system.topology == "mcu":
        return mixed_for_one(mixed_streams(scenario, draws, rooms, streams))
    return forwarded_to_one(scenario, rooms, streams)


def _seen_bytes(scenario: Scenario, draws: ProfileDraws, rooms: Rooms) -> float:
    """Return the bytes per second of what one participant gets of a room, as it would store it."""
    streams = streams_of(scenario, draws, rooms)
    return sum(
        each.count * each.shape.unit_bytes_per_s
        for each in _received(scenario, draws, rooms, streams)
    )


def _egress(scenario: Scenario, total: _Served) -> Amount:
    """Return the bytes per second that leave servers for participants, or for other systems."""
    tunnel = tunnel_bytes(scenario.system.outer_tunnel)
    if scenario.system.topology == "p2p" and not tunnel:
        return 0.0
    facing = total.facing
    leaving = facing.bytes_out_per_s + tunnel * facing.packets_out_per_s
    if Role.HUB in total.by_role:
        between = total.by_role[Role.RELAY].bytes_out_per_s - facing.bytes_out_per_s
        leaving = leaving + between + total.by_role[Role.HUB].bytes_out_per_s
    return leaving
