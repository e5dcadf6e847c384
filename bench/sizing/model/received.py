"""What one participant gets."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.sizing.model.packets import Shape
from bench.sizing.model.rooms import Rooms, tiles_filled
from bench.sizing.model.streams import Stream, sent_layers
from bench.sizing.scenario.schema import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """`count` equal streams that one participant gets; `height` 0 is sound.

    `camera` says whether what comes is somebody's camera as it was sent.
    """

    shape: Shape
    height: int
    count: float
    camera: bool = False


def forwarded_to_one(
    scenario: Scenario, rooms: Rooms, streams: Sequence[Stream]
) -> tuple[Received, ...]:
    """Return what one participant gets of its room's forwarded streams.

    It is one that sees most: one without a camera, where there is such a one. Of screens and voices
    it gets what participants get on average.
    """
    seen = min(float(scenario.receive.last_n), rooms.cameras, rooms.size - 1)
    tiles = tiles_filled(scenario.receive.tiles, sent_layers(scenario), seen)
    cameras = [stream for stream in streams if stream.kind == "camera"]
    counts = dict(zip((stream.name for stream in cameras), tiles.values(), strict=False))
    others = (rooms.size - 1) / rooms.size
    counts["language"] = scenario.receive.languages_heard
    return tuple(
        Received(
            shape=stream.shape,
            height=stream.height,
            count=counts.get(stream.name, stream.sources * others),
            camera=stream.kind == "camera",
        )
        for stream in streams
    )
