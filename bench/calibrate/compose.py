"""What a mixing server pays for one tile: a picture scaled, and put into another."""

from functools import partial

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from bench.calibrate.block import Block, BlockProbe, for_each
from bench.calibrate.media_clips import MediaClips
from bench.calibrate.probe import Bench, ProbePlan
from bench.clips.errors import ClipError
from bench.picture_changes import BLACK, NO_COLOUR
from bench.profile import keys
from bench.verdict import WrongAnswer
from pipelines.codecs.picture import picture_of
from pipelines.media import U8, RawFrame

SOURCE_HEIGHT = 720
CANVAS = (1920, 1080)
"""Width and height of the picture that tiles are put into: the largest tile has room."""

FRAMES = 12

MOST_SHIFT = 2.0
"""How much the mean luma may move by scaling, in steps of 255."""


def compose_plan(clips: MediaClips) -> ProbePlan:
    """Return the plan of tiles of every height, from the clip of 720 lines."""
    clip = clips.ladder[SOURCE_HEIGHT]
    on = f"decoded frames of {clip}, scaled by swscale (bilinear) into a {CANVAS[0]}x{CANVAS[1]}"
    return ProbePlan(
        name="composing",
        on={
            keys.compose(height): f"{on} picture"
            if height != SOURCE_HEIGHT
            else f"decoded frames of {clip}, copied into a {CANVAS[0]}x{CANVAS[1]} picture"
            for height in keys.HEIGHTS
        },
        open=partial(_open, clips),
        library=lambda _: f"FFmpeg's swscale (PyAV {av.__version__}), NumPy {np.__version__}",
    )


def _open(clips: MediaClips, bench: Bench) -> BlockProbe:
    clip = clips.ladder[SOURCE_HEIGHT]
    frames = bench.library.footage(clip).frames[:FRAMES]
    lines = frames[0].planes[0].shape[0]
    if lines != SOURCE_HEIGHT:
        raise ClipError(f"{clip} has {lines} lines: nothing to measure {SOURCE_HEIGHT} on")
    blocks = []
    for height in keys.HEIGHTS:
        tile = Tile(frames[0], height)
        check_tile(tile, frames[0])
        blocks.append(
            Block(
                key=keys.compose(height),
                calls=FRAMES,
                prepare=partial(for_each, tile.put, frames),
            )
        )
    return BlockProbe(blocks, seed=bench.seed)


class Tile:
    """A place in a picture of its own, `height` lines high, into which frames are put."""

    def __init__(self, frame: RawFrame, height: int) -> None:
        lines, columns = frame.planes[0].shape
        self.width, self.height = 2 * round(columns * height / lines / 2), height
        width, canvas_height = CANVAS
        self.canvas: tuple[U8, U8, U8] = (
            np.full((canvas_height, width), BLACK, dtype=np.uint8),
            np.full((canvas_height // 2, width // 2), NO_COLOUR, dtype=np.uint8),
            np.full((canvas_height // 2, width // 2), NO_COLOUR, dtype=np.uint8),
        )
        self._scale = VideoReformatter()

    def put(self, frame: RawFrame) -> None:
        """Scale `frame` where its size is another, and copy its planes into the picture."""
        if len(frame.planes[0]) == self.height:
            self._copy(frame.planes)
            return
        scaled = self._scale.reformat(
            picture_of(frame.planes),
            self.width,
            self.height,
            "yuv420p",
            interpolation=Interpolation.BILINEAR,
        )
        y, u, v = (
            np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(plane.height, plane.line_size)[
                :, : plane.width
            ]
            for plane in scaled.planes
        )
        self._copy((y, u, v))

    def _copy(self, planes: tuple[U8, U8, U8]) -> None:
        for place, plane in zip(self.canvas, planes, strict=True):
            rows, columns = plane.shape
            place[:rows, :columns] = plane


def check_tile(tile: Tile, frame: RawFrame) -> None:
    """Raise WrongAnswer unless the frame lands in its place, as bright as it was, nowhere else."""
    tile.put(frame)
    luma = tile.canvas[0]
    inside = luma[: tile.height, : tile.width]
    shift = abs(float(inside.mean()) - float(frame.planes[0].mean()))
    outside = int((luma != BLACK).sum()) - int((inside != BLACK).sum())
    if shift > MOST_SHIFT or outside:
        raise WrongAnswer(
            f"a tile of {tile.height} lines: luma moved by {shift:.1f}, {outside} pixels beyond"
        )
