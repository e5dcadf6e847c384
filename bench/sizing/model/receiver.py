"""What it costs a participant to get, decrypt and decode what the others send."""

from collections.abc import Sequence

from bench.profile import keys
from bench.sizing.model.datagrams import feedback
from bench.sizing.model.draws import Draws, ProfileDraws
from bench.sizing.model.heights import frame_ns, memory_bytes
from bench.sizing.model.overheads import NONE, datagram_bytes, wire_bytes
from bench.sizing.model.publisher import AUDIO_CALLS_PER_S
from bench.sizing.model.received import Received
from bench.sizing.model.rekeying import rekeying_of
from bench.sizing.model.rooms import Rooms
from bench.sizing.model.scanning import scan_stages
from bench.sizing.model.transport import receive_ns
from bench.sizing.model.tunnel import sealed_to_site
from bench.sizing.model.work import Work
from bench.sizing.scenario.schema import Scenario


def receiver_work(
    scenario: Scenario, draws: ProfileDraws, rooms: Rooms, received: Sequence[Received]
) -> Work:
    """Return what one participant does with what it gets, and its feedback, joins and keys."""
    work = Work()
    for each in received:
        if each.count > 0:
            work += _taken_in(scenario, draws, each) + _shown(scenario, draws, each)
    peer_to_peer = scenario.system.topology == "p2p"
    # Point to point, everybody is connected with everybody.
    connections = rooms.members - 1 if peer_to_peer else 1.0
    work += feedback(scenario, draws, connections) + Work(connections=connections)
    if scenario.system.hop_cipher != NONE:
        # With a server, one upon one's own join; with peers, also one with each that joins.
        own = rooms.joins_per_s / rooms.size
        joins = connections * own * (2 if peer_to_peer else 1)
        work += Work(cpu_ns_per_s={"handshakes": draws.cost(keys.HANDSHAKE).ns(calls=joins)})
    rekeying = rekeying_of(scenario, draws, rooms)
    if rekeying is not None:
        work += Work(cpu_ns_per_s={"rekey": rekeying.taking_ns})
    return sealed_to_site(scenario, draws, work)


def _taken_in(scenario: Scenario, draws: ProfileDraws, each: Received) -> Work:
    """Return receiving, unprotecting, putting together and decrypting."""
    system, shape = scenario.system, each.shape
    units, packets = each.count * shape.units_per_s, each.count * shape.packets_per_s
    payload_bytes = each.count * shape.payload_bytes_per_s
    unit_bytes = each.count * shape.unit_bytes_per_s
    stages: dict[str, Draws] = {
        "receive": receive_ns(
            draws,
            system.receive_method,
            packets=packets,
            units=units,
            size_bytes=payload_bytes + datagram_bytes(system.hop_cipher) * packets,
        )
    }
    if system.hop_cipher != NONE:
        stages["unprotect"] = draws.cost(keys.srtp_unprotect(system.hop_cipher)).ns(
            calls=units, packets=packets, size_bytes=payload_bytes
        )
    codec = scenario.video.codec if each.height else "opaque"
    stages["depacketize"] = draws.cost(keys.depacketize(codec)).ns(
        calls=units, packets=packets, size_bytes=unit_bytes
    )
    if system.e2e_cipher != NONE:
        stages["decrypt end to end"] = draws.cost(keys.sframe_decrypt(system.e2e_cipher)).ns(
            calls=units, size_bytes=unit_bytes - units * shape.framing.unit_extra_bytes
        )
    return Work(
        cpu_ns_per_s=stages,
        packets_in_per_s=packets,
        bytes_in_per_s=payload_bytes + wire_bytes(system.hop_cipher) * packets,
        units_in_per_s=units,
    )


def _shown(scenario: Scenario, draws: ProfileDraws, each: Received) -> Work:
    """Return decoding, and scanning cameras where receivers do."""
    if not each.height:
        calls = each.count * AUDIO_CALLS_PER_S
        return Work(cpu_ns_per_s={"decode audio": draws.cost(keys.AUDIO_DECODE).ns(calls=calls)})
    codec, frames = scenario.video.codec, each.count * each.shape.units_per_s
    decoding = frames * frame_ns(draws, lambda lines: keys.decode(codec, lines), each.height)
    stages: dict[str, Draws] = {"decode": decoding}
    if scenario.scan.point == "receiver" and each.camera:
        stages |= scan_stages(scenario, draws, height=each.height, frames_per_s=frames)
    memory = memory_bytes(draws, lambda lines: keys.decoder_memory(codec, lines), each.height)
    return Work(cpu_ns_per_s=stages, ram_bytes=each.count * memory)
