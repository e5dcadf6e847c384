"""What participants exchange without a server between them."""

from collections.abc import Sequence

from bench.sizing.model.overheads import UDP_IP_BYTES, srtcp_bytes, wire_bytes
from bench.sizing.model.rooms import Rooms
from bench.sizing.model.streams import Stream
from bench.sizing.model.transport import Amount
from bench.sizing.model.work import Work
from bench.sizing.scenario.schema import Scenario


def exchanged(scenario: Scenario, rooms: Rooms, streams: Sequence[Stream]) -> Work:
    """Return the packets of one room, both as sent and as received; they cost no server anything.

    An outer tunnel's gateway passes them from one tunnel to another.
    """
    network, system = scenario.network, scenario.system
    around = wire_bytes(system.hop_cipher)
    pairs = rooms.members * (rooms.members - 1)
    packets = units = pairs * network.feedback_per_s
    size_bytes = packets * (network.feedback_bytes + srtcp_bytes(system.hop_cipher) + UDP_IP_BYTES)
    work = _both_ways(packets, size_bytes, units)
    for stream in streams:
        shape = stream.shape
        again = network.loss if stream.is_video and network.retransmission else 0.0
        count = stream.copies * (1 + again)
        work += _both_ways(
            count * shape.packets_per_s,
            count * (shape.payload_bytes_per_s + around * shape.packets_per_s),
            stream.copies * (shape.units_per_s + again * shape.packets_per_s),
        )
    return work


def _both_ways(packets: Amount, size_bytes: Amount, units: Amount) -> Work:
    return Work(
        packets_in_per_s=packets,
        packets_out_per_s=packets,
        bytes_in_per_s=size_bytes,
        bytes_out_per_s=size_bytes,
        units_in_per_s=units,
        units_out_per_s=units,
    )
