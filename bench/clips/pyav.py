"""PyAV 18 and 19 as one: all that the clips need to know of where the two differ.

PyAV 19 is not for Python 3.11, whose users have PyAV 18.
"""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av

# 18 refuses metadata that is no UTF-8 unless it is told not to; 19 keeps it, and knows no such
# argument any more.
_LENIENT: Mapping[int, Mapping[str, Any]] = {18: {"metadata_errors": "ignore"}}


class Ratio(Protocol):
    """A rate or a time base: a Fraction from PyAV 18, an AVRational from PyAV 19."""

    @property
    def numerator(self) -> int:
        """Above the line."""

    @property
    def denominator(self) -> int:
        """Below the line; 0 where FFmpeg has no answer."""


def as_fraction(ratio: Ratio | None) -> Fraction | None:
    """Return the same value as a Fraction, or None where FFmpeg knows none.

    PyAV 18 says None for that, PyAV 19 says 0/1 or 1/0.
    """
    if ratio is None or not ratio.numerator or not ratio.denominator:
        return None
    return Fraction(ratio.numerator, ratio.denominator)


def open_input(path: Path) -> av.container.InputContainer:
    """Open a file for reading, whatever its metadata hold. Raises what PyAV raises."""
    container: av.container.InputContainer = av.open(
        # `file:` keeps a name with a colon from being taken for a protocol; the whitelist keeps
        # a playlist from reaching for the network.
        f"file:{path}",
        mode="r",
        container_options={"protocol_whitelist": "file,crypto,data"},
        **_LENIENT.get(int(av.__version__.split(".")[0]), {}),
    )
    return container
