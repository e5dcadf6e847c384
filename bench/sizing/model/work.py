"""Loads that add up: of streams to a room, of rooms to a role."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from bench.sizing.model.draws import Draws
from bench.sizing.model.load import Burst, Role, RoleLoad
from bench.sizing.model.transport import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What somebody does per second; bytes are on the wire, CPU in ns by stage.

    `units_in_per_s` and `units_out_per_s` are the bursts in which the packets come and go.
    """

    cpu_ns_per_s: Mapping[str, Draws] = field(default_factory=dict)
    packets_in_per_s: Amount = 0.0
    packets_out_per_s: Amount = 0.0
    bytes_in_per_s: Amount = 0.0
    bytes_out_per_s: Amount = 0.0
    units_in_per_s: Amount = 0.0
    units_out_per_s: Amount = 0.0
    ram_bytes: Amount = 0.0
    connections: float = 0.0
    recorded_bytes_per_s: Amount = 0.0
    bursts: tuple[Burst, ...] = ()

    def __add__(self, other: "Work") -> "Work":
        stages = dict(self.cpu_ns_per_s)
        for stage, cpu_ns in other.cpu_ns_per_s.items():
            stages[stage] = stages[stage] + cpu_ns if stage in stages else cpu_ns
        return Work(
            cpu_ns_per_s=stages,
            packets_in_per_s=self.packets_in_per_s + other.packets_in_per_s,
            packets_out_per_s=self.packets_out_per_s + other.packets_out_per_s,
            bytes_in_per_s=self.bytes_in_per_s + other.bytes_in_per_s,
            bytes_out_per_s=self.bytes_out_per_s + other.bytes_out_per_s,
            units_in_per_s=self.units_in_per_s + other.units_in_per_s,
            units_out_per_s=self.units_out_per_s + other.units_out_per_s,
            ram_bytes=self.ram_bytes + other.ram_bytes,
            connections=self.connections + other.connections,
            recorded_bytes_per_s=self.recorded_bytes_per_s + other.recorded_bytes_per_s,
            bursts=self.bursts + other.bursts,
        )

    def times(self, count: float) -> "Work":
        """Return the work of `count` of these, each on its own."""
        return Work(
            cpu_ns_per_s={stage: count * cpu_ns for stage, cpu_ns in self.cpu_ns_per_s.items()},
            packets_in_per_s=count * self.packets_in_per_s,
            packets_out_per_s=count * self.packets_out_per_s,
            bytes_in_per_s=count * self.bytes_in_per_s,
            bytes_out_per_s=count * self.bytes_out_per_s,
            units_in_per_s=count * self.units_in_per_s,
            units_out_per_s=count * self.units_out_per_s,
            ram_bytes=count * self.ram_bytes,
            connections=count * self.connections,
            recorded_bytes_per_s=count * self.recorded_bytes_per_s,
            bursts=tuple(replace(burst, streams=count * burst.streams) for burst in self.bursts),
        )


def role_load(
    role: Role,
    work: Work,
    *,
    count: int,
    base_ram_bytes: float = 0.0,
    unit: Work | None = None,
    unit_name: str = "",
    sites: int = 1,
) -> RoleLoad:
    """Return `work` as the load of `role`, every figure in `count` draws."""
    return RoleLoad(
        role=role,
        cpu_ns_per_s=work.cpu_ns_per_s,
        packets_in_per_s=_drawn(work.packets_in_per_s, count),
        packets_out_per_s=_drawn(work.packets_out_per_s, count),
        bytes_in_per_s=_drawn(work.bytes_in_per_s, count),
        bytes_out_per_s=_drawn(work.bytes_out_per_s, count),
        ram_bytes=_drawn(work.ram_bytes, count),
        base_ram_bytes=_drawn(base_ram_bytes, count),
        connections=work.connections,
        bursts=work.bursts,
        unit=None
        if unit is None
        else role_load(role, unit, count=count, base_ram_bytes=base_ram_bytes),
        unit_name=unit_name,
        sites=sites,
    )


def _drawn(amount: Amount, count: int) -> Draws:
    return np.zeros(count) + amount
