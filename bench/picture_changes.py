"""What people and layouts do to a picture before it is encoded.

Pure functions from frame to frame on 4:2:0 planes of even sides; the sides that they return are
even too, and the frame that goes in is not written to. Colours are those of limited-range video.
Scaling to the size that is sent comes after these, and is not done here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from pipelines.media import U8, RawFrame

BLACK = 16
WHITE = 235
NO_COLOUR = 128
"""Of the chroma planes: grey, whatever the luma."""

CROP_SHARE = 0.05
BANNER = (0.02, 0.84, 0.40, 0.125)
LOGO = (0.83, 0.03, 0.15, 0.20)
"""Left, top, width and height as shares of the picture's: together they cover 8 % of it."""
BANNER_LUMA = 45
TILE_LUMA = 60
"""Of the empty tiles: the dark grey that stands where a participant has no camera on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureChange:
    """A change by name. `apply` returns a new frame, or the same one where nothing changes."""

    name: str
    summary: str
    apply: Callable[[RawFrame], RawFrame]


def unchanged(frame: RawFrame) -> RawFrame:
    """Return `frame`."""
    return frame


def letterbox(frame: RawFrame) -> RawFrame:
    """Return the whole picture between black bars.

    A picture whose long side is more than 1.5 times the short one gets bars along its long sides
    until it is 4:3 (16:9 is then one quarter bars); any other gets them along its short sides until
    it is 16:9 (4:3 is then one quarter bars). Portrait pictures are treated as if lying down.
    """
    height, width = frame.planes[0].shape
    long, short = max(height, width), min(height, width)
    if 2 * long > 3 * short:
        boxed_long, boxed_short = long, _even(long * 3 / 4)
    else:
        boxed_long, boxed_short = _even(short * 16 / 9), short
    boxed = (boxed_short, boxed_long) if width >= height else (boxed_long, boxed_short)
    top, left = _even((boxed[0] - height) / 2), _even((boxed[1] - width) / 2)
    return _placed(frame, *boxed, top=top, left=left, luma=BLACK)


def crop(frame: RawFrame) -> RawFrame:
    """Return the picture without 5 % of its width left and right, and of its height at both ends.

    What is left is 81 % of the picture.
    """
    height, width = frame.planes[0].shape
    top, left = _even(CROP_SHARE * height), _even(CROP_SHARE * width)
    y, u, v = frame.planes
    half_top, half_left = top // 2, left // 2
    return _with_planes(
        frame,
        y[top : height - top, left : width - left].copy(),
        *(
            plane[
                half_top : height // 2 - half_top,
                half_left : width // 2 - half_left,
            ].copy()
            for plane in (u, v)
        ),
    )


def mirror(frame: RawFrame) -> RawFrame:
    """Return the picture mirrored left to right."""
    y, u, v = (np.ascontiguousarray(plane[:, ::-1]) for plane in frame.planes)
    return _with_planes(frame, y, u, v)


def overlay(frame: RawFrame) -> RawFrame:
    """Return the picture with a name banner at the bottom left and a logo box at the top right.

    The banner is dark with light strokes in place of letters and covers 5 % of the picture; the
    logo is a light box with a dark one in it and covers 3 %.
    """
    y, u, v = (plane.copy() for plane in frame.planes)
    top, bottom, left, right = _box(y, BANNER)
    banner = y[top:bottom, left:right]
    banner[...] = BANNER_LUMA
    height, width = banner.shape
    stroke = max(1, height // 8)
    # Two strokes of three are light, over the middle half of the banner.
    letters = (np.arange(width) // stroke) % 3 < 2
    letters[: 2 * stroke] = letters[-4 * stroke :] = False
    banner[height // 4 : height - height // 4, letters] = WHITE
    _decolour(u, v, BANNER)

    top, bottom, left, right = _box(y, LOGO)
    logo = y[top:bottom, left:right]
    logo[...] = WHITE
    height, width = logo.shape
    logo[height // 4 : height - height // 4, width // 4 : width - width // 4] = BLACK
    _decolour(u, v, LOGO)
    return _with_planes(frame, y, u, v)


def layout_tile(frame: RawFrame) -> RawFrame:
    """Return a 2 x 2 gallery of twice the sides with the picture as its top left tile.

    The other three tiles are flat dark grey.
    """
    height, width = frame.planes[0].shape
    return _placed(frame, 2 * height, 2 * width, top=0, left=0, luma=TILE_LUMA)


CHANGES: Mapping[str, PictureChange] = MappingProxyType(
    {
        change.name: change
        for change in (
            PictureChange(name="none", summary="as it is", apply=unchanged),
            PictureChange(
                name="letterbox",
                summary="between black bars: wide pictures to 4:3, others to 16:9",
                apply=letterbox,
            ),
            PictureChange(name="crop-5", summary="5 % cut off each side", apply=crop),
            PictureChange(name="mirror", summary="mirrored left to right", apply=mirror),
            PictureChange(
                name="overlay",
                summary="a name banner and a logo box over 8 % of the picture",
                apply=overlay,
            ),
            PictureChange(
                name="layout-tile",
                summary="one tile of a 2 x 2 gallery whose other tiles are flat grey",
                apply=layout_tile,
            ),
        )
    }
)
"""Every change by its name."""


def _placed(
    frame: RawFrame, height: int, width: int, *, top: int, left: int, luma: int
) -> RawFrame:
    """Return `frame` on a flat canvas of `height` x `width`; `top` and `left` are even."""
    y, u, v = frame.planes
    canvas = np.full((height, width), luma, dtype=np.uint8)
    canvas[top : top + y.shape[0], left : left + y.shape[1]] = y
    halves = []
    for plane in (u, v):
        half = np.full((height // 2, width // 2), NO_COLOUR, dtype=np.uint8)
        half[top // 2 :, left // 2 :][: plane.shape[0], : plane.shape[1]] = plane
        halves.append(half)
    return _with_planes(frame, canvas, *halves)


def _box(plane: U8, shares: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of a box of a luma plane, all even."""
    height, width = plane.shape
    left, top, box_width, box_height = shares
    return (
        _even(top * height),
        _even((top + box_height) * height),
        _even(left * width),
        _even((left + box_width) * width),
    )


def _decolour(u: U8, v: U8, shares: tuple[float, float, float, float]) -> None:
    """Make a box of both chroma planes grey."""
    height, width = u.shape
    left, top, box_width, box_height = shares
    rows = slice(round(top * height), round((top + box_height) * height))
    columns = slice(round(left * width), round((left + box_width) * width))
    u[rows, columns] = v[rows, columns] = NO_COLOUR


def _with_planes(frame: RawFrame, y: U8, u: U8, v: U8) -> RawFrame:
    return RawFrame(index=frame.index, pts_ns=frame.pts_ns, planes=(y, u, v))


def _even(length: float) -> int:
    return 2 * round(length / 2)
