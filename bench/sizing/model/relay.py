"""What forwarding costs a relay, by stage: the heart of every topology with a server."""

from dataclasses import dataclass

import numpy as np

from bench.profile import keys
from bench.sizing.model.draws import Draws, ProfileDraws
from bench.sizing.model.overheads import NONE, datagram_bytes
from bench.sizing.model.transport import Amount, receive_ns, send_ns

RECEIVE = "receive"
UNPROTECT = "unprotect"
FAN_OUT = "rewrite and protect"
REWRITE = "rewrite"
SEND = "send"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayTraffic:
    """Media that a relay forwards, per second; bytes are of RTP payload.

    A unit is what arrives as one burst: an access unit's packets, or an audio packet. Going out it
    counts once per receiver. `units_made_per_s` begin here (a mixer's) instead of arriving.
    """

    packets_in_per_s: Amount
    packets_out_per_s: Amount
    bytes_in_per_s: Amount
    bytes_out_per_s: Amount
    units_in_per_s: Amount
    units_out_per_s: Amount
    units_made_per_s: Amount = 0.0


def relay_stages(
    draws: ProfileDraws,
    traffic: RelayTraffic,
    *,
    hop_cipher: str,
    send_method: str,
    receive_method: str,
) -> dict[str, Draws]:
    """Return the CPU ns per s of forwarding `traffic`, by stage in the order of a packet's way.

    `hop_cipher` is an SRTP profile or "none"; without one there is no unprotecting, and what is
    rewritten costs what writing an opaque packet does. Raises MissingCost.
    """
    around = datagram_bytes(hop_cipher)
    causes = traffic.units_in_per_s + traffic.units_made_per_s
    stages = {
        RECEIVE: receive_ns(
            draws,
            receive_method,
            packets=traffic.packets_in_per_s,
            units=traffic.units_in_per_s,
            size_bytes=traffic.bytes_in_per_s + around * traffic.packets_in_per_s,
        )
    }
    if hop_cipher != NONE:
        stages[UNPROTECT] = draws.cost(keys.srtp_unprotect(hop_cipher)).ns(
            calls=traffic.units_in_per_s,
            packets=traffic.packets_in_per_s,
            size_bytes=traffic.bytes_in_per_s,
        )
    rewriting = keys.packetize("opaque") if hop_cipher == NONE else keys.fan_out(hop_cipher)
    stages[REWRITE if hop_cipher == NONE else FAN_OUT] = draws.cost(rewriting).ns(
        # One call serves all receivers; a stream that nobody gets is not rewritten.
        calls=np.minimum(causes, traffic.units_out_per_s),
        packets=traffic.packets_out_per_s,
        size_bytes=traffic.bytes_out_per_s,
    )
    stages[SEND] = send_ns(
        draws,
        send_method,
        packets=traffic.packets_out_per_s,
        units=traffic.units_out_per_s,
        causes=causes,
        size_bytes=traffic.bytes_out_per_s + around * traffic.packets_out_per_s,
    )
    return stages
