"""Bytes at an address, for kernels: numba's array indexing and slicing cost more than the work.

Nothing here checks a bound: a kernel compares sizes with what its arrays hold before it reads or
writes. Words are big-endian, as on the wire; the machines that numba knows are little-endian.
"""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_BYTE = ir.IntType(8)
_INT = ir.IntType(64)
_VECTOR_BYTES = 64

_Lowered = tuple[Any, Callable[..., Any]]


def _load(bits: int) -> Callable[[int], int]:
    def load(_typing: Any, _address: Any) -> _Lowered:
        def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            pointer = builder.inttoptr(arguments[0], ir.IntType(bits).as_pointer())
            value = builder.load(pointer, align=1)
            return builder.zext(value if bits == 8 else builder.bswap(value), _INT)

        return types.int64(types.int64), generate

    return cast("Callable[[int], int]", intrinsic(load))


def _store(bits: int, *, big_endian: bool = True) -> Callable[[int, int], None]:
    def store(_typing: Any, _address: Any, _value: Any) -> _Lowered:
        def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            pointer = builder.inttoptr(arguments[0], ir.IntType(bits).as_pointer())
            value = builder.trunc(arguments[1], ir.IntType(bits))
            turned = builder.bswap(value) if big_endian and bits > 8 else value
            builder.store(turned, pointer, align=1)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64), generate

    return cast("Callable[[int, int], None]", intrinsic(store))


def _transfer(lower: Callable[..., None]) -> Callable[[int, int, int], None]:
    def transfer(_typing: Any, _to: Any, _source: Any, _size: Any) -> _Lowered:
        def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            to, source = (builder.inttoptr(a, _BYTE.as_pointer()) for a in arguments[:2])
            lower(builder, to, source, arguments[2], 1)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, types.int64), generate

    return cast("Callable[[int, int, int], None]", intrinsic(transfer))


byte_at = _load(8)
"""Return the byte at an address."""
half_at = _load(16)
"""Return the 16-bit value at an address."""
word_at = _load(32)
"""Return the 32-bit value at an address."""
put_byte = _store(8)
"""Write the low 8 bits of a value at an address."""
put_half = _store(16)
"""Write the low 16 bits of a value at an address."""
put_word = _store(32)
"""Write the low 32 bits of a value at an address."""
put_size = _store(32, big_endian=False)
"""Write the low 32 bits of a value where an int32 array has an element."""
copy_bytes = _transfer(cgutils.raw_memcpy)
"""Copy (to, from, size) between places that do not overlap."""
move_bytes = _transfer(cgutils.raw_memmove)
"""Copy (to, from, size) between places that may overlap."""


def _start_code_mask(_typing: Any, _address: Any) -> _Lowered:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(_BYTE, _VECTOR_BYTES)

        def load(offset: int) -> Any:
            address = builder.add(arguments[0], _INT(offset))
            return builder.load(builder.inttoptr(address, vector.as_pointer()), align=1)

        ones = ir.Constant(vector, [1] * _VECTOR_BYTES)
        differs = builder.or_(builder.or_(load(0), load(1)), builder.xor(load(2), ones))
        found = builder.icmp_unsigned("==", differs, ir.Constant(vector, None))
        return builder.cttz(builder.bitcast(found, _INT), ir.IntType(1)(0))

    return types.int64(types.int64), generate


first_start_code = cast("Callable[[int], int]", intrinsic(_start_code_mask))
"""Return at which of the 64 bytes from an address on 00 00 01 begins first; 64 for none.

Reads 66 bytes.
"""
