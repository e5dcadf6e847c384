"""What a scenario asks of one role: CPU by stage, packets, bytes, memory, bursts. All per second.

Everything holds for all rooms at the peak unless it says otherwise. CPU is ns of one core of the
calibrated machine per second of wall time: 1e9 is one core.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bench.profile.schema import Trace
from bench.sizing.model.draws import Draws


class Role(StrEnum):
    """Who works. Publisher and receiver are a participant's two halves."""

    PUBLISHER = "publisher"
    RECEIVER = "receiver"
    RELAY = "relay"
    MCU = "mcu"
    HUB = "hub"
    GATEWAY = "tunnel gateway"


SERVER_ROLES = (Role.RELAY, Role.MCU, Role.HUB, Role.GATEWAY)
"""Those that somebody has to buy servers for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """A class of streams whose units arrive as bursts of packets at a server.

    `streams` arrive at all servers together; each brings `units_per_s` units (access units, audio
    packets), spaced evenly from a random start. A unit's bytes come from `traces` times `scale`
    (one factor per trace) plus `extra_bytes`, cut into packets of `payload_bytes`; it is one packet
    where there are no traces. It is a key frame with probability `keyframe_share`. Each packet
    costs `in_ns` and leaves in `copies`, each of which costs `out_ns`.
    """

    name: str
    streams: float
    units_per_s: float
    traces: tuple[Trace, ...]
    scale: tuple[float, ...]
    extra_bytes: float
    payload_bytes: float
    keyframe_share: float
    copies: float
    in_ns: Draws
    out_ns: Draws


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleLoad:
    """What all of a role's machines do together at the peak, and the largest indivisible part.

    `cpu_ns_per_s` is by stage, in the order of a packet's way. Bytes count UDP and IP headers.
    `ram_bytes` holds memory besides `base_ram_bytes`, which every server needs once. `unit` is the
    same of the largest room (or system) alone: what has to fit one server; its own `unit` is None.
    `sites` are the places that each need a server of their own, whatever the load.
    For publisher and receiver the figures are those of one participant that sends, or receives.
    """

    role: Role
    cpu_ns_per_s: Mapping[str, Draws]
    packets_in_per_s: Draws
    packets_out_per_s: Draws
    bytes_in_per_s: Draws
    bytes_out_per_s: Draws
    ram_bytes: Draws
    base_ram_bytes: Draws
    connections: float
    bursts: tuple[Burst, ...] = ()
    unit: "RoleLoad | None" = None
    unit_name: str = ""
    sites: int = 1

    @property
    def cores(self) -> Draws:
        """Cores of the calibrated machine that are busy all the time."""
        total: Draws = sum(self.cpu_ns_per_s.values(), 0.0 * self.packets_in_per_s) / 1e9
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A scenario's load by role, and sentences on what was assumed on the way."""

    roles: Mapping[Role, RoleLoad]
    egress_bytes_per_s: Draws
    recorded_bytes_per_s: Draws
    assumed: tuple[str, ...]
