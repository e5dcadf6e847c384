"""What look-ups need of the CPU beyond Python: counting bits, and asking for memory ahead."""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pipelines.scanning.hasher import U64

# Numba has types for some of itself, and these are of what is compiled, not of what is called.
_intrinsic: Any = intrinsic
_cgutils: Any = cgutils

_LINE = 64  # bytes of a cache line


def _popcount(typing_context: Any, word: Any) -> Any:
    del typing_context, word

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        del context, signature
        # LLVM makes VPOPCNTQ of eight of these side by side, where the CPU has it.
        return builder.ctpop(values[0])

    return types.int64(types.uint64), generate


popcount: Callable[[np.uint64], int] = _intrinsic(_popcount)
"""(word): how many of its bits are set."""


def _signed(typing_context: Any, word: Any) -> Any:
    del typing_context

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return context.cast(builder, values[0], signature.args[0], types.int64)

    return types.int64(word), generate


signed: Callable[[np.unsignedinteger[Any]], int] = _intrinsic(_signed)
"""(word): the same number as int64, since Numba makes floats where it meets both kinds."""


def _prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    del typing_context, index

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, values[0]).data
        byte, number = ir.IntType(8), ir.IntType(32)
        signature_ = ir.FunctionType(ir.VoidType(), [byte.as_pointer(), number, number, number])
        ask = _cgutils.get_or_insert_function(builder.module, signature_, "llvm.prefetch.p0")
        address = builder.bitcast(builder.gep(data, [values[1]]), byte.as_pointer())
        # For reading, to be kept in all levels, of data.
        builder.call(ask, [address, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


prefetch: Callable[[Any, int], None] = _intrinsic(_prefetch)
"""(array, index): bring the cache line of a one-dimensional array's element; never faults."""


def aligned_words(count: int) -> U64:
    """Return `count` zeros that begin at a cache line, so that a hash lies in as few as it can."""
    memory = np.zeros(count + _LINE // 8, dtype=np.uint64)
    start = -memory.ctypes.data % _LINE // 8
    return memory[start : start + count]
