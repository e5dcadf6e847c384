"""What compiled code needs beyond Python: calls by address, and words in memory.

Everything here works on addresses (int64), so that one compiled kernel, cached on disk, drives any
build of a library. Nothing here checks bounds: who calls has validated sizes before.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

# Numba has types for some of itself, and these are of what is compiled, not of what is called.
_intrinsic: Any = intrinsic
_types: Any = types
_cgutils: Any = cgutils

_I8, _I64 = ir.IntType(8), ir.IntType(64)


# ---- calls ---------------------------------------------------------------------------------------


def _caller(result: Any) -> Any:
    """Return an intrinsic that calls the C function at an address with a tuple of arguments."""

    def call(typing_context: Any, address: Any, arguments: Any) -> Any:
        del typing_context, address

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            count = len(signature.args[1])
            passed = [builder.extract_value(values[1], position) for position in range(count)]
            returned = ir.VoidType() if result is types.void else context.get_value_type(result)
            function = ir.FunctionType(returned, [value.type for value in passed])
            pointer = builder.inttoptr(values[0], function.as_pointer())
            outcome = builder.call(pointer, passed)
            return context.get_dummy_value() if result is types.void else outcome

        return result(types.int64, _types.unliteral(arguments)), generate

    return _intrinsic(call)


Call = Callable[[int, tuple[Any, ...]], int]
"""(address, arguments): int64 for a pointer or size_t, np.int32 for a C `int`."""

call_i32: Call = _caller(types.int32)
"""Call a function that returns `int`."""

call_i64: Call = _caller(types.int64)
"""Call a function that returns a pointer, `size_t` or 64-bit integer."""

call_void: Callable[[int, tuple[Any, ...]], None] = _caller(types.void)
"""Call a function that returns nothing."""


# ---- memory --------------------------------------------------------------------------------------


_CACHE_LINES = 128  # bytes: CPUs fetch lines of 64 in pairs


def own_words(count: int) -> npt.NDArray[np.int64]:
    """Return `count` zeros for compiled code to write to, alone in their cache lines.

    Otherwise two streams made one after the other would lie in one line, and two threads that
    work on them would pass it to and fro with every packet.
    """
    words = _CACHE_LINES // 8
    memory = np.zeros((count // words + 2) * words, dtype=np.int64)
    start = -memory.ctypes.data % _CACHE_LINES // 8
    return memory[start : start + count]


def _loader(bits: int, *, big_endian: bool) -> Any:
    width = ir.IntType(bits)

    def load(typing_context: Any, address: Any) -> Any:
        del typing_context, address

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            del context, signature
            pointer = builder.inttoptr(values[0], width.as_pointer())
            word = builder.load(pointer, align=1)
            if big_endian and sys.byteorder == "little":
                word = builder.bswap(word)
            return word if bits == 64 else builder.zext(word, _I64)

        return types.int64(types.int64), generate

    return _intrinsic(load)


def _storer(bits: int, *, big_endian: bool) -> Any:
    width = ir.IntType(bits)

    def store(typing_context: Any, address: Any, value: Any) -> Any:
        del typing_context, address, value

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            del signature
            word = values[1] if bits == 64 else builder.trunc(values[1], width)
            if big_endian and sys.byteorder == "little":
                word = builder.bswap(word)
            builder.store(word, builder.inttoptr(values[0], width.as_pointer()), align=1)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64), generate

    return _intrinsic(store)


Load = Callable[[int], int]
"""(address): the word there, as int64; aligned or not."""

Store = Callable[[int, int], None]
"""(address, value): the low bits of `value` go there; aligned or not."""

load_u8: Load = _loader(8, big_endian=False)
load_be16: Load = _loader(16, big_endian=True)
load_be32: Load = _loader(32, big_endian=True)
load_be64: Load = _loader(64, big_endian=True)
load_i32: Load = _loader(32, big_endian=False)
load_i64: Load = _loader(64, big_endian=False)
store_u8: Store = _storer(8, big_endian=False)
store_be16: Store = _storer(16, big_endian=True)
store_be32: Store = _storer(32, big_endian=True)
store_be64: Store = _storer(64, big_endian=True)
store_i32: Store = _storer(32, big_endian=False)
store_i64: Store = _storer(64, big_endian=False)


def _copy(typing_context: Any, destination: Any, source: Any, size: Any) -> Any:
    del typing_context, destination, source, size

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        del signature
        to, start = (builder.inttoptr(value, _I8.as_pointer()) for value in values[:2])
        _cgutils.raw_memcpy(builder, to, start, values[2], 1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


copy_bytes: Callable[[int, int, int], None] = _intrinsic(_copy)
"""(destination, source, size): like C's memcpy; inlined where the size is a constant."""
