"""Allocations: requests for memory that Python objects, arrays and libraries make, and their sizes.

Counted is each call of malloc, calloc or realloc of Python's three allocator domains (PEP 445),
small objects that come from its own pools included, and each call that a library makes to those of
the C library: numpy's buffers, OpenSSL's contexts. A realloc counts with its whole new size. What
is recycled without being asked for, in the interpreter's free lists or in numpy's cache of buffers
below 1 KiB, is no allocation.
"""

import ctypes
from collections.abc import Mapping, Sequence

from .linkage import C_LIBRARY, Detour, address_in
from .trampolines import Cell, Factors, Trampolines, add_up

# Which arguments make up the size.
_LIBRARY: Mapping[str, Factors] = {
    "malloc": (0,),
    "calloc": (0, 1),
    "realloc": (1,),
    "reallocarray": (1, 2),
    "posix_memalign": (2,),
    "aligned_alloc": (1,),
    "memalign": (1,),
}
# The functions of an allocator take its context first.
_PYTHON: Mapping[str, Factors] = {"malloc": (1,), "calloc": (1, 2), "realloc": (2,)}

_RAW, _MEM, _OBJ = range(3)  # PyMemAllocatorDomain


class _Allocator(ctypes.Structure):
    """PyMemAllocatorEx."""

    _fields_ = tuple(
        (name, ctypes.c_void_p) for name in ("context", "malloc", "calloc", "realloc", "free")
    )


def counting_allocations(trampolines: Trampolines, count: Cell, size: Cell) -> dict[str, Detour]:
    """Return by name what allocates for libraries and adds to the cells.

    Python's own allocators count from now on. Where the program finds another malloc than that of
    the C library (its own, a preloaded one, a stub at a fixed address), only they do: memory must
    go back where it came from.
    """
    detours = {}
    if address_in(None, "malloc") == address_in(C_LIBRARY, "malloc"):
        for name, factors in _LIBRARY.items():
            usual = address_in(C_LIBRARY, name)
            if usual is not None:
                counting = trampolines.counting(usual, {count: [()], size: [factors]})
                detours[name] = Detour(usual=usual, counting=counting)
    _count_python(trampolines, count, size)
    return detours


def _count_python(trampolines: Trampolines, count: Cell, size: Cell) -> None:
    # The domains of objects ask the raw one for what is large, or for another pool: that is the
    # same memory, and counts once. They run under the interpreter's lock, so one word will do; what
    # another thread asks of the raw one without that lock in the meantime is missed.
    outermost = trampolines.cell(1)
    for domain in (_RAW, _MEM, _OBJ):
        allocator = _Allocator()
        ctypes.pythonapi.PyMem_GetAllocator(domain, ctypes.byref(allocator))
        for name, factors in _PYTHON.items():
            additions: dict[Cell, Sequence[Factors]] = {
                count: [(outermost,)],
                size: [(*factors, outermost)],
            }
            target = getattr(allocator, name)
            if domain == _RAW:
                address = trampolines.counting(target, additions)
            else:
                parameters = 1 + len(factors) + (name == "realloc")
                address = _enclosing(trampolines, target, parameters, additions, outermost)
            setattr(allocator, name, address)
        ctypes.pythonapi.PyMem_SetAllocator(domain, ctypes.byref(allocator))


def _enclosing(
    trampolines: Trampolines,
    target: int,
    parameters: int,
    additions: Mapping[Cell, Sequence[Factors]],
    outermost: Cell,
) -> int:
    """Return the address of what counts and calls `target`, with `outermost` at 0 meanwhile."""
    types = ", ".join(["i64"] * parameters)
    arguments = ", ".join(f"i64 %a{position}" for position in range(parameters))
    cell = f"i64* inttoptr (i64 {outermost.address} to i64*)"
    return trampolines.compile(
        f"define i64 @entry({arguments}) {{\n"
        + add_up(additions)
        + f"%was = load i64, {cell}\n"
        + f"store i64 0, {cell}\n"
        + f"%call = inttoptr i64 {target} to i64 ({types})*\n"
        + f"%result = call i64 %call({arguments})\n"
        + f"store i64 %was, {cell}\n"
        + "ret i64 %result\n}"
    )
