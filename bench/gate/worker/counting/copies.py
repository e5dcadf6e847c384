"""Bytes copied: the sizes that memcpy, memmove and mempcpy are called with.

Counted are calls from one library into the C library, and those of Numba's kernels: an array
assignment, `bytes(view)`, a buffer that grows, a copy in a kernel whose size is not a constant. Not
seen are copies that a compiler inlined, or that a library does by a loop of its own.
"""

import ctypes
from typing import Any, cast

from llvmlite import binding

from .linkage import C_LIBRARY, Detour, address_in
from .trampolines import Cell, Trampolines

# Each by what does its work. A program linked with the memcpy of a glibc before 2.14 may rely on
# its taking areas that overlap, so memmove stands in for it: it takes all that memcpy takes.
_COPIES = {
    "memcpy": "memmove",
    "memmove": "memmove",
    "mempcpy": "mempcpy",
    "__memcpy_chk": "__memmove_chk",
    "__memmove_chk": "__memmove_chk",
    "__mempcpy_chk": "__mempcpy_chk",
}
_SIZE = 2  # (to, from, size)


def counting_copies(trampolines: Trampolines, total: Cell) -> dict[str, Detour]:
    """Return by name what copies and adds the size to `total`.

    Kernels that are loaded from now on call these, and so does `ctypes.memmove`.
    """
    detours = {}
    for name, worker in _COPIES.items():
        # Asked of the C library: a program's own `memcpy` may be a stub that jumps through its
        # table, and would come back here.
        usual, target = address_in(C_LIBRARY, name), address_in(C_LIBRARY, worker)
        if usual is not None and target is not None:
            counting = trampolines.counting(target, {total: [(_SIZE,)]})
            detours[name] = Detour(usual=usual, counting=counting)
            binding.add_symbol(name, counting)
    move = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
    ctypes.memmove = cast("Any", move(detours["memmove"].counting))
    return detours
