"""The outer tunnel: at a participant's end, and at the gateway that ends it before the servers."""

from bench.profile import keys
from bench.sizing.model.draws import ProfileDraws
from bench.sizing.model.overheads import ESP_TRAILER_BYTES, NONE, UDP_IP_BYTES, tunnel_bytes
from bench.sizing.model.transport import Amount, receive_ns, send_ns
from bench.sizing.model.work import Work
from bench.sizing.scenario.schema import Scenario


def sealed_to_site(scenario: Scenario, draws: ProfileDraws, work: Work) -> Work:
    """Return a participant's `work` with its end of the tunnel, if there is one.

    Its packets count as they are outside of the tunnel.
    """
    outer = scenario.system.outer_tunnel
    if outer == NONE:
        return work
    sealing = draws.cost(keys.aead_seal(outer)).ns(
        packets=work.packets_out_per_s,
        size_bytes=work.bytes_out_per_s + ESP_TRAILER_BYTES * work.packets_out_per_s,
    )
    opening = draws.cost(keys.aead_open(outer)).ns(
        packets=work.packets_in_per_s,
        size_bytes=work.bytes_in_per_s + ESP_TRAILER_BYTES * work.packets_in_per_s,
    )
    return work + Work(
        cpu_ns_per_s={"tunnel": sealing + opening},
        bytes_in_per_s=tunnel_bytes(outer) * work.packets_in_per_s,
        bytes_out_per_s=tunnel_bytes(outer) * work.packets_out_per_s,
    )


def gateway_work(scenario: Scenario, draws: ProfileDraws, inside: Work, members: float) -> Work:
    """Return what a gateway does between the tunnels of `members` and the servers behind it.

    `inside` is what those servers exchange with participants: what comes in there is opened here,
    what goes out is sealed.
    """
    system = scenario.system
    outer = system.outer_tunnel
    up, down = inside.packets_in_per_s, inside.packets_out_per_s
    up_bytes, down_bytes = inside.bytes_in_per_s, inside.bytes_out_per_s
    up_outside = up_bytes + tunnel_bytes(outer) * up
    down_outside = down_bytes + tunnel_bytes(outer) * down
    packets: Amount = up + down
    units: Amount = inside.units_in_per_s + inside.units_out_per_s
    return Work(
        cpu_ns_per_s={
            # The sockets' bytes: what is behind IP and UDP, or behind the outer IP header.
            "receive": receive_ns(
                draws,
                system.receive_method,
                packets=packets,
                units=units,
                size_bytes=up_outside + down_bytes - UDP_IP_BYTES * packets,
            ),
            "open": draws.cost(keys.aead_open(outer)).ns(
                packets=up, size_bytes=up_bytes + ESP_TRAILER_BYTES * up
            ),
            "seal": draws.cost(keys.aead_seal(outer)).ns(
                packets=down, size_bytes=down_bytes + ESP_TRAILER_BYTES * down
            ),
            "send": send_ns(
                draws,
                system.send_method,
                packets=packets,
                units=units,
                causes=units,
                size_bytes=up_bytes + down_outside - UDP_IP_BYTES * packets,
            ),
        },
        packets_in_per_s=packets,
        packets_out_per_s=packets,
        bytes_in_per_s=up_outside + down_bytes,
        bytes_out_per_s=up_bytes + down_outside,
        units_in_per_s=units,
        units_out_per_s=units,
        ram_bytes=members * draws.memory(keys.HOP_SESSION),
        connections=members,
    )
