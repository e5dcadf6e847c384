"""Parts of an answer: what each role does, and what limits it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.sizing.answer.values import Constraint, RoleAnswer, StageShare
from bench.sizing.figures import Source
from bench.sizing.model.curves import Point, full_at
from bench.sizing.model.draws import Draws
from bench.sizing.model.load import RoleLoad
from bench.sizing.model.plan import Plan
from bench.sizing.model.scanning import PRIVATE
from bench.sizing.model.servers import Limit, demand

_ESTIMATED = {
    "key messages": "what a key message or commit holds is our estimate",
    "rekey": "what a commit takes is our estimate, and that opening a key costs as sealing it",
    PRIVATE: "as results/reference-scanning measured, on the machine named there",
    "record": "writing a byte is our estimate",
}
"""Stages that hold what no calibration of this machine measured, and what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where each kind of figure comes from.

    `scaling`, and of servers' stages `estimated`, say what of it was assumed, if anything.
    `cpu` names the measured costs, `brief` only counts them.
    """

    cpu: Source
    brief: Source
    traffic: Source
    memory: Source
    scaling: str
    estimated: str = ""

    @property
    def servers(self) -> Source:
        """Of servers, and of how full they are."""
        return self.brief.assuming(self.scaling).assuming(self.estimated)

    @property
    def delay(self) -> Source:
        """Of delays."""
        simulated = "; numerical queue of one core, phases drawn at random"
        return (
            Source(measured=f"{self.brief.measured}; {self.traffic.measured}{simulated}")
            .assuming(self.traffic.assumed)
            .assuming(self.scaling)
            .assuming(self.estimated)
        )

    def of(self, limit: str) -> Source:
        """Return the source of what the limit called so asks for."""
        return {
            "network bits": self.traffic,
            "network packets": self.traffic,
            "memory": self.memory,
            "connections": Source(measured="", assumed="one port or socket for each connection"),
            "delay": self.delay,
        }.get(limit, self.servers)


def estimated(loads: Sequence[RoleLoad]) -> str:
    """Return which of these roles' stages rest on more than measured costs, and how much they are.

    "" where none does.
    """
    total = sum(float(load.cores[0]) for load in loads) * 1e9
    parts = []
    for stage, why in _ESTIMATED.items():
        cpu_ns = sum(
            float(load.cpu_ns_per_s[stage][0]) for load in loads if stage in load.cpu_ns_per_s
        )
        if cpu_ns > 0:
            parts.append(f"stage {stage!r}, {100 * cpu_ns / total:.2g} % of the CPU: {why}")
    return "; ".join(parts)


def role_answers(plan: Plan, sources: Sources) -> tuple[RoleAnswer, ...]:
    """Return what every role does: participants' halves, and servers together."""
    servers = {role.role: role.servers for role in plan.roles}
    return tuple(_role(load, servers.get(name), sources) for name, load in plan.load.roles.items())


def _role(load: RoleLoad, servers: Draws | None, sources: Sources) -> RoleAnswer:
    base = load.base_ram_bytes * (0.0 if servers is None else servers)
    traffic = sources.traffic
    return RoleAnswer(
        role=str(load.role),
        per="one participant" if servers is None else "all servers of this role",
        cores=sources.cpu.assuming(estimated((load,))).figure("cores", load.cores, "cores"),
        stages=tuple(
            StageShare(
                stage=stage,
                cores=sources.brief.assuming(_ESTIMATED.get(stage, "")).figure(
                    stage, ns / 1e9, "cores"
                ),
            )
            for stage, ns in load.cpu_ns_per_s.items()
        ),
        packets_in_per_s=traffic.figure("packets in", load.packets_in_per_s, "packets/s"),
        packets_out_per_s=traffic.figure("packets out", load.packets_out_per_s, "packets/s"),
        bps_in=traffic.figure("in", 8 * load.bytes_in_per_s, "bit/s"),
        bps_out=traffic.figure("out", 8 * load.bytes_out_per_s, "bit/s"),
        ram_bytes=sources.memory.figure("memory", load.ram_bytes + base, "bytes"),
        servers=None if servers is None else sources.servers.figure("servers", servers, "servers"),
    )


def constraints(plan: Plan, headroom: Sequence[Point], sources: Sources) -> tuple[Constraint, ...]:
    """Return every limit of every server role; `headroom` says with how many it is reached."""
    limits = [(role, limit) for role in plan.roles for limit in role.limits]
    if not limits:
        return ()
    most = np.argmax([demand(limit) for _, limit in limits], axis=0)
    target = plan.scenario.targets.utilisation
    return tuple(
        Constraint(
            name=limit.name,
            role=str(role.role),
            servers=sources.of(limit.name).figure("servers", limit.servers, "servers"),
            used_of_one=sources.of(limit.name).figure(
                "used of one server", limit.used(role.servers[0])
            ),
            binds=float(np.mean(most[1:] == index)),
            fits=limit.fits,
            note=_note(limit, full_at(headroom, index, target)),
        )
        for index, (role, limit) in enumerate(limits)
    )


def binding(plan: Plan) -> str:
    """Return role and name of the limit that asks for most servers; "" without servers."""
    limits = [(role.role, limit) for role in plan.roles for limit in role.limits]
    if not limits:
        return ""
    role, limit = max(limits, key=lambda each: float(demand(each[1])[0]))
    return f"{role} {limit.name}"


def _note(limit: Limit, participants: float | None) -> str:
    reached = (
        ""
        if participants is None or limit.name == "delay"
        else f"at its target with {participants:,.0f} participants"
    )
    return "; ".join(each for each in (limit.note, reached) if each)
