"""What a mixer does for one room: take in, decode, compose, encode, mix, send."""

from collections.abc import Sequence
from dataclasses import replace

from bench.profile import keys
from bench.sizing.model.assumptions import WRITE_NS_PER_BYTE
from bench.sizing.model.draws import Draws, ProfileDraws
from bench.sizing.model.forward import forward
from bench.sizing.model.heights import frame_ns, memory_bytes
from bench.sizing.model.publisher import AUDIO_CALLS_PER_S
from bench.sizing.model.received import Received
from bench.sizing.model.room_relay import connected, depacketize_ns, scanned_frames_per_s
from bench.sizing.model.rooms import Rooms, tiles_filled
from bench.sizing.model.scanning import private_server, scan_stages
from bench.sizing.model.streams import Stream, camera_shape
from bench.sizing.model.work import Work
from bench.sizing.scenario.schema import Scenario


def mixed_streams(
    scenario: Scenario, draws: ProfileDraws, rooms: Rooms, streams: Sequence[Stream]
) -> tuple[Stream, ...]:
    """Return what a room's mixer sends: one picture for all, and to each member its sound."""
    mixed = []
    top = scenario.video.ladder[-1]
    if any(stream.is_video for stream in streams):
        mixed.append(
            Stream(
                name=f"picture {top.name}",
                kind="camera",
                shape=camera_shape(scenario, draws, top, rooms),
                height=top.height,
                sources=1.0,
                sent=0.0,
                copies=rooms.members,
            )
        )
    voices = [stream for stream in streams if not stream.is_video]
    if voices:
        mixed.append(
            replace(
                voices[0],
                name="mix",
                kind="audio",
                sources=_mixes(streams),
                sent=0.0,
                copies=rooms.members,
            )
        )
    return tuple(mixed)


def mixed_for_one(mixed: Sequence[Stream]) -> tuple[Received, ...]:
    """Return what one participant gets of `mixed_streams`: one of each."""
    return tuple(
        Received(shape=stream.shape, height=stream.height, count=1.0, camera=stream.is_video)
        for stream in mixed
    )


def mcu_work(
    scenario: Scenario,
    draws: ProfileDraws,
    rooms: Rooms,
    streams: Sequence[Stream],
    mixed: Sequence[Stream],
) -> Work:
    """Return what one room asks of its mixer, to which `streams` come and which sends `mixed`."""
    work = Work()
    for stream in streams:
        work += forward(scenario, draws, replace(stream, copies=0.0), rooms)
        work += _decoded(scenario, draws, stream)
    work += _composed(scenario, draws, rooms, streams)
    work += _sounds(draws, streams)
    for stream in mixed:
        work += _packetized(scenario, draws, stream)
        work += forward(scenario, draws, stream, rooms, made=stream.sources)
    if scenario.scan.point == "protocol":
        work += private_server(scenario, draws, scanned_frames_per_s(streams))
    if rooms.recorded:
        work += _recorded(draws, mixed).times(rooms.recorded)
    # What a mixer delays is encoding and decoding; its packets do not queue as a relay's do.
    return replace(work + connected(scenario, draws, rooms), bursts=())


def _decoded(scenario: Scenario, draws: ProfileDraws, stream: Stream) -> Work:
    codec = scenario.video.codec if stream.is_video else "opaque"
    stages = {"depacketize": depacketize_ns(draws, codec, stream, stream.sent)}
    if not stream.is_video:
        calls = stream.sent * AUDIO_CALLS_PER_S
        stages["decode audio"] = draws.cost(keys.AUDIO_DECODE).ns(calls=calls)
        return Work(cpu_ns_per_s=stages)
    frames = stream.sent * stream.shape.units_per_s
    stages["decode"] = frames * frame_ns(
        draws, lambda lines: keys.decode(codec, lines), stream.height
    )
    if scenario.scan.point == "relay" and stream.kind == "camera":
        stages |= scan_stages(scenario, draws, height=stream.height, frames_per_s=frames)
    memory = memory_bytes(draws, lambda lines: keys.decoder_memory(codec, lines), stream.height)
    return Work(cpu_ns_per_s=stages, ram_bytes=stream.sent * memory)


def _composed(
    scenario: Scenario, draws: ProfileDraws, rooms: Rooms, streams: Sequence[Stream]
) -> Work:
    """Return composing one picture a room and encoding it once: everybody gets the same."""
    if not any(stream.is_video for stream in streams):
        return Work()
    ladder, codec = scenario.video.ladder, scenario.video.codec
    top = ladder[-1]
    seen = min(float(scenario.receive.last_n), rooms.cameras)
    tiles = tiles_filled(scenario.receive.tiles, ladder, seen)
    heights = [(layer.height, tiles[layer.name]) for layer in ladder]
    composing: Draws = sum(
        (
            top.fps * count * frame_ns(draws, keys.compose, height)
            for height, count in (*heights, (top.height, rooms.screens))
        ),
        0.0 * draws.cost(keys.AUDIO_MIX).call_ns,
    )
    encoding = top.fps * frame_ns(draws, lambda lines: keys.encode(codec, lines), top.height)
    return Work(
        cpu_ns_per_s={"compose": composing, "encode": encoding},
        ram_bytes=memory_bytes(draws, lambda lines: keys.encoder_memory(codec, lines), top.height),
    )


def _sounds(draws: ProfileDraws, streams: Sequence[Stream]) -> Work:
    """Return mixing: the floor from all speakers, less oneself for each, under each language."""
    speakers = sum(stream.sent for stream in streams if stream.kind == "audio")
    languages = sum(stream.sent for stream in streams if stream.kind == "language")
    if not speakers and not languages:
        return Work()
    added = speakers + speakers + languages
    return Work(
        cpu_ns_per_s={
            "mix audio": draws.cost(keys.AUDIO_MIX).ns(calls=added * AUDIO_CALLS_PER_S),
            "encode audio": draws.cost(keys.AUDIO_ENCODE).ns(
                calls=_mixes(streams) * AUDIO_CALLS_PER_S
            ),
        }
    )


def _mixes(streams: Sequence[Stream]) -> float:
    """Return how many sums of voices are sent: the floor, and one without each, one under each."""
    return 1.0 + sum(stream.sent for stream in streams if not stream.is_video)


def _packetized(scenario: Scenario, draws: ProfileDraws, stream: Stream) -> Work:
    shape = stream.shape
    codec = scenario.video.codec if stream.is_video else "opaque"
    return Work(
        cpu_ns_per_s={
            "packetize": draws.cost(keys.packetize(codec)).ns(
                calls=stream.sources * shape.units_per_s,
                packets=stream.sources * shape.packets_per_s,
                size_bytes=stream.sources * shape.unit_bytes_per_s,
            )
        }
    )


def _recorded(draws: ProfileDraws, mixed: Sequence[Stream]) -> Work:
    stored = sum(stream.shape.unit_bytes_per_s for stream in mixed)
    writing = stored * WRITE_NS_PER_BYTE + 0.0 * draws.cost(keys.AUDIO_MIX).call_ns
    return Work(cpu_ns_per_s={"record": writing}, recorded_bytes_per_s=stored)
