"""The streams of a room: what is sent, in how many layers, and how many get it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bench.sizing.model.draws import ProfileDraws
from bench.sizing.model.overheads import payload_header_bytes, sframe_bytes
from bench.sizing.model.packets import Framing, Shape, audio_shape, keyframe_share, video_shape
from bench.sizing.model.rooms import Rooms, camera_copies, tiles_filled
from bench.sizing.scenario.schema import Layer, Scenario

Kind = Literal["camera", "screen", "audio", "language"]

SENT_ONCE = ("p2p", "mcu")
"""Topologies in which a camera sends its highest layer and nothing else: nobody picks a layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Equal streams of one room: `sent` are sent, and all receivers together get `copies`.

    `height` is of the picture, 0 for sound. A layer inside a scalable stream is not sent apart:
    then `sent` is 0 and `sources` says of how many streams it is a part.
    """

    name: str
    kind: Kind
    shape: Shape
    height: int
    sources: float
    sent: float
    copies: float

    @property
    def is_video(self) -> bool:
        """Whether it is a picture."""
        return self.height > 0


def sent_layers(scenario: Scenario) -> tuple[Layer, ...]:
    """Return the layers of a camera that reach whoever forwards them, from the lowest up."""
    single = scenario.video.scalability == "single" or scenario.system.topology in SENT_ONCE
    return scenario.video.ladder[-1:] if single else scenario.video.ladder


def streams_of(scenario: Scenario, draws: ProfileDraws, rooms: Rooms) -> tuple[Stream, ...]:
    """Return the streams of one room: cameras by layer, screens, speakers, languages."""
    return (
        *_cameras(scenario, draws, rooms),
        *_screens(scenario, draws, rooms),
        *_sounds(scenario, draws, rooms),
    )


def camera_shape(scenario: Scenario, draws: ProfileDraws, layer: Layer, rooms: Rooms) -> Shape:
    """Return what one camera sends in `layer`."""
    return video_shape(
        draws,
        codec=scenario.video.codec,
        height=layer.height,
        bitrate_bps=layer.bitrate_bps,
        fps=layer.fps,
        keyframe_share=_keyframe_share(scenario, rooms, layer.fps),
        framing=_framing(scenario, scenario.video.codec, layer.fps),
    )


def _cameras(scenario: Scenario, draws: ProfileDraws, rooms: Rooms) -> Iterator[Stream]:
    if not rooms.cameras:
        return
    layers = sent_layers(scenario)
    copies = dict.fromkeys((layer.name for layer in layers), 0.0)
    for receivers, seen in camera_copies(rooms, scenario.receive.last_n):
        for name, count in tiles_filled(scenario.receive.tiles, layers, seen).items():
            copies[name] += receivers * count
    for layer in layers:
        inside = scenario.video.scalability == "svc" and layer is not layers[-1]
        yield Stream(
            name=f"camera {layer.name}",
            kind="camera",
            shape=camera_shape(scenario, draws, layer, rooms),
            height=layer.height,
            sources=rooms.cameras,
            sent=0.0 if inside else rooms.cameras,
            copies=copies[layer.name],
        )


def _screens(scenario: Scenario, draws: ProfileDraws, rooms: Rooms) -> Iterator[Stream]:
    if not rooms.screens:
        return
    screen = scenario.screen
    yield Stream(
        name="screen",
        kind="screen",
        shape=video_shape(
            draws,
            codec=scenario.video.codec,
            height=screen.height,
            bitrate_bps=screen.bitrate_bps,
            fps=screen.fps,
            keyframe_share=_keyframe_share(scenario, rooms, screen.fps),
            framing=_framing(scenario, scenario.video.codec, screen.fps),
        ),
        height=screen.height,
        sources=rooms.screens,
        sent=rooms.screens,
        copies=rooms.screens * (rooms.members - 1),
    )


def _sounds(scenario: Scenario, draws: ProfileDraws, rooms: Rooms) -> Iterator[Stream]:
    audio = scenario.audio
    shape = audio_shape(
        draws,
        bitrate_bps=audio.bitrate_bps,
        packet_ms=audio.packet_ms,
        framing=_framing(scenario, None, 1000 / audio.packet_ms),
    )
    if rooms.speakers:
        yield Stream(
            name="audio",
            kind="audio",
            shape=shape,
            height=0,
            sources=rooms.speakers,
            sent=rooms.speakers,
            copies=rooms.speakers * (rooms.members - 1),
        )
    if rooms.languages:
        yield Stream(
            name="language",
            kind="language",
            shape=shape,
            height=0,
            sources=float(rooms.languages),
            sent=float(rooms.languages),
            copies=scenario.receive.languages_heard * rooms.members,
        )


def _framing(scenario: Scenario, codec: str | None, units_per_s: float) -> Framing:
    """Return what surrounds a frame; `codec` None is audio, which has no payload header."""
    return Framing(
        unit_extra_bytes=sframe_bytes(scenario.system.e2e_cipher, units_per_s),
        # A sealed frame keeps its codec's header: a relay has to tell layers and key frames.
        header_bytes=0 if codec is None else payload_header_bytes(codec),
        mtu_bytes=scenario.network.mtu_bytes,
    )


def _keyframe_share(scenario: Scenario, rooms: Rooms, fps: float) -> float:
    return keyframe_share(
        interval_s=scenario.video.keyframe_interval_s, joins_per_s=rooms.joins_per_s, fps=fps
    )
