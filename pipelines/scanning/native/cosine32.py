"""The discrete cosine transform of 32 points, rounded as SciPy rounds it.

Of a picture with flat or symmetrical parts many frequencies are nothing but rounding, and a hash
takes their signs. So the sums run here in the order of SciPy's library: the real fast Fourier
transform of P. N. Swarztrauber's FFTPACK in the radices 2, 4, 4, between the two folding steps of
J. Makhoul, "A fast cosine transform in one and two dimensions" (1980).
"""

import math

import numpy as np
import numpy.typing as npt

from pipelines.compiled import step

F64 = npt.NDArray[np.float64]

POINTS = 32

_SQRT2 = math.sqrt(2)


def roots(parts: int) -> npt.NDArray[np.complex128]:
    """Return the powers 0 to parts / 4 of the `parts`-th root of unity; `parts` is a power of 2.

    Each is a product of one of a fine and one of a coarse table, which saves SciPy's library
    sines, and gives it the rounding that is wanted here.
    """
    bits = 1
    while 4**bits < parts // 2 + 1:
        bits += 1
    powers = np.empty(parts // 4 + 1, dtype=np.complex128)
    for power in range(len(powers)):
        coarse = power >> bits << bits
        a, b = _root(power - coarse, parts), _root(coarse, parts)
        real = a.real * b.real - a.imag * b.imag
        powers[power] = complex(real, a.real * b.imag + a.imag * b.real)
    return powers


def _root(power: int, parts: int) -> complex:
    """Return exp(2 pi i power / parts) for a power of up to a quarter of `parts`."""
    if 8 * power < parts:
        angle = 2 * math.pi * power / parts
        return complex(math.cos(angle), math.sin(angle))
    angle = 2 * math.pi * (parts // 4 - power) / parts
    return complex(math.sin(angle), math.cos(angle))


def factors() -> F64:
    """Return what `transform32` multiplies with, float64 of shape (48,).

    Elements 0 to 30 are cos(pi (i + 1) / 64) of the folding; from 32 on stand real and imaginary
    part in turn of the roots 1 to 7 of the first pass.
    """
    table = np.zeros(48)
    table[:31] = roots(4 * POINTS)[1:POINTS].real
    twiddles = roots(POINTS)[1:8]
    table[32:46:2], table[33:46:2] = twiddles.real, twiddles.imag
    return table


@step
def _pass_of_two(x: F64, y: F64, table: F64) -> None:
    """Take the first pass, of radix 2, from the half-complex spectrum `x` to `y`."""
    y[0] = x[0] + x[31]
    y[16] = x[0] - x[31]
    for pair in range(1, 8):
        real, imaginary, mirror = 2 * pair - 1, 2 * pair, 32 - 2 * pair
        turn, sine = table[30 + 2 * pair], table[31 + 2 * pair]
        y[real] = x[real] + x[mirror - 1]
        y[imaginary] = x[imaginary] - x[mirror]
        down = x[real] - x[mirror - 1]
        up = x[imaginary] + x[mirror]
        y[16 + imaginary] = turn * up + sine * down
        y[16 + real] = turn * down - sine * up
    y[15] = 2 * x[15]
    y[31] = -2 * x[16]


@step
def _ends_of_four(a: float, b: float, c: float, d: float) -> tuple[float, float, float, float]:
    """Return a butterfly of radix 4 of a real first, two parts of a middle, and a last element."""
    outer, inner = a + d, a - d
    return outer + 2 * b, inner - 2 * c, outer - 2 * b, inner + 2 * c


@step
def _passes_of_four(x: F64, y: F64, table: F64) -> None:
    """Take the second and third pass, of radix 4, from `x` by way of `y` to the points `x`."""
    for half in range(2):
        at, to = 16 * half, 4 * half
        y[to], y[to + 8], y[to + 16], y[to + 24] = _ends_of_four(
            x[at], x[at + 7], x[at + 8], x[at + 15]
        )
        # Elements 1 and 2 of the four runs: one complex number each, and its mirror.
        r0, r1 = x[at + 1] + x[at + 13], x[at + 1] - x[at + 13]
        i0, i1 = x[at + 2] - x[at + 14], x[at + 2] + x[at + 14]
        r2, r3 = x[at + 9] + x[at + 5], x[at + 9] - x[at + 5]
        i2, i3 = x[at + 10] - x[at + 6], x[at + 10] + x[at + 6]
        y[to + 1], y[to + 2] = r0 + r2, i0 + i2
        for run in range(1, 4):
            if run == 1:
                real, imaginary = r1 - i3, i1 + r3
            elif run == 2:
                real, imaginary = r0 - r2, i0 - i2
            else:
                real, imaginary = r1 + i3, i1 - r3
            turn, sine = table[30 + 4 * run], table[31 + 4 * run]
            y[to + 8 * run + 2] = turn * imaginary + sine * real
            y[to + 8 * run + 1] = turn * real - sine * imaginary
        sum_high, difference_high = x[at + 12] + x[at + 4], x[at + 12] - x[at + 4]
        sum_low, difference_low = x[at + 3] + x[at + 11], x[at + 3] - x[at + 11]
        y[to + 3] = sum_low + sum_low
        y[to + 11] = _SQRT2 * (difference_low - sum_high)
        y[to + 19] = difference_high + difference_high
        y[to + 27] = -_SQRT2 * (difference_low + sum_high)
    for run in range(8):
        at = 4 * run
        x[run], x[run + 8], x[run + 16], x[run + 24] = _ends_of_four(
            y[at], y[at + 1], y[at + 2], y[at + 3]
        )


@step
def transform32(x: F64, y: F64, table: F64) -> None:
    """Replace the 32 values `x` by their DCT-II, not normalised; `y` is memory for as many."""
    x[0] *= 2
    x[31] *= 2
    for at in range(1, 31, 2):
        x[at], x[at + 1] = x[at + 1] + x[at], x[at + 1] - x[at]
    _pass_of_two(x, y, table)
    _passes_of_four(y, x, table)
    x[0] = y[0]
    for low in range(1, 16):
        high = 32 - low
        cosine, sine = table[low - 1], table[high - 1]
        first = cosine * y[high] + sine * y[low]
        second = cosine * y[low] - sine * y[high]
        x[low], x[high] = 0.5 * (first + second), 0.5 * (first - second)
    x[16] = y[16] * table[15]
