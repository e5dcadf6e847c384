"""How much a picture differs from the last one, seen at a coarse grid of points."""

import numpy as np
import numpy.typing as npt
from numba import types

from pipelines.compiled import kernel
from pipelines.media import U8

GRID = 16
"""Rows and columns of the grid."""

BLOCK = 4
"""A point is the mean of so many pixels squared: one pixel alone would see mostly grain."""

Grid = npt.NDArray[np.int32]
"""Sums over the blocks of a picture, int32 of shape (GRID * GRID,)."""

SCENE = (types.Array(types.uint8, 2, "A", readonly=True), types.int32[::1])


@kernel
def grid_difference(luma: U8, grid: Grid) -> int:
    """Put the block sums of `luma` into `grid`; return the sum of how much each has changed.

    `luma` has at least one row and column; a block that would leave it is shifted inside, and is
    smaller where the picture is.
    """
    height, width = luma.shape
    tall, wide = min(BLOCK, height), min(BLOCK, width)
    changed = 0
    for row in range(GRID):
        top = min((2 * row + 1) * height // (2 * GRID), height - tall)
        for column in range(GRID):
            left = min((2 * column + 1) * width // (2 * GRID), width - wide)
            total = 0
            for y in range(top, top + tall):
                for x in range(left, left + wide):
                    total += luma[y, x]
            point = row * GRID + column
            changed += abs(total - grid[point])
            grid[point] = total
    return changed
