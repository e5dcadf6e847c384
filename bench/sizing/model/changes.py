"""One-at-a-time changes of what an answer may hang on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from bench.profile.schema import LinearCost, Profile
from bench.sizing.model.peak import with_peak
from bench.sizing.scenario.schema import Scenario

LONGEST_AUDIO_MS = 120.0
"""Of Opus in one packet (RFC 7587 4.2)."""

CIPHERS = ("srtp/", "sframe/", "aead/")
SENDING = ("udp/send", "udp/sendmmsg", "udp/gso")
RECEIVING = ("udp/recv", "udp/recvmmsg", "udp/gro")

MORE = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is changed, in words, and how; whatever is not named stays as it is."""

    words: str
    scenario: Scenario
    profile: Callable[[Profile], Profile] | None = None


def changes(scenario: Scenario) -> Iterator[Change]:
    """Yield the changes that make sense for `scenario`."""
    yield from _demand(scenario)
    yield from _media(scenario)
    yield from _machine(scenario)
    for words, stems in (
        ("ciphers cost +10 %", CIPHERS),
        ("sending packets (UDP) costs +10 %", SENDING),
        ("receiving packets (UDP) costs +10 %", RECEIVING),
    ):
        yield Change(words=words, scenario=scenario, profile=_dearer(stems))


def _demand(scenario: Scenario) -> Iterator[Change]:
    replace = msgspec.structs.replace
    yield Change(words="participants +10 %", scenario=with_peak(scenario, MORE))
    most = scenario.peak_participants
    larger = tuple(
        replace(room, size=min(max(room.size + 1, round(room.size * MORE)), round(most)))
        for room in scenario.rooms
    )
    if larger != scenario.rooms:
        yield Change(words="rooms +10 % larger", scenario=replace(scenario, rooms=larger))
    receive = replace(scenario.receive, last_n=scenario.receive.last_n + 1)
    yield Change(words="last-n +1", scenario=replace(scenario, receive=receive))


def _media(scenario: Scenario) -> Iterator[Change]:
    replace = msgspec.structs.replace
    video, audio, network = scenario.video, scenario.audio, scenario.network
    bitrates = tuple(
        replace(layer, bitrate_bps=round(layer.bitrate_bps * MORE)) for layer in video.ladder
    )
    frames = tuple(replace(layer, fps=layer.fps * MORE) for layer in video.ladder)
    for words, ladder in (("video bitrate +10 %", bitrates), ("frames per second +10 %", frames)):
        yield Change(words=words, scenario=replace(scenario, video=replace(video, ladder=ladder)))
    longer = 2 * audio.packet_ms
    if longer <= LONGEST_AUDIO_MS:
        yield Change(
            words=f"audio packets of {longer:g} ms instead of {audio.packet_ms:g}",
            scenario=replace(scenario, audio=replace(audio, packet_ms=longer)),
        )
    if network.loss + 0.01 < 1:
        yield Change(
            words="loss +1 % of packets",
            scenario=replace(scenario, network=replace(network, loss=network.loss + 0.01)),
        )


def _machine(scenario: Scenario) -> Iterator[Change]:
    replace = msgspec.structs.replace
    system, targets, host = scenario.system, scenario.targets, scenario.host
    method = "sendmmsg" if system.send_method == "gso" else "gso"
    yield Change(
        words=f"send method {method} instead of {system.send_method}",
        scenario=replace(scenario, system=replace(system, send_method=method)),
    )
    higher = targets.utilisation + 0.1
    if higher <= 1:
        yield Change(
            words=f"utilisation {higher:.2g} instead of {targets.utilisation:.2g}",
            scenario=replace(scenario, targets=replace(targets, utilisation=higher)),
        )
    yield Change(
        words="cores 10 % slower",
        scenario=replace(scenario, host=replace(host, core_speed=host.core_speed * 0.9)),
    )


def _dearer(stems: tuple[str, ...]) -> Callable[[Profile], Profile]:
    def changed(profile: Profile) -> Profile:
        costs = {
            key: _scaled(cost) if key.startswith(stems) else cost
            for key, cost in profile.costs.items()
        }
        return msgspec.structs.replace(profile, costs=costs)

    return changed


def _scaled(cost: LinearCost) -> LinearCost:
    return msgspec.structs.replace(
        cost,
        call_ns=tuple(MORE * ns for ns in cost.call_ns),
        packet_ns=tuple(MORE * ns for ns in cost.packet_ns),
        byte_ns=tuple(MORE * ns for ns in cost.byte_ns),
    )
