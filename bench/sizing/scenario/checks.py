"""What contradicts itself, cannot be, or makes no sense: each said with the fields that clash."""

from collections.abc import Iterator

from bench.sizing.scenario.errors import no_choice
from bench.sizing.scenario.limits import out_of_bounds
from bench.sizing.scenario.names import (
    E2E_CIPHERS,
    HOP_CIPHERS,
    TUNNELS,
    VIDEO_CODECS,
    scanners,
)
from bench.sizing.scenario.protection import protection_problems
from bench.sizing.scenario.schema import Scan, Scenario

MOST_IN_P2P = 8
"""Everybody sends to everybody: each of nine would send its camera eight times."""

SHARES_TOLERANCE = 1e-6

OPUS_STEP_MS = 2.5
"""RFC 7587 7.1, RFC 6716 2.1.4: a packet holds any number of frames of 2.5 ms and more."""


def problems(scenario: Scenario) -> Iterator[str]:
    """Yield what is wrong with `scenario`, the simplest first: `field: what`."""
    yield from out_of_bounds(scenario)
    yield from _unknown_names(scenario)
    yield from _demand(scenario)
    yield from _ladder(scenario)
    yield from _timing(scenario)


def contradictions(scenario: Scenario) -> Iterator[str]:
    """Yield what of `scenario`, each possible by itself, is impossible together."""
    yield from _rooms(scenario)
    yield from _topology(scenario)
    yield from _tiles(scenario)
    yield from protection_problems(scenario)


def _unknown_names(scenario: Scenario) -> Iterator[str]:
    system, scanner = scenario.system, scenario.scan.scanner
    for path, value, values in (
        ("system.hop_cipher", system.hop_cipher, HOP_CIPHERS),
        ("system.e2e_cipher", system.e2e_cipher, E2E_CIPHERS),
        ("system.outer_tunnel", system.outer_tunnel, TUNNELS),
        ("video.codec", scenario.video.codec, VIDEO_CODECS),
        ("scan.scanner", scanner, (scanner,) if scanner == Scan().scanner else scanners()),
    ):
        if value not in values:
            yield f"{path}: {no_choice(value, values)}"


def _demand(scenario: Scenario) -> Iterator[str]:
    demand = scenario.demand
    peak, daily = demand.peak_participants, demand.daily_participants
    if peak is None and daily is None:
        yield (
            "demand: neither peak_participants nor daily_participants is given; one of them says"
            " how many there are"
        )
    if peak is not None and daily is not None:
        yield (
            f"demand: peak_participants ({peak:,}) and daily_participants ({daily:,}) are both"
            " given; one of them says how many there are"
        )
    if peak is None and daily is not None and scenario.peak_participants < 1:
        yield (
            f"demand.concurrent_share: {demand.concurrent_share:g} of {daily:,}"
            " daily_participants is less than one participant"
        )


def _rooms(scenario: Scenario) -> Iterator[str]:
    for index, room in enumerate(scenario.rooms):
        there = room.share * scenario.peak_participants
        if room.size < 2:
            yield f"rooms[{index}].size: {room.size} is nobody to talk to; a room has 2 or more"
        # Rounding of a share is no contradiction.
        if room.size > there * (1 + SHARES_TOLERANCE):
            yield (
                f"rooms[{index}].size: {room.size:,} are more than the {there:,.6g} participants"
                f" in such rooms (rooms[{index}].share of those of [demand])"
            )
    total = sum(room.share for room in scenario.rooms)
    if abs(total - 1) > SHARES_TOLERANCE:
        shares = " + ".join(f"{room.share:g}" for room in scenario.rooms)
        yield f"rooms: the shares are {shares} = {total:.6g}; together they are 1"


def _topology(scenario: Scenario) -> Iterator[str]:
    system = scenario.system
    largest = max(room.size for room in scenario.rooms)
    if system.topology == "p2p" and largest > MOST_IN_P2P:
        yield (
            f"system.topology: p2p with rooms[].size {largest:,}: everybody would send to"
            f" {largest - 1:,} others; at most {MOST_IN_P2P} in a room, or an sfu"
        )
    if system.topology == "hub" and system.systems < 2:
        yield "system.systems: a hub (system.topology) stands between 2 systems or more"
    if system.topology == "hub" and system.systems > largest:
        yield (
            f"system.systems: {system.systems:,} systems, but the largest room (rooms[].size) has"
            f" {largest:,} participants; each system has at least one"
        )
    if system.topology != "hub" and system.systems > 1:
        yield (
            f"system.systems: {system.systems:,} systems need system.topology hub, not"
            f" {system.topology}"
        )
    if system.fan_out_cores > scenario.host.cores:
        yield (
            f"system.fan_out_cores: {system.fan_out_cores:,} are more than host.cores"
            f" {scenario.host.cores:,}"
        )


def _ladder(scenario: Scenario) -> Iterator[str]:
    video = scenario.video
    names = [layer.name for layer in video.ladder]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"video.ladder: {name!r} is the name of {names.count(name)} layers"
    for index, (low, high) in enumerate(zip(video.ladder, video.ladder[1:], strict=False), start=1):
        if high.height < low.height:
            yield (
                f"video.ladder[{index}].height: {high.height} after {low.height}; the ladder goes"
                " from the lowest layer to the highest"
            )
        if high.bitrate_bps <= low.bitrate_bps:
            yield (
                f"video.ladder[{index}].bitrate_bps: {high.bitrate_bps:,} after"
                f" {low.bitrate_bps:,}; each layer takes more than the one before"
            )
    if video.codec == "vp8" and video.scalability == "svc":
        # RFC 7741 1: temporal scalability only.
        yield "video.scalability: svc with video.codec vp8, which has no spatial layers"


def _tiles(scenario: Scenario) -> Iterator[str]:
    names = [layer.name for layer in scenario.video.ladder]
    for index, tile in enumerate(scenario.receive.tiles):
        if tile.layer not in names:
            unknown = no_choice(tile.layer, names)
            yield f"receive.tiles[{index}].layer: in video.ladder, {unknown}"
        elif scenario.video.scalability == "single" and tile.layer != names[-1]:
            yield (
                f"receive.tiles[{index}].layer: {tile.layer!r}, but video.scalability single sends"
                f" only {names[-1]!r}"
            )


def _timing(scenario: Scenario) -> Iterator[str]:
    video, audio, network = scenario.video, scenario.audio, scenario.network
    for index, layer in enumerate(video.ladder):
        if video.keyframe_interval_s * layer.fps < 1:
            yield (
                f"video.keyframe_interval_s: {video.keyframe_interval_s:g} is less than one frame"
                f" of video.ladder[{index}].fps {layer.fps:g}"
            )
    if audio.packet_ms % OPUS_STEP_MS:
        yield f"audio.packet_ms: {audio.packet_ms:g} is no multiple of {OPUS_STEP_MS:g} (Opus)"
    audio_bytes = audio.bitrate_bps / 8 * audio.packet_ms / 1000
    if audio_bytes > network.mtu_bytes:
        yield (
            f"audio.packet_ms: {audio.packet_ms:g} at audio.bitrate_bps {audio.bitrate_bps:,} are"
            f" {audio_bytes:,.0f} bytes, more than network.mtu_bytes {network.mtu_bytes:,}"
        )
