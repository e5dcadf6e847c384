"""Access units sorted into cells of about one size, so that a fit can tell its terms apart."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.calibrate.media_clips import MediaClips
from bench.calibrate.probe import Bench
from bench.clips.errors import ClipError
from pipelines.formats.packetizer import DEFAULT_MTU
from pipelines.media import OPAQUE, EncodedFrame

ENOUGH_PACKETS = 2000
MOST_UNITS = 640
"""Of one block: about a millisecond, of packets at half a microsecond or calls at two each."""

AUDIO_BYTES = (90, 160)
"""Of a packet of 20 ms of Opus at 36 and 64 kbit/s, in the range of RFC 7587 3.1.1."""

AUDIO_UNITS = 640
AUDIO_NS = 20_000_000

LARGE = 720
"""Lines from which on key frames count as large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Units of one block; a clip's units may come in it several times."""

    name: str
    units: tuple[EncodedFrame, ...]

    @property
    def size_bytes(self) -> int:
        """Return the bytes of all units."""
        return sum(len(unit.payload) for unit in self.units)


def video_cells(bench: Bench, clips: MediaClips, codec: str) -> tuple[Cell, ...]:
    """Return one cell per clip without its key frames, and two of key frames, small and large.

    `opaque` gives the units of H.264 as sealed ones are sent. A clip may stand in for a larger one:
    these costs ask for units of many sizes, whatever they show. Raises ClipError, CodecError.
    """
    coded = "h264" if codec == OPAQUE else codec
    cells = []
    keyframes: dict[str, list[EncodedFrame]] = {}
    for clip in clips.ladder.values():
        material = bench.library.material(clip, coded)
        cells.append((clip, [unit for unit in material.access_units if not unit.is_keyframe]))
        kind = f"{'large' if material.height >= LARGE else 'small'} key frames"
        keyframes.setdefault(kind, []).extend(
            unit for unit in material.access_units if unit.is_keyframe
        )
    return tuple(
        Cell(name=name, units=_filled(units, codec)) for name, units in (*cells, *keyframes.items())
    )


def audio_cells(bench: Bench, clips: MediaClips) -> tuple[Cell, ...]:
    """Return cells of units that take one small packet: bytes of video stand for those of Opus."""
    material = bench.library.material(clips.traced[0], "h264")
    content = np.concatenate([unit.payload for unit in material.access_units])
    return tuple(
        Cell(
            name=f"audio of {size} B",
            units=tuple(
                EncodedFrame(
                    index=index,
                    pts_ns=AUDIO_NS * index,
                    is_keyframe=True,
                    codec=OPAQUE,
                    payload=payload,
                )
                for index, payload in enumerate(np.resize(content, (AUDIO_UNITS, size)))
            ),
        )
        for size in AUDIO_BYTES
    )


def all_cells(bench: Bench, clips: MediaClips) -> tuple[Cell, ...]:
    """Return what a cipher meets: audio and video, as opaque units."""
    return (*audio_cells(bench, clips), *video_cells(bench, clips, OPAQUE))


def _filled(units: Sequence[EncodedFrame], codec: str) -> tuple[EncodedFrame, ...]:
    """Return units in random order, over and over until a block is full. Raises ClipError."""
    order = np.random.default_rng(len(units)).permutation(len(units)).tolist()
    filled: list[EncodedFrame] = []
    packets = 0
    for index in itertools.cycle(order):
        unit = units[index]
        filled.append(unit if unit.codec == codec else unit.with_payload(unit.payload, codec))
        packets += -(-len(unit.payload) // DEFAULT_MTU)
        if packets >= ENOUGH_PACKETS or len(filled) >= MOST_UNITS:
            return tuple(filled)
    raise ClipError("a clip of key frames alone: nothing to measure the frames between them on")
