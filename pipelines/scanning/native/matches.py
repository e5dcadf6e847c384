"""Where compiled look-ups write their matches, and how they find their arrays.

Handing an array to compiled code costs some 0.2 us, and a look-up needs a dozen: as much as it
takes to look. So a look-up is handed one array of addresses and sizes, its state, once made.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.numpy_support import carray

from pipelines.compiled import step
from pipelines.scanning.hasher import U64

I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]

QUERY, ENTRY, DISTANCE, ROOM = range(4)
"""The first words of a state: addresses of the columns of the matches, and how many fit."""

OWN = 4
"""Where a look-up's own words begin."""

Search = Callable[[U64, I64], int]
"""A compiled look-up, `(queries, state) -> found`: look up the hashes that stand one after the
other in `queries`, and write the matches as far as there is room; `found` may be more.
"""

# Numba has types for some of itself, and these are of what is compiled, not of what is called.
_intrinsic: Any = intrinsic
_types: Any = types

SEARCH_ARGUMENTS = (types.Array(types.uint64, 1, "A", readonly=True), types.int64[::1])
"""Numba types of what a `Search` takes."""


def _pointer_to(element: Any) -> Any:
    """Return an intrinsic that makes an address a pointer to `element`."""

    def point(typing_context: Any, address: Any) -> Any:
        del typing_context, address

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            kind: ir.Type = context.get_value_type(signature.return_type)
            return builder.inttoptr(values[0], kind)

        return _types.CPointer(element)(types.int64), generate

    return _intrinsic(point)


_to_u64, _to_i64 = _pointer_to(types.uint64), _pointer_to(types.int64)
_to_u32, _to_i32 = _pointer_to(types.uint32), _pointer_to(types.int32)


@step
def u64_at(address: int, count: int) -> U64:
    """Return `count` words of memory as an array."""
    words: U64 = carray(_to_u64(address), (count,))
    return words


@step
def i64_at(address: int, count: int) -> I64:
    """Return `count` signed words of memory as an array."""
    words: I64 = carray(_to_i64(address), (count,))
    return words


@step
def u32_at(address: int, count: int) -> npt.NDArray[np.uint32]:
    """Return `count` half words of memory as an array."""
    words: npt.NDArray[np.uint32] = carray(_to_u32(address), (count,))
    return words


@step
def columns(state: I64) -> tuple[I64, I64, I32]:
    """Return the arrays for query, entry and distance of the matches."""
    room = state[ROOM]
    distance: I32 = carray(_to_i32(state[DISTANCE]), (room,))
    return i64_at(state[QUERY], room), i64_at(state[ENTRY], room), distance
