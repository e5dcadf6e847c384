"""What every packet kernel takes and returns."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types

from pipelines.media import U8

Sizes = npt.NDArray[np.int32]
"""The bytes of each packet, as int32 of shape (rows,)."""

Split = Callable[[U8, U8, Sizes, int, int, int, int, int, int, int], int]
"""Writes the RTP packets of a unit into rows of at least 12 + mtu bytes (and 64); returns how many.

(unit, rows, sizes, mtu, is_keyframe, picture_id, first RTP word, sequence number, timestamp, SSRC).
0: the unit is not one the kernel takes; -n: it wants at least n rows.
"""

Join = Callable[[U8, Sizes, U8], tuple[int, int, int, int]]
"""Writes the unit that (packets, sizes) carry to `out`: (bytes, first RTP word, timestamp, flags).

Bytes -1: the packets are none the kernel takes; below: it wants an `out` of so many bytes.
"""

NOT_TAKEN = (-1, 0, 0, 0)
KEYFRAME = 1
"""Flag: the unit is a key frame."""
BEGINS_UNIT = 2
"""Flag: the payloads themselves prove that none is missing before the first."""

# Numba has types for some of itself, and these are of what is compiled, not of what is called.
_types: Any = types
_INT = types.int64
_UNIT = types.Array(types.uint8, 1, "A", readonly=True)
_PACKETS = types.Array(types.uint8, 2, "A", readonly=True)
_PACKET_SIZES = types.Array(types.int32, 1, "A", readonly=True)

# Arrays that are only read may lie in any way; those written to are contiguous.
SPLIT = _INT(_UNIT, types.uint8[:, ::1], types.int32[::1], *7 * (_INT,))
JOIN = _types.UniTuple(_INT, 4)(_PACKETS, _PACKET_SIZES, types.uint8[::1])
