"""What a relay does for one room: forward, and whatever else it is asked to."""

from collections.abc import Sequence

from bench.profile import keys
from bench.sizing.model.assumptions import WRITE_NS_PER_BYTE
from bench.sizing.model.datagrams import feedback
from bench.sizing.model.draws import Draws, ProfileDraws
from bench.sizing.model.forward import forward
from bench.sizing.model.heights import frame_ns, memory_bytes
from bench.sizing.model.overheads import NONE
from bench.sizing.model.rekeying import rekeying_of, relayed
from bench.sizing.model.rooms import Rooms
from bench.sizing.model.scanning import private_server, scan_stages
from bench.sizing.model.streams import Stream
from bench.sizing.model.work import Work
from bench.sizing.scenario.schema import Scenario


def relay_work(
    scenario: Scenario,
    draws: ProfileDraws,
    rooms: Rooms,
    streams: Sequence[Stream],
    *,
    linked: Sequence[Stream] | None = None,
) -> Work:
    """Return what one room asks of its relay, or of its relays together.

    `streams` is what goes between it and the participants; `linked` the same with what also goes
    between relays, where there are several.
    """
    work = Work()
    for stream in streams if linked is None else linked:
        work += forward(scenario, draws, stream, rooms)
    if scenario.scan.point == "relay":
        work += _scanned(scenario, draws, streams)
    if scenario.scan.point == "protocol":
        work += private_server(scenario, draws, scanned_frames_per_s(streams))
    if rooms.recorded:
        work += _recorded(scenario, draws, streams).times(rooms.recorded)
    return work + connected(scenario, draws, rooms)


def connected(scenario: Scenario, draws: ProfileDraws, rooms: Rooms) -> Work:
    """Return what one room's participants cost a server whatever they send."""
    rekeying = rekeying_of(scenario, draws, rooms)
    return (
        feedback(scenario, draws, rooms.members)
        + connections(scenario, draws, rooms.members, joins_per_s=rooms.joins_per_s)
        + relayed(scenario, draws, rekeying)
    )


def connections(
    scenario: Scenario, draws: ProfileDraws, count: float, *, joins_per_s: float
) -> Work:
    """Return `count` connections: their contexts, and a handshake for each that joins."""
    if scenario.system.hop_cipher == NONE:
        return Work(connections=count)
    return Work(
        cpu_ns_per_s={"handshakes": draws.cost(keys.HANDSHAKE).ns(calls=joins_per_s)},
        ram_bytes=count * draws.memory(keys.HOP_SESSION),
        connections=count,
    )


def scanned_streams(streams: Sequence[Stream]) -> tuple[Stream, ...]:
    """Return the cameras' highest layer: what is scanned."""
    cameras = [stream for stream in streams if stream.kind == "camera"]
    return tuple(cameras[-1:])


def scanned_frames_per_s(streams: Sequence[Stream]) -> float:
    """Return the frames per second of all of one room's scanned streams."""
    return sum(stream.sources * stream.shape.units_per_s for stream in scanned_streams(streams))


def _scanned(scenario: Scenario, draws: ProfileDraws, streams: Sequence[Stream]) -> Work:
    codec = scenario.video.codec
    work = Work()
    for stream in scanned_streams(streams):
        frames = stream.sources * stream.shape.units_per_s
        # All frames are decoded, looked at or not: each needs the ones before it.
        decoding = frames * frame_ns(draws, lambda lines: keys.decode(codec, lines), stream.height)
        work += Work(
            cpu_ns_per_s={
                "scan: depacketize": depacketize_ns(draws, codec, stream, stream.sources),
                "scan: decode": decoding,
                **scan_stages(scenario, draws, height=stream.height, frames_per_s=frames),
            },
            ram_bytes=stream.sources
            * memory_bytes(draws, lambda lines: keys.decoder_memory(codec, lines), stream.height),
        )
    return work


def _recorded(scenario: Scenario, draws: ProfileDraws, streams: Sequence[Stream]) -> Work:
    work = Work()
    for stream in (*scanned_streams(streams), *(s for s in streams if s.kind != "camera")):
        stored = stream.sources * stream.shape.unit_bytes_per_s
        codec = scenario.video.codec if stream.is_video else "opaque"
        cpu_ns = depacketize_ns(draws, codec, stream, stream.sources) + stored * WRITE_NS_PER_BYTE
        work += Work(cpu_ns_per_s={"record": cpu_ns}, recorded_bytes_per_s=stored)
    return work


def depacketize_ns(draws: ProfileDraws, codec: str, stream: Stream, count: float) -> Draws:
    """Return the CPU ns per s of putting the units of `count` such streams together."""
    shape = stream.shape
    return draws.cost(keys.depacketize(codec)).ns(
        calls=count * shape.units_per_s,
        packets=count * shape.packets_per_s,
        size_bytes=count * shape.unit_bytes_per_s,
    )
