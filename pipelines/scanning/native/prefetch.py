"""A hint to the CPU: have this memory in the cache by the time that it is read."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

# Numba has types for some of itself, and these are of what is compiled, not of what is called.
_intrinsic: Any = intrinsic

_I32 = ir.IntType(32)
_FOR_READING, _KEEP, _DATA = 0, 3, 1


def _prefetch(typing_context: Any, address: Any) -> Any:
    del typing_context, address

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        del signature
        pointer = builder.inttoptr(values[0], ir.IntType(8).as_pointer())
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [pointer.type, _I32, _I32, _I32]),
            "llvm.prefetch.p0",
        )
        hints = [ir.Constant(_I32, hint) for hint in (_FOR_READING, _KEEP, _DATA)]
        builder.call(function, [pointer, *hints])
        return context.get_dummy_value()

    return types.void(types.int64), generate


prefetch: Callable[[int], None] = _intrinsic(_prefetch)
"""(address): a cache line from there, of memory that may not even exist."""
