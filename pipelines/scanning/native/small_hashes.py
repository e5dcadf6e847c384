"""pHash and dHash of a luma plane, each as one compiled call: resized, and 64 comparisons."""

# ruff: noqa: PLR0917 - compiled code takes arrays and numbers, not objects

import numpy as np
from numba import types

from pipelines.compiled import kernel, ready, step
from pipelines.media import U8
from pipelines.scanning.hasher import U64
from pipelines.scanning.native.cosine32 import F64, POINTS, transform32
from pipelines.scanning.native.resample import I32, resample

KEPT = 8
"""Rows of the hash, and frequencies along a side of what pHash compares."""


@step
def _median(values: F64) -> float:
    """Return the median of an even number of `values`: the mean of the middle two."""
    lower, upper = 0.0, 0.0
    middle = values.size // 2
    for value in values.flat:
        below, equal = 0, 0
        for other in values.flat:
            below += int(other < value)
            equal += int(other == value)
        if below < middle <= below + equal:
            lower = value
        if below <= middle < below + equal:
            upper = value
    return (lower + upper) / 2


@kernel
def phash_plane(
    plane: U8,
    across: I32,
    across_weights: I32,
    down: I32,
    down_weights: I32,
    wide: I32,
    lines: I32,
    small: I32,
    table: F64,
    half: F64,
    line: F64,
    memory: F64,
    low: F64,
    words: U64,
) -> None:
    """Set the bits of `words` where a low frequency of `plane` is above the median of them.

    `half` holds (8, 32) values, `line` and `memory` 32 each, `low` (8, 8).
    """
    resample(plane, across, across_weights, down, down_weights, wide, lines, small)
    for column in range(POINTS):
        for row in range(POINTS):
            line[row] = small[row, column]
        transform32(line, memory, table)
        for row in range(KEPT):
            half[row, column] = line[row]
    for row in range(KEPT):
        transform32(half[row], memory, table)
        for column in range(KEPT):
            low[row, column] = half[row, column]
    median = _median(low)
    packed = np.uint64(0)
    for row in range(KEPT):
        for column in range(KEPT):
            place = np.uint64(KEPT * row + column)
            packed |= np.uint64(low[row, column] > median) << place
    words[0] = packed


@kernel
def dhash_plane(
    plane: U8,
    across: I32,
    across_weights: I32,
    down: I32,
    down_weights: I32,
    wide: I32,
    lines: I32,
    small: I32,
    words: U64,
) -> None:
    """Set the bits of `words` where a pixel of the small picture is brighter than its left one."""
    resample(plane, across, across_weights, down, down_weights, wide, lines, small)
    packed = np.uint64(0)
    for row in range(KEPT):
        for column in range(KEPT):
            place = np.uint64(KEPT * row + column)
            packed |= np.uint64(small[row, column + 1] > small[row, column]) << place
    words[0] = packed


_PLANE = types.Array(types.uint8, 2, "A", readonly=True)
_TAPS = (types.int32[:, ::1],) * 4
_LEVELS = (types.int32[::1], types.int32[:, ::1], types.int32[:, ::1])
_WORDS = types.uint64[::1]


def make_phash_ready() -> None:
    """Compile the kernel of pHash, or find it in the cache."""
    table, pair = types.float64[::1], types.float64[:, ::1]
    ready(phash_plane, _PLANE, *_TAPS, *_LEVELS, table, pair, table, table, pair, _WORDS)


def make_dhash_ready() -> None:
    """Compile the kernel of dHash, or find it in the cache."""
    ready(dhash_plane, _PLANE, *_TAPS, *_LEVELS, _WORDS)
