"""Low frequencies of a 64 x 64 picture, and the bits that say which are above their median.

The second half of PDQ. On flat pictures every coefficient is nothing but rounding, and yet must be
the reference's: so sums run in float32, in its order, and are never fused with their products.
"""

import math

import numpy as np
import numpy.typing as npt

from pipelines.compiled import step
from pipelines.scanning.hasher import U64

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]

FREQUENCIES = 16
"""Kept frequencies along a side, from 1 on: the mean brightness, frequency 0, is not among them."""

COEFFICIENTS = FREQUENCIES * FREQUENCIES

VARIANTS = 8
"""Ways to turn and mirror a picture."""

# The gradient of the quality: steps between neighbours in percent of the range, cut to whole ones.
_PERCENT, _RANGE = np.float32(100), np.float32(255)
_GRADIENT_PER_QUALITY = 90


def cosines() -> F32:
    """Return the rows 1 to 16 of the orthonormal DCT-II of 64 points, float32 of (16, 64)."""
    scale = float(np.float32(math.sqrt(2 / 64)))
    return np.array(
        [
            [scale * math.cos((math.pi / 2 / 64) * row * (2 * column + 1)) for column in range(64)]
            for row in range(1, FREQUENCIES + 1)
        ],
        dtype=np.float32,
    )


@step
def transform(small: F32, basis: F32, turned: F32, half: F32, spectrum: F32) -> None:
    """Fill `spectrum`, of shape (16, 16), with basis @ small @ basis.T.

    `turned` is basis.T, `half` holds (16, 64) values for the way.
    """
    for row in range(FREQUENCIES):
        for column in range(64):
            half[row, column] = 0
        for at in range(0, 64, 4):
            a, b, c, d = basis[row, at], basis[row, at + 1], basis[row, at + 2], basis[row, at + 3]
            for column in range(64):
                value = half[row, column] + a * small[at, column]
                value += b * small[at + 1, column]
                value += c * small[at + 2, column]
                half[row, column] = value + d * small[at + 3, column]
    spectrum[:] = 0
    # Each sum still takes its terms in order, but 256 of them grow side by side.
    for at in range(64):
        for row in range(FREQUENCIES):
            factor = half[row, at]
            for column in range(FREQUENCIES):
                spectrum[row, column] += factor * turned[at, column]


@step
def _steps(a: F32, b: F32, slack: float, low: int, high: int) -> tuple[int, int]:
    """Add to `low` and `high` the whole percents that lie between `a` and `b`, give or take."""
    room = np.float32(slack)
    for at in range(len(a)):
        percent = abs((a[at] - b[at]) * _PERCENT / _RANGE)
        low += int(np.int32(percent - room))
        high += int(np.int32(percent + room))
    return low, high


@step
def quality_range(small: F32, slack: float) -> tuple[int, int]:
    """Return the quality of `small`, 0 to 100, if gradients were `slack` smaller, and larger.

    The gradients are differences of neighbours in percent of the range. With no slack both are
    the quality.
    """
    low, high = 0, 0
    for row in range(63):
        low, high = _steps(small[row], small[row + 1], slack, low, high)
    for row in range(64):
        low, high = _steps(small[row, :63], small[row, 1:], slack, low, high)
    return min(low // _GRADIENT_PER_QUALITY, 100), min(high // _GRADIENT_PER_QUALITY, 100)


@step
def median_of(values: F32, keys: I32) -> float:
    """Return the 128th smallest of 256 `values`; `keys` is memory for as many."""
    # As integers, floats are in order but for the negative ones, which are in reverse.
    bits = values.view(np.int32)
    for at in range(COEFFICIENTS):
        keys[at] = bits[at] ^ ((bits[at] >> 31) & 0x7FFFFFFF)
    # Bit by bit from the top: the largest key that at most 127 keys are below.
    found = np.int64(-(1 << 31))
    for place in range(31, -1, -1):
        higher = found + (np.int64(1) << place)
        limit = np.int32(higher)
        below = np.int32(0)
        for at in range(COEFFICIENTS):
            below += keys[at] < limit
        if below < COEFFICIENTS // 2:
            found = higher
    keys[0] = np.int32(found ^ ((found >> 31) & 0x7FFFFFFF))
    median: float = keys.view(np.float32)[0]
    return median


@step
def threshold(values: F32, keys: I32, words: U64) -> float:
    """Set bit 255 - i of `words` where value i is above the median of all.

    Return how far the next value above the median is from it; 0 where they are one.
    """
    median = median_of(values, keys)
    above = 0
    nearest = np.float32(np.inf)
    for at in range(COEFFICIENTS):
        higher = values[at] > median
        above += int(higher)
        nearest = min(nearest, values[at] if higher else np.float32(np.inf))
    for word in range(4):
        packed = np.uint64(0)
        for bit in range(64):
            higher = values[COEFFICIENTS - 1 - 64 * word - bit] > median
            packed |= np.uint64(higher) << np.uint64(bit)
        words[word] = packed
    return float(nearest - median) if above == COEFFICIENTS // 2 else 0.0


@step
def orient(spectrum: F32, variant: int, oriented: F32) -> None:
    """Fill `oriented` with the spectrum of the picture in one of its eight variants.

    Mirroring negates every second frequency along that side; transposing transposes the spectrum.
    """
    # In the order of the contract: which of them come from the transposed picture, and are then
    # mirrored left to right (columns), top to bottom (rows).
    transposed = variant in {1, 3, 6, 7}
    columns = variant in {2, 3, 4, 7}
    rows = variant in {1, 2, 5, 7}
    for row in range(FREQUENCIES):
        for column in range(FREQUENCIES):
            value = spectrum[column, row] if transposed else spectrum[row, column]
            # Index 0 is frequency 1, an odd one: antisymmetric about the middle.
            if columns and column % 2 == 0:
                value = -value
            if rows and row % 2 == 0:
                value = -value
            oriented[row, column] = value
