"""Resizing a luma plane as Pillow does: Lanczos, in two passes of fixed-point sums.

Pillow weighs pixels by the windowed sinc of three lobes, stretched where the picture shrinks, and
rounds each weight to 22 bits after the point, and what comes out of each pass to whole levels
(Pillow, `Image.resize` of mode L; src/libImaging/Resample.c). Both roundings are kept here.

Rows come first, then columns, as in all of Pillow up to 12. From 13 on it takes the columns first
where the height shrinks significantly more than the width (pull request 9549): small pictures
from about 1.2 times as high as wide on. There a few bits of a hash depend on Pillow's version;
ours do not.
"""

# ruff: noqa: PLR0917 - compiled code takes arrays and numbers, not objects

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.compiled import step
from pipelines.media import U8

I32 = npt.NDArray[np.int32]

_LOBES = 3.0
_FRACTION_BITS = 22
_HALF = 1 << (_FRACTION_BITS - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taps:
    """Weights of the pixels that each kept point is made of, along one side.

    `spans` are (first pixel, pixels), int32 of shape (points, 2); `weights` int32 of shape
    (points, taps), in units of 2**-22.
    """

    spans: I32
    weights: I32


def lanczos_taps(length: int, points: int) -> Taps:
    """Return how Pillow resizes a side of `length` pixels to `points`; both at least 1."""
    scale = length / points
    stretch = max(scale, 1.0)
    reach = _LOBES * stretch
    spans = np.zeros((points, 2), dtype=np.int32)
    weights = np.zeros((points, math.ceil(reach) * 2 + 1), dtype=np.int32)
    for point in range(points):
        middle = (point + 0.5) * scale
        first = max(0, int(middle - reach + 0.5))
        end = min(length, int(middle + reach + 0.5))
        row = [_lanczos((pixel - middle + 0.5) * (1.0 / stretch)) for pixel in range(first, end)]
        # One by one: `sum` compensates for rounding from Python 3.12 on, which Pillow does not.
        whole = 0.0
        for weight in row:
            whole += weight
        spans[point] = first, end - first
        for tap, weight in enumerate(row):
            weights[point, tap] = _to_fixed(weight / whole)
    return Taps(spans=spans, weights=weights)


def _lanczos(x: float) -> float:
    return _sinc(x) * _sinc(x / 3) if -_LOBES <= x < _LOBES else 0.0


def _sinc(x: float) -> float:
    if x == 0.0:
        return 1.0
    return math.sin(x * math.pi) / (x * math.pi)


def _to_fixed(weight: float) -> int:
    """Return `weight` in units of 2**-22, halves away from zero."""
    return int(math.copysign(0.5, weight) + weight * (1 << _FRACTION_BITS))


@step
def _level(total: int) -> int:
    """Return a fixed-point sum, which holds a half to round by, as a level of 8 bits."""
    return min(max(total >> _FRACTION_BITS, 0), 255)


@step
def _weigh(pixels: I32, weights: I32, count: int) -> int:
    """Return the sum of `count` weighted pixels, and a half."""
    total = np.int32(_HALF)
    for tap in range(count):
        total = np.int32(total + pixels[tap] * weights[tap])
    return _level(int(total))


@step
def resample(
    plane: U8,
    across: I32,
    across_weights: I32,
    down: I32,
    down_weights: I32,
    wide: I32,
    lines: I32,
    small: I32,
) -> None:
    """Fill `small` with `plane` resized by taps across its rows, then down its columns.

    `wide` holds one row of the plane for the way, `lines` (columns of `small`, height) levels.
    The taps fit the sizes.
    """
    height, width = plane.shape
    rows, columns = small.shape
    for line in range(height):
        pixels = plane[line]
        for pixel in range(width):
            wide[pixel] = pixels[pixel]
        for column in range(columns):
            first, count = across[column]
            lines[column, line] = _weigh(wide[first:], across_weights[column], count)
    for column in range(columns):
        for row in range(rows):
            first, count = down[row]
            small[row, column] = _weigh(lines[column, first:], down_weights[row], count)
