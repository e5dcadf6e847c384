"""Shrinking a luma plane to 64 x 64 by the tent filter of PDQ, in one exact pass.

PDQ blurs a picture twice by boxes along rows and columns, and keeps 64 x 64 of the blurred points
(Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019, section 4).
Boxes and choice are linear and separable, so each kept point is a sum of pixels weighted by a
tent along both sides. The weights are whole numbers over a common denominator, and so are the
pixels: sums here are exact, where the boxes' running sums gather rounding errors.

Down the columns a tent is a weighted sum of rows. Along a row it is the second difference of the
row's twice repeated running sum, taken modulo the word: what overflows on the way cancels.
"""

# ruff: noqa: PLR0917 - compiled code takes arrays and numbers, not objects

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.compiled import step
from pipelines.media import U8

I64 = npt.NDArray[np.int64]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

SIDE = 64
"""Rows and columns of what is left."""

MAX_HEIGHT = 32_640
"""Rows of the tallest picture: its weighted sums of rows just fit 32 bits."""

MAX_WIDTH = 65_536
"""Columns of the widest picture: its weighted sums fit 64 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tents:
    """The 64 tents along one side of a picture.

    Point k stands at pixel `middle[k]`. Its tent weighs the pixels `first[k]` to
    `first[k] + count[k] - 1` by `weights[k]`, int64 of shape (64, taps), over their sum `total[k]`.
    All tents but the last are whole: `width` boxes of `width` pixels.
    """

    width: int
    middle: I64
    first: I64
    count: I64
    weights: I64
    total: I64


def tents(length: int) -> Tents:
    """Return the tents along a side of `length` pixels, at least 1."""
    # A box spans half of what a kept point stands for, since there are two; of an even number of
    # pixels the odd one lies after the middle. At an end a box is cut off, not padded.
    width = -(-length // (2 * SIDE))
    after = width // 2
    before = width - 1 - after
    middles = [int((point + 0.5) * length / SIDE) for point in range(SIDE)]
    rows: list[dict[int, int]] = []
    for middle in middles:
        boxes = [
            range(max(0, at - before), min(length, at + after + 1))
            for at in range(max(0, middle - before), min(length, middle + after + 1))
        ]
        common = math.lcm(*map(len, boxes))
        row: dict[int, int] = {}
        for box in boxes:
            for pixel in box:
                row[pixel] = row.get(pixel, 0) + common // len(box)
        rows.append(row)
    count = np.array([len(row) for row in rows], dtype=np.int64)
    weights = np.zeros((SIDE, int(count.max())), dtype=np.int64)
    for point, row in enumerate(rows):
        weights[point, : len(row)] = [row[pixel] for pixel in sorted(row)]
    return Tents(
        width=width,
        middle=np.array(middles, dtype=np.int64),
        first=np.array([min(row) for row in rows], dtype=np.int64),
        count=count,
        weights=weights,
        total=weights.sum(axis=1),
    )


def second_difference(weights: I64) -> I64:
    """Return d such that the weighted sum of v is that of v's twice repeated running sum by d.

    Two elements longer than `weights`: the running sums begin with zeros.
    """
    return np.diff(weights, n=2, prepend=[0, 0], append=[0, 0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrinking:
    """The tables of one size of picture, and the memory that the kernel works in.

    `down` are (first row, rows, whether its sums fit 16 bits) of each kept row, int64 of shape
    (64, 3); `across` the first columns, int64 of shape (64,), of tents of `box` twice; `knots` and
    `slopes` the last column's, as positions in the running sum and factors.
    """

    down: I64
    weights: U32
    across: I64
    box: int
    knots: I64
    slopes: I64
    scale_down: F64
    scale_across: F64
    narrow: U16
    wide: U32
    sums: U32
    long_sums: npt.NDArray[np.uint64]

    @property
    def is_choice(self) -> bool:
        """Whether no pixel is blurred, and the kept points are pixels."""
        return self.box == 1 and self.weights.shape[1] == 1

    @classmethod
    def of(cls, height: int, width: int) -> "Shrinking":
        """Return the tables for a picture of `height` x `width`. Raises ValueError if too large."""
        if not (0 < height <= MAX_HEIGHT and 0 < width <= MAX_WIDTH):
            raise ValueError(
                f"a picture of {width} x {height} cannot be shrunk:"
                f" sizes from 1 x 1 to {MAX_WIDTH} x {MAX_HEIGHT} can"
            )
        vertical, horizontal = tents(height), tents(width)
        narrow = 255 * vertical.total <= 0xFFFF
        # A row of 16-bit sums is then summed up in 32 bits, a row of 32-bit sums in 64.
        narrow &= bool(0xFFFF * int(horizontal.total.max()) <= 0xFFFFFFFF)
        last = horizontal.weights[-1, : horizontal.count[-1]]
        slopes = second_difference(last)
        knots = np.flatnonzero(slopes)
        return cls(
            down=np.stack([vertical.first, vertical.count, narrow], axis=1).astype(np.int64),
            weights=vertical.weights.astype(np.uint32),
            across=horizontal.first,
            box=horizontal.width,
            knots=knots + horizontal.first[-1],
            slopes=slopes[knots],
            scale_down=1 / vertical.total,
            scale_across=1 / horizontal.total,
            narrow=np.zeros(width, dtype=np.uint16),
            wide=np.zeros(width, dtype=np.uint32),
            sums=np.zeros(width + 2, dtype=np.uint32),
            long_sums=np.zeros(width + 2, dtype=np.uint64),
        )


@step
def _weigh_rows(plane: U8, first: int, count: int, weights: U32, row: U16) -> None:
    """Fill `row` with a weighted sum of `count` rows from `first` on.

    One after the other: a decoded plane comes from slow memory, and CPUs foresee one straight walk
    better than two or four side by side (measured: a fifth faster), or hints where it goes next.
    """
    columns = plane.shape[1]
    one, by_one = plane[first], np.uint16(weights[0])
    for column in range(columns):
        row[column] = one[column] * by_one
    for at in range(1, count):
        one, by_one = plane[first + at], np.uint16(weights[at])
        for column in range(columns):
            row[column] = row[column] + one[column] * by_one


@step
def _weigh_wide_rows(plane: U8, first: int, count: int, weights: U32, row: U32) -> None:
    """Do the same in 32 bits: for tall pictures, and where a box is cut off."""
    columns = plane.shape[1]
    for column in range(columns):
        row[column] = 0
    for at in range(count):
        one, by_one = plane[first + at], weights[at]
        for column in range(columns):
            row[column] = row[column] + one[column] * by_one


@step
def _sum_twice(row: U16, sums: U32) -> None:
    """Fill `sums` from element 2 on with the running sum of the running sum of `row`."""
    once, twice = np.uint32(0), np.uint32(0)
    for column in range(len(row)):
        once = np.uint32(once + row[column])
        twice = np.uint32(twice + once)
        sums[column + 2] = twice


@step
def _sum_wide_twice(row: U32, sums: npt.NDArray[np.uint64]) -> None:
    once, twice = np.uint64(0), np.uint64(0)
    for column in range(len(row)):
        once = np.uint64(once + row[column])
        twice = np.uint64(twice + once)
        sums[column + 2] = twice


@step
def shrink(
    plane: U8,
    down: I64,
    weights: U32,
    across: I64,
    box: int,
    knots: I64,
    slopes: I64,
    scale_down: F64,
    scale_across: F64,
    narrow: U16,
    wide: U32,
    sums: U32,
    long_sums: npt.NDArray[np.uint64],
    small: F32,
) -> None:
    """Fill `small`, float32 of shape (64, 64), with `plane` shrunk by the tables of `Shrinking`.

    `plane` is uint8 of the shape that the tables were made for.
    """
    last = SIDE - 1
    for point in range(SIDE):
        first, count = down[point, 0], down[point, 1]
        if down[point, 2]:
            _weigh_rows(plane, first, count, weights[point], narrow)
            _sum_twice(narrow, sums)
            for column in range(last):
                start = across[column]
                total = np.uint32(sums[start + 2 * box] - 2 * sums[start + box] + sums[start])
                small[point, column] = total * scale_across[column] * scale_down[point]
            total = np.uint32(0)
            for knot in range(len(knots)):
                total = np.uint32(total + np.uint32(slopes[knot]) * sums[knots[knot]])
            small[point, last] = total * scale_across[last] * scale_down[point]
        else:
            _weigh_wide_rows(plane, first, count, weights[point], wide)
            _sum_wide_twice(wide, long_sums)
            for column in range(last):
                start = across[column]
                long = np.uint64(
                    long_sums[start + 2 * box]
                    - np.uint64(2) * long_sums[start + box]
                    + long_sums[start]
                )
                small[point, column] = long * scale_across[column] * scale_down[point]
            long = np.uint64(0)
            for knot in range(len(knots)):
                long = np.uint64(long + np.uint64(slopes[knot]) * long_sums[knots[knot]])
            small[point, last] = long * scale_across[last] * scale_down[point]


@step
def is_flat(plane: U8) -> bool:
    """Return whether all pixels of `plane` are the same."""
    first = plane[0, 0]
    for row in range(plane.shape[0]):
        pixels = plane[row]
        differing = np.uint8(0)
        for column in range(len(pixels)):
            differing |= pixels[column] ^ first
        if differing:
            return False
    return True
