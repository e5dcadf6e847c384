"""Memory that nobody writes into: what cases share is handed to code of strangers."""

import ctypes
import mmap
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Scalar = TypeVar("Scalar", bound=np.generic)

ALIGNMENT = 16
"""Bytes; where `malloc` would let an array begin."""


def read_only(arrays: Sequence[npt.NDArray[Scalar]]) -> list[npt.NDArray[Scalar]]:
    """Return copies of `arrays`, one behind the other, in memory that can only be read.

    NumPy refuses to write there, and to make it writable again. Whoever goes past NumPy, by its
    address or by what it is a view of, is ended by the system: what others read stays as it is.
    """
    starts, end = [], 0
    for array in arrays:
        starts.append(end)
        end += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
    mapping = mmap.mmap(-1, max(end, 1))
    memory = np.frombuffer(mapping, dtype=np.uint8)
    for start, array in zip(starts, arrays, strict=True):
        _at(memory, start, array)[...] = array
    _protect(memory)
    kept = np.frombuffer(memoryview(mapping).toreadonly(), dtype=np.uint8)
    return [_at(kept, start, array) for start, array in zip(starts, arrays, strict=True)]


def read_only_view(array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Return a view of `array` through which NumPy writes nothing, nor can be told to.

    For what is too large to be copied.
    """
    return np.asarray(array.data.toreadonly())


def _at(
    memory: npt.NDArray[np.uint8], start: int, like: npt.NDArray[Scalar]
) -> npt.NDArray[Scalar]:
    """Return the bytes of `memory` from `start` on as an array like `like`."""
    return memory[start : start + like.nbytes].view(like.dtype).reshape(like.shape)


def _protect(memory: npt.NDArray[np.uint8]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    address, size = ctypes.c_void_p(memory.ctypes.data), ctypes.c_size_t(memory.nbytes)
    if libc.mprotect(address, size, mmap.PROT_READ) != 0:
        raise OSError(ctypes.get_errno(), "memory cannot be protected against writing")
