"""What it costs a participant to send its camera and its voice."""

from collections.abc import Sequence

import numpy as np

from bench.profile import keys
from bench.sizing.model.datagrams import send_single_ns
from bench.sizing.model.draws import Draws, ProfileDraws
from bench.sizing.model.heights import frame_ns, memory_bytes
from bench.sizing.model.overheads import NONE, datagram_bytes, wire_bytes
from bench.sizing.model.rekeying import rekeying_of
from bench.sizing.model.rooms import Rooms
from bench.sizing.model.scanning import hash_stage, private_client, scan_stages
from bench.sizing.model.streams import Stream
from bench.sizing.model.transport import send_ns
from bench.sizing.model.tunnel import sealed_to_site
from bench.sizing.model.work import Work
from bench.sizing.scenario.schema import Scenario

AUDIO_CALLS_PER_S = 50.0
"""Audio is calibrated in pieces of 20 ms."""


def publisher_work(
    scenario: Scenario, draws: ProfileDraws, rooms: Rooms, streams: Sequence[Stream]
) -> Work:
    """Return what one participant does that sends a camera, and speaks, where the room has such."""
    cameras = [stream for stream in streams if stream.kind == "camera"]
    voices = [stream for stream in streams if stream.kind == "audio"]
    work = Work()
    if cameras:
        work += _scanned(scenario, draws, cameras[-1])
    for stream in (*cameras, *voices):
        work += _sent(scenario, draws, stream)
    rekeying = rekeying_of(scenario, draws, rooms)
    if rekeying is not None:
        work += Work(cpu_ns_per_s={"rekey": rekeying.giving_ns})
    return sealed_to_site(scenario, draws, work)


def _sent(scenario: Scenario, draws: ProfileDraws, stream: Stream) -> Work:
    """Return encoding one such stream and, unless it goes inside another, sending it."""
    work = _encoded(scenario, draws, stream)
    if not stream.sent:
        return work
    shape, hop_cipher = stream.shape, scenario.system.hop_cipher
    peer_to_peer = scenario.system.topology == "p2p"
    copies = stream.copies / stream.sources if peer_to_peer else 1.0
    packets, payload_bytes = copies * shape.packets_per_s, copies * shape.payload_bytes_per_s
    stages: dict[str, Draws] = _sealing_stages(scenario, draws, stream)
    if hop_cipher != NONE:
        stages["protect"] = draws.cost(keys.srtp_protect(hop_cipher)).ns(
            calls=copies * shape.units_per_s, packets=packets, size_bytes=payload_bytes
        )
    stages["send"] = send_ns(
        draws,
        scenario.system.send_method,
        packets=packets,
        units=copies * shape.units_per_s,
        causes=shape.units_per_s,
        size_bytes=payload_bytes + datagram_bytes(hop_cipher) * packets,
    )
    work += Work(
        cpu_ns_per_s=stages,
        packets_out_per_s=packets,
        bytes_out_per_s=payload_bytes + wire_bytes(hop_cipher) * packets,
        units_out_per_s=copies * shape.units_per_s,
    )
    return work + _resent(scenario, draws, packets, payload_bytes) if stream.is_video else work


def _sealing_stages(scenario: Scenario, draws: ProfileDraws, stream: Stream) -> dict[str, Draws]:
    """Return what end-to-end encryption, if any, and cutting into packets cost one stream."""
    system, shape = scenario.system, stream.shape
    stages: dict[str, Draws] = {}
    if system.e2e_cipher != NONE:
        frame_bytes = shape.unit_bytes_per_s - shape.units_per_s * shape.framing.unit_extra_bytes
        stages["encrypt end to end"] = draws.cost(keys.sframe_encrypt(system.e2e_cipher)).ns(
            calls=shape.units_per_s, size_bytes=frame_bytes
        )
    codec = scenario.video.codec if stream.is_video else "opaque"
    stages["packetize"] = draws.cost(keys.packetize(codec)).ns(
        calls=shape.units_per_s,
        packets=shape.packets_per_s,
        size_bytes=shape.unit_bytes_per_s,
    )
    return stages


def _encoded(scenario: Scenario, draws: ProfileDraws, stream: Stream) -> Work:
    if not stream.is_video:
        return Work(
            cpu_ns_per_s={"encode audio": draws.cost(keys.AUDIO_ENCODE).ns(calls=AUDIO_CALLS_PER_S)}
        )
    codec = scenario.video.codec
    each = frame_ns(draws, lambda lines: keys.encode(codec, lines), stream.height)
    return Work(
        cpu_ns_per_s={"encode": stream.shape.units_per_s * each},
        ram_bytes=memory_bytes(
            draws, lambda lines: keys.encoder_memory(codec, lines), stream.height
        ),
    )


def _scanned(scenario: Scenario, draws: ProfileDraws, top: Stream) -> Work:
    point, codec = scenario.scan.point, scenario.video.codec
    fps = top.shape.units_per_s
    if point == "protocol":
        hashing = hash_stage(scenario, draws, height=top.height, frames_per_s=fps)
        return Work(cpu_ns_per_s=hashing) + private_client(scenario, draws, fps)
    if point not in {"sender-before-encode", "sender-after-encode"}:
        return Work()
    scanning = Work(cpu_ns_per_s=scan_stages(scenario, draws, height=top.height, frames_per_s=fps))
    if point == "sender-before-encode":
        return scanning
    decoding = fps * frame_ns(draws, lambda lines: keys.decode(codec, lines), top.height)
    memory = memory_bytes(draws, lambda lines: keys.decoder_memory(codec, lines), top.height)
    return Work(cpu_ns_per_s={"scan: decode": decoding}, ram_bytes=memory) + scanning


def _resent(scenario: Scenario, draws: ProfileDraws, packets: Draws, payload_bytes: Draws) -> Work:
    network, hop_cipher = scenario.network, scenario.system.hop_cipher
    if not (network.retransmission and network.loss):
        return Work()
    again, again_bytes = network.loss * packets, network.loss * payload_bytes
    return Work(
        cpu_ns_per_s={
            "retransmit": send_single_ns(
                scenario, draws, again, again_bytes, datagram_bytes(hop_cipher)
            )
        },
        packets_out_per_s=again,
        bytes_out_per_s=again_bytes + wire_bytes(hop_cipher) * again,
        units_out_per_s=np.asarray(again, dtype=np.float64),
    )
