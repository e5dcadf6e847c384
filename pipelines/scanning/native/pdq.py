"""PDQ of a luma plane as one compiled call, and a slower one where rounding decides.

Sums here are exact, the reference's are rounded on the way, so the two differ a little. Where a
coefficient, or the sum of gradients, is so near the edge that this little could move it over, the
picture is in doubt, and is hashed again with the reference's rounding. Of video about one frame in
some hundreds is; of drawn pictures, whose coefficients are often equal, most are.
"""

# ruff: noqa: PLR0917 - compiled code takes arrays and numbers, not objects

import numpy as np
import numpy.typing as npt
from numba import types

from pipelines.compiled import kernel, ready
from pipelines.media import U8
from pipelines.scanning.hasher import U64
from pipelines.scanning.native.cosine import (
    COEFFICIENTS,
    VARIANTS,
    orient,
    quality_range,
    threshold,
    transform,
)
from pipelines.scanning.native.jarosz import shrink_as_reference
from pipelines.scanning.native.tent import F32, F64, I64, U16, U32, is_flat, shrink

I32 = npt.NDArray[np.int32]

IN_DOUBT = -1
"""What a kernel returns instead of a quality where rounding may decide."""

# Over 180 frames of six clips (360p to 1080p) the coefficients of the two ways differ by 1.6e-4
# (one standard deviation), 1.3e-3 at most; the gradients, in percent of the range, by 5e-5.
_COEFFICIENT_DOUBT = 1.5e-3
_GRADIENT_DOUBT = 2.5e-4


@kernel
def hash_plane(
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
    long_sums: U64,
    small: F32,
    basis: F32,
    turned: F32,
    half: F32,
    spectrum: F32,
    keys: I32,
    words: U64,
    is_choice: bool,  # noqa: FBT001 - a kernel has no keywords
) -> int:
    """Fill `words` with the hash of `plane` and return its quality, or IN_DOUBT.

    Up to `long_sums`, the arguments are the fields of a `Shrinking` for the shape of `plane`.
    `small` and `spectrum` are left behind.
    """
    shrink(
        plane,
        down,
        weights,
        across,
        box,
        knots,
        slopes,
        scale_down,
        scale_across,
        narrow,
        wide,
        sums,
        long_sums,
        small,
    )
    transform(small, basis, turned, half, spectrum)
    margin = threshold(spectrum.reshape(COEFFICIENTS), keys, words)
    if is_choice:
        # No sums, no rounding.
        return quality_range(small, 0.0)[0]
    low, high = quality_range(small, _GRADIENT_DOUBT)
    if low == high and margin > _COEFFICIENT_DOUBT:
        return low
    # The reference's sums of one and the same value are exact too: a dark camera is no hard case.
    return 0 if is_flat(plane) else IN_DOUBT


@kernel
def hash_plane_as_reference(
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
    basis: F32,
    turned: F32,
    half: F32,
    spectrum: F32,
    keys: I32,
    words: U64,
) -> int:
    """Fill `words` with the hash of `plane`, rounded as the reference does, return its quality.

    From `box_across` to `other` the arguments are those of `shrink_as_reference`.
    """
    shrink_as_reference(
        plane,
        box_across,
        box_down,
        middles_across,
        middles_down,
        sums,
        running,
        one,
        other,
        small,
    )
    transform(small, basis, turned, half, spectrum)
    threshold(spectrum.reshape(COEFFICIENTS), keys, words)
    return quality_range(small, 0.0)[0]


@kernel
def hash_variants(spectrum: F32, oriented: F32, keys: I32, words: U64) -> bool:
    """Fill `words`, of shape (8, 4), with the hashes of all variants of a picture's spectrum.

    Return whether one of them is in doubt.
    """
    in_doubt = False
    for variant in range(VARIANTS):
        orient(spectrum, variant, oriented)
        margin = threshold(oriented.reshape(COEFFICIENTS), keys, words[variant])
        in_doubt |= margin <= _COEFFICIENT_DOUBT
    return in_doubt


def make_ready() -> None:
    """Compile the kernels, or find them in the cache."""
    plane = types.Array(types.uint8, 2, "A", readonly=True)
    number, table, u32 = types.int64, types.int64[::1], types.uint32[::1]
    values, f64 = types.float32[::1], types.float64[::1]
    pair, keys, words = types.float32[:, ::1], types.int32[::1], types.uint64[::1]
    ready(
        hash_plane,
        plane,
        types.int64[:, ::1],
        types.uint32[:, ::1],
        table,
        number,
        table,
        table,
        f64,
        f64,
        types.uint16[::1],
        u32,
        u32,
        types.uint64[::1],
        *(pair,) * 5,
        keys,
        words,
        types.boolean,
    )
    ready(
        hash_plane_as_reference,
        plane,
        number,
        number,
        table,
        table,
        u32,
        *(values,) * 3,
        *(pair,) * 5,
        keys,
        words,
    )
    ready(hash_variants, pair, pair, keys, types.uint64[:, ::1])
