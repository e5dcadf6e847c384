"""The slots through which loaded libraries call each other, and pointing them elsewhere.

A library that calls `memcpy` jumps to whatever address the loader wrote into its table of that
name (ELF gABI, chapter 5, "Dynamic Linking"). These tables are found as the loader finds them and
written over. What was inlined, or bound inside a library, has no slot and is not seen.
"""

import ctypes
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

C_LIBRARY = "libc.so.6"
"""glibc, by the name that every program of it loads it by."""

_U64 = npt.NDArray[np.uint64]

_PT_LOAD, _PT_DYNAMIC = 1, 2
_PLTRELSZ, _STRTAB, _SYMTAB, _RELA, _RELASZ, _JMPREL = 2, 5, 6, 7, 8, 23
_SYMBOL_SIZE, _RELA_SIZE = 24, 24

# Relocations that write a function's address: GLOB_DAT, JUMP_SLOT, and the plain 64-bit pointer of
# a table of functions. x86-64 psABI 4.4.1: 6, 7, 1; ELF for the Arm 64-bit Architecture 5.7: 1025,
# 1026, 257. No number of one architecture has another such meaning in the other.
_ADDRESS_KINDS = (6, 7, 1, 1025, 1026, 257)

_READ_WRITE = mmap.PROT_READ | mmap.PROT_WRITE


class _Segment(ctypes.Structure):
    """Elf64_Phdr."""

    _fields_ = (
        *(("kind", ctypes.c_uint32), ("flags", ctypes.c_uint32), ("offset", ctypes.c_uint64)),
        *(("address", ctypes.c_uint64), ("physical", ctypes.c_uint64)),
        *(("file_size", ctypes.c_uint64), ("size", ctypes.c_uint64), ("align", ctypes.c_uint64)),
    )


class _Info(ctypes.Structure):
    """struct dl_phdr_info, as far as it is read."""

    _fields_ = (
        *(("base", ctypes.c_uint64), ("name", ctypes.c_char_p)),
        *(("segments", ctypes.POINTER(_Segment)), ("count", ctypes.c_uint16)),
    )


_VISIT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Info), ctypes.c_size_t, ctypes.c_void_p)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detour:
    """What to call instead of the function at `usual`: addresses both."""

    usual: int
    counting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedObject:
    """A program or library in this process. `ranges` are its (start, end) in memory."""

    base: int
    ranges: tuple[tuple[int, int], ...]
    dynamic: int

    def holds(self, address: int) -> bool:
        """Return whether `address` lies in it."""
        return any(start <= address < end for start, end in self.ranges)


def address_in(library: str | None, function: str) -> int | None:
    """Return where `function` is in a library (None: in what the program finds), or None."""
    try:
        found = getattr(ctypes.CDLL(library), function)
    except AttributeError:
        return None
    return ctypes.cast(found, ctypes.c_void_p).value


def loaded_objects() -> list[LoadedObject]:
    """Return what is loaded now and links dynamically."""
    found: list[LoadedObject] = []

    def visit(info: Any, size: int, data: object) -> int:
        del size, data
        it = info.contents
        segments = it.segments[: it.count]
        dynamic = [it.base + part.address for part in segments if part.kind == _PT_DYNAMIC]
        loads = (part for part in segments if part.kind == _PT_LOAD)
        ranges = tuple(
            (it.base + part.address, it.base + part.address + part.size) for part in loads
        )
        if dynamic:
            found.append(LoadedObject(base=it.base, ranges=ranges, dynamic=dynamic[0]))
        return 0

    ctypes.CDLL(None).dl_iterate_phdr(_VISIT(visit), None)
    return found


def redirect(it: LoadedObject, detours: Mapping[str, Detour]) -> int:
    """Make `it` call a detour where it calls its function by name; return how many slots changed.

    A slot that leads elsewhere, to an allocator that a library brings for itself say, is left.
    """
    tags = _dynamic_tags(it)
    changed = 0
    for table, size in ((_JMPREL, _PLTRELSZ), (_RELA, _RELASZ)):
        if table not in tags or not tags.get(size):
            continue
        words = _words(tags[table], tags[size] // 8).reshape(-1, _RELA_SIZE // 8)
        kinds, symbols = words[:, 1] & np.uint64(0xFFFFFFFF), words[:, 1] >> np.uint64(32)
        wanted = np.isin(kinds, _ADDRESS_KINDS) & (symbols != 0) & (words[:, 2] == 0)
        for offset, symbol in zip(words[wanted, 0].tolist(), symbols[wanted].tolist(), strict=True):
            name, defined = _symbol(tags, symbol)
            detour = detours.get(name)
            if detour is None or defined:
                continue
            slot = ctypes.c_uint64.from_address(it.base + offset)
            # Before its first use a slot leads back into its own library, which then has it bound.
            if slot.value == detour.usual or it.holds(slot.value):
                _make_writable(it.base + offset)
                slot.value = detour.counting
                changed += 1
    return changed


def _dynamic_tags(it: LoadedObject) -> dict[int, int]:
    """Return the dynamic section by tag; what are addresses there are absolute here."""
    tags: dict[int, int] = {}
    at = it.dynamic
    while True:
        tag, value = _words(at, 2).tolist()
        if tag == 0:
            break
        tags[tag] = value
        at += 16
    for tag in (_STRTAB, _SYMTAB, _RELA, _JMPREL):
        # glibc's loader has relocated these in place, others (musl, the vDSO) have not.
        if tag in tags and not it.holds(tags[tag]):
            tags[tag] += it.base
    return tags


def _symbol(tags: Mapping[int, int], symbol: int) -> tuple[str, bool]:
    """Return the name of a symbol, and whether the library defines it itself."""
    entry = tags[_SYMTAB] + _SYMBOL_SIZE * symbol
    name = ctypes.string_at(tags[_STRTAB] + ctypes.c_uint32.from_address(entry).value)
    section = ctypes.c_uint16.from_address(entry + 6).value
    return name.decode("ascii", "replace"), section != 0


def _words(address: int, count: int) -> _U64:
    memory = memoryview((ctypes.c_uint64 * count).from_address(address))
    return np.asarray(memory.cast("B").cast("Q"), dtype=np.uint64)


def _make_writable(address: int) -> None:
    # Most tables were made read-only once they were filled in; this process is not a long one.
    page = address & -mmap.PAGESIZE
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    if protect(ctypes.c_void_p(page), ctypes.c_size_t(mmap.PAGESIZE), _READ_WRITE) != 0:
        raise OSError(ctypes.get_errno(), "mprotect of a linkage table")
