"""What pHash and dHash share: a picture resized to a small one, as Pillow would."""

from typing import Any

import numpy as np

from pipelines.media import U8
from pipelines.scanning.native.resample import lanczos_taps

MAX_SIDE = 65_536
"""Pixels of the longest side that is taken."""


def resizing(luma: U8, *, columns: int, rows: int) -> tuple[Any, ...]:
    """Return what the kernel `resample` takes after a plane of the size of `luma`.

    Raises ValueError for a plane that is none, or too large.
    """
    height, width = luma.shape
    if not (0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE):
        raise ValueError(
            f"a picture of {width} x {height} cannot be resized:"
            f" sizes from 1 x 1 to {MAX_SIDE} x {MAX_SIDE} can"
        )
    across, down = lanczos_taps(width, columns), lanczos_taps(height, rows)
    return (
        across.spans,
        across.weights,
        down.spans,
        down.weights,
        np.zeros(width, dtype=np.int32),
        np.zeros((columns, height), dtype=np.int32),
        np.zeros((rows, columns), dtype=np.int32),
    )
