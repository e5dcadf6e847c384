"""What receiving and sending datagrams costs, by how the system is asked to."""

import numpy as np

from bench.profile import keys
from bench.sizing.model.draws import Draws, ProfileDraws

Amount = Draws | float
"""So much per second: known, or one value per draw."""

BATCH = 64
"""Datagrams that one sendmmsg or recvmmsg takes at most, and segments that one GSO or GRO call
takes at most (UDP_MAX_SEGMENTS of most Linux kernels; newer ones allow 128)."""

OFFLOAD_BYTES = 65_507
"""Bytes that one GSO or GRO call holds at most: what fits a UDP datagram over IPv4."""


def receive_ns(
    draws: ProfileDraws, method: str, *, packets: Amount, units: Amount, size_bytes: Amount
) -> Draws:
    """Return the CPU ns per s of receiving `packets` of `size_bytes` together, all per second.

    They come in `units`: bursts of one flow. One call takes one unit, or a full batch of it.
    """
    cost = draws.cost(keys.udp_receive(method))
    if method == "recv":
        calls = packets
    elif method == "recvmmsg":
        calls = _calls(packets, units)
    else:
        calls = _offload_calls(packets, units, size_bytes)
    return cost.ns(calls=calls, packets=packets, size_bytes=size_bytes)


def send_ns(
    draws: ProfileDraws,
    method: str,
    *,
    packets: Amount,
    units: Amount,
    causes: Amount,
    size_bytes: Amount,
) -> Draws:
    """Return the CPU ns per s of sending `packets` of `size_bytes` together, all per second.

    `units` are bursts to one receiver, `causes` what they are sent upon: one sendmmsg call takes
    all copies of one cause, or a full batch of them; one GSO call a unit to one receiver.
    """
    cost = draws.cost(keys.udp_send(method))
    if method == "send":
        calls = packets
    elif method == "sendmmsg":
        calls = _calls(packets, np.minimum(causes, units))
    else:
        calls = _offload_calls(packets, units, size_bytes)
    return cost.ns(calls=calls, packets=packets, size_bytes=size_bytes)


def _calls(packets: Amount, groups: Amount) -> Amount:
    return np.maximum(np.minimum(groups, packets), np.divide(packets, BATCH))


def _offload_calls(packets: Amount, units: Amount, size_bytes: Amount) -> Amount:
    return np.maximum(_calls(packets, units), np.divide(size_bytes, OFFLOAD_BYTES))
