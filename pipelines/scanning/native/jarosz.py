"""Shrinking a luma plane for PDQ with the reference's own rounding, sum by sum.

The reference blurs with running sums in float32, and what they lose on the way decides the bits of
coefficients that equal the median: of a ramp, of bars, of whatever is symmetrical. Here every sum
is rounded as it is there (Meta, ThreatExchange, `pdq/cpp/downscaling`), which takes some ten times
as long as the exact sums of `tent`: it is for the pictures that those leave in doubt.
"""

# ruff: noqa: PLR0917 - compiled code takes arrays and numbers, not objects

import numpy as np

from pipelines.compiled import step
from pipelines.media import U8
from pipelines.scanning.native.tent import F32, I64, SIDE, U32


@step
def _box_rows(plane: U8, box: int, sums: U32, out: F32) -> None:
    """Fill `out` with the means of `box` neighbours along the rows of `plane`.

    Sums of whole numbers are exact in whatever order. `sums` has room for a row and one.
    """
    height, width = plane.shape
    after = box // 2
    before = box - 1 - after
    for row in range(height):
        total = np.uint32(0)
        for column in range(width):
            total = np.uint32(total + plane[row, column])
            sums[column + 1] = total
        for column in range(before):
            out[row, column] = np.float32(sums[column + after + 1]) / np.float32(column + after + 1)
        whole = np.float32(box)
        for column in range(before, width - after):
            inside = np.int32(sums[column + after + 1] - sums[column - before])
            out[row, column] = np.float32(inside) / whole
        for column in range(width - after, width):
            inside = np.int32(sums[width] - sums[column - before])
            out[row, column] = np.float32(inside) / np.float32(width - column + before)


@step
def _box_columns(source: F32, box: int, running: F32, out: F32) -> None:
    """Fill `out` with the means of `box` neighbours down the columns of `source`.

    One running sum per column, in `running`: the newest is added before the oldest is taken away.
    """
    height, width = source.shape
    after = box // 2
    before = box - 1 - after
    for column in range(width):
        running[column] = 0
    inside = 0
    for row in range(-after, height):
        newest, oldest = row + after, row - before - 1
        if newest < height:
            inside += 1
            for column in range(width):
                running[column] += source[newest, column]
        if oldest >= 0:
            inside -= 1
            for column in range(width):
                running[column] -= source[oldest, column]
        if row >= 0:
            share = np.float32(inside)
            for column in range(width):
                out[row, column] = running[column] / share


@step
def _transpose(source: F32, out: F32) -> None:
    """Fill `out` with `source` transposed, in blocks that stay in the cache."""
    height, width = source.shape
    for top in range(0, height, 16):
        for left in range(0, width, 16):
            for row in range(top, min(top + 16, height)):
                for column in range(left, min(left + 16, width)):
                    out[column, row] = source[row, column]


@step
def shrink_as_reference(
    plane: U8,
    box_across: int,
    box_down: int,
    middles_across: I64,
    middles_down: I64,
    sums: U32,
    running: F32,
    one: F32,
    other: F32,
    small: F32,
) -> None:
    """Fill `small`, float32 of shape (64, 64), with the kept points of the twice blurred `plane`.

    `one` and `other` hold a value for each pixel, of at least 64 columns, `running` for each of the
    longer side, 64 at least, `sums` one more than that; all are memory for the way.
    """
    height, width = plane.shape
    upright, lying = one[: height * width], other[: height * width]
    once = upright.reshape(height, width)
    twice = lying.reshape(height, width)
    _box_rows(plane, box_across, sums, once)
    _box_columns(once, box_down, running, twice)
    # Rows become columns, so that their running sums stand side by side as well.
    turned = upright.reshape(width, height)
    _transpose(twice, turned)
    thrice = lying.reshape(width, height)
    _box_columns(turned, box_across, running, thrice)
    kept = one[: height * SIDE].reshape(height, SIDE)
    for row in range(height):
        for point in range(SIDE):
            kept[row, point] = thrice[middles_across[point], row]
    blurred = other[: height * SIDE].reshape(height, SIDE)
    _box_columns(kept, box_down, running, blurred)
    for point in range(SIDE):
        for column in range(SIDE):
            small[point, column] = blurred[middles_down[point], column]
