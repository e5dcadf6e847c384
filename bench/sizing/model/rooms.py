"""How many rooms there are, how large they are, and who in them sends and sees what."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bench.sizing.scenario.schema import Layer, Room, Scenario, Tile


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """`count` equal rooms; real numbers, for shares rarely come out even.

    Each holds `size` participants, of whom `cameras` send video, and `recorders` that only listen.
    `recorded` is the share of them that the server records.
    """

    count: float
    size: float
    cameras: float
    screens: float
    speakers: float
    languages: int
    recorders: float
    recorded: float
    joins_per_s: float

    @property
    def participants(self) -> float:
        """Participants of all these rooms."""
        return self.count * self.size

    @property
    def members(self) -> float:
        """Participants of one room, and who records it by taking part."""
        return self.size + self.recorders


def rooms_of(scenario: Scenario) -> tuple[Rooms, ...]:
    """Return the scenario's rooms by size."""
    return tuple(_rooms(scenario, room) for room in scenario.rooms)


def alone(rooms: Rooms) -> Rooms:
    """Return one room of this kind: the recorded one, where some are."""
    return replace(
        rooms,
        count=1.0,
        recorders=1.0 if rooms.recorders else 0.0,
        recorded=1.0 if rooms.recorded else 0.0,
    )


def camera_copies(rooms: Rooms, last_n: int) -> tuple[tuple[float, float], ...]:
    """Return (receivers, cameras that each of them sees) of one room, for those who differ.

    Nobody sees itself: who sends sees one less.
    """
    cameras, size = rooms.cameras, rooms.size
    recording = (rooms.recorders, min(last_n, cameras))
    if cameras < 1:
        # A camera that is there now and then: whoever has it, all others see it.
        return ((max(0.0, size - 1), min(last_n, cameras)), recording)
    return (
        (cameras, min(last_n, cameras - 1)),
        (size - cameras, min(last_n, cameras)),
        recording,
    )


def tiles_filled(
    tiles: tuple[Tile, ...], ladder: tuple[Layer, ...], seen: float
) -> Mapping[str, float]:
    """Return how many of `seen` videos come in each layer of `ladder`, tiles filled in order.

    Without tiles it is one in the top layer; what is left over comes in the lowest layer.
    """
    counts = dict.fromkeys((layer.name for layer in ladder), 0.0)
    left = seen
    for tile in tiles or (Tile(layer=ladder[-1].name, count=1),):
        taken = min(left, float(tile.count))
        # Where only one layer is sent, it serves every tile.
        counts[tile.layer if tile.layer in counts else ladder[-1].name] += taken
        left -= taken
    counts[ladder[0].name] += left
    return counts


def _rooms(scenario: Scenario, room: Room) -> Rooms:
    publish = scenario.publish
    participants = scenario.peak_participants * room.share
    # Fewer participants than the room holds make one room that is not full.
    size = max(1.0, min(float(room.size), participants))
    cameras = publish.cameras * size
    if publish.cameras_most is not None:
        cameras = min(cameras, float(publish.cameras_most))
    recording = scenario.recording
    return Rooms(
        count=participants / size,
        size=size,
        cameras=cameras,
        screens=min(publish.screens_per_room, size),
        speakers=min(float(publish.speakers), size),
        languages=publish.languages,
        recorders=recording.share if recording.by == "participant" else 0.0,
        recorded=recording.share if recording.by == "server" else 0.0,
        joins_per_s=size / (60 * scenario.rekey.stay_minutes),
    )
