"""One kind of stream through a relay or a hub: in once, out to whoever gets it."""

import numpy as np

from bench.profile import keys
from bench.sizing.model.assumptions import BUFFERED_AT_BPS
from bench.sizing.model.datagrams import send_single_ns
from bench.sizing.model.draws import Draws, ProfileDraws
from bench.sizing.model.load import Burst
from bench.sizing.model.overheads import datagram_bytes, wire_bytes
from bench.sizing.model.packets import Shape
from bench.sizing.model.relay import RECEIVE, UNPROTECT, RelayTraffic, relay_stages
from bench.sizing.model.rooms import Rooms
from bench.sizing.model.streams import Stream
from bench.sizing.model.work import Work
from bench.sizing.scenario.schema import Scenario

RETRANSMIT = "retransmit"


def forward(
    scenario: Scenario, draws: ProfileDraws, stream: Stream, rooms: Rooms, *, made: float = 0.0
) -> Work:
    """Return what taking in one room's `stream.sent` and sending `stream.copies` of it costs.

    `made` of such streams begin here instead.

    Raises MissingCost.
    """
    shape, sent, copies = stream.shape, stream.sent, stream.copies
    system = scenario.system
    traffic = RelayTraffic(
        packets_in_per_s=sent * shape.packets_per_s,
        packets_out_per_s=copies * shape.packets_per_s,
        bytes_in_per_s=sent * shape.payload_bytes_per_s,
        bytes_out_per_s=copies * shape.payload_bytes_per_s,
        units_in_per_s=sent * shape.units_per_s,
        units_out_per_s=copies * shape.units_per_s,
        units_made_per_s=made * shape.units_per_s,
    )
    stages = relay_stages(
        draws,
        traffic,
        hop_cipher=system.hop_cipher,
        send_method=system.send_method,
        receive_method=system.receive_method,
    )
    around = wire_bytes(system.hop_cipher)
    media = Work(
        cpu_ns_per_s=stages,
        packets_in_per_s=traffic.packets_in_per_s,
        packets_out_per_s=traffic.packets_out_per_s,
        bytes_in_per_s=traffic.bytes_in_per_s + around * traffic.packets_in_per_s,
        bytes_out_per_s=traffic.bytes_out_per_s + around * traffic.packets_out_per_s,
        units_in_per_s=traffic.units_in_per_s,
        units_out_per_s=traffic.units_out_per_s,
        ram_bytes=buffer_bytes(scenario, draws, shape, sent),
        bursts=(_burst(draws, stream, rooms, stages),),
    )
    return media + resent(scenario, draws, shape, copies) if stream.is_video else media


def resent(scenario: Scenario, draws: ProfileDraws, shape: Shape, copies: float) -> Work:
    """Return what is lost of `copies` video streams and sent once more, packet by packet."""
    network = scenario.network
    if not (network.retransmission and network.loss and copies):
        return Work()
    packets = network.loss * copies * shape.packets_per_s
    size_bytes = network.loss * copies * shape.payload_bytes_per_s
    hop_cipher = scenario.system.hop_cipher
    return Work(
        cpu_ns_per_s={
            RETRANSMIT: send_single_ns(
                scenario, draws, packets, size_bytes, datagram_bytes(hop_cipher)
            )
        },
        packets_out_per_s=packets,
        bytes_out_per_s=size_bytes + wire_bytes(hop_cipher) * packets,
        units_out_per_s=packets,
    )


def buffer_bytes(scenario: Scenario, draws: ProfileDraws, shape: Shape, sent: float) -> Draws:
    """Return the memory of `sent` received streams: what may have to be sent again."""
    if not scenario.network.retransmission:
        return 0.0 * draws.memory(keys.STREAM_BUFFER)
    bits_per_s = 8 * shape.payload_bytes_per_s
    buffered: Draws = sent * draws.memory(keys.STREAM_BUFFER) * bits_per_s / BUFFERED_AT_BPS
    return buffered


def _burst(draws: ProfileDraws, stream: Stream, rooms: Rooms, stages: dict[str, Draws]) -> Burst:
    coming = [cpu_ns for stage, cpu_ns in stages.items() if stage in {RECEIVE, UNPROTECT}]
    leaving = [cpu_ns for stage, cpu_ns in stages.items() if stage not in {RECEIVE, UNPROTECT}]
    shape, sources = stream.shape, stream.sources
    return Burst(
        name=f"{stream.name}, rooms of {rooms.size:,.0f}",
        streams=sources,
        units_per_s=shape.units_per_s,
        traces=shape.traces,
        scale=shape.scale,
        extra_bytes=shape.framing.unit_extra_bytes,
        payload_bytes=float(shape.framing.room_bytes),
        keyframe_share=shape.keyframe_share,
        copies=stream.copies / sources if sources else 0.0,
        # A layer inside another stream has come with that one: nothing is spent on it again.
        in_ns=_each(draws, coming, sources * shape.packets_per_s),
        out_ns=_each(draws, leaving, stream.copies * shape.packets_per_s),
    )


def _each(draws: ProfileDraws, stages: list[Draws], packets: Draws) -> Draws:
    """Return what the stages take per packet, 0 where there is none."""
    total: Draws = sum(stages, np.zeros(draws.count))
    return np.divide(total, packets, out=np.zeros(draws.count), where=packets > 0)
