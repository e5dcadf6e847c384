"""Native code that adds to a counter and goes on to a C function: no Python runs per event.

A trampoline takes the place of a function's address. It is made as LLVM makes thunks: a variadic
function that must tail-call, so every argument register, the stack and the result pass unchanged,
whatever the function's own signature is. Additions are atomic, for the functions that other
threads call too.
"""

import ctypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llvmlite import binding

_CELLS = 64
_ENTRY = "entry"

Factors = tuple["int | Cell", ...]
"""What is multiplied: the argument at a position, counted from 0, or what stands in a cell."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A 64-bit counter that never moves."""

    number: int
    address: int


class Trampolines:
    """The cells and the trampolines of a process. Both stay for its life: code points at them."""

    def __init__(self) -> None:
        self._cells = (ctypes.c_int64 * _CELLS)()
        self._used = 0
        self._before, self._after = (ctypes.c_int64 * _CELLS)(), (ctypes.c_int64 * _CELLS)()
        self._engines: list[Any] = []
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()

    def cell(self, start: int = 0) -> Cell:
        """Return a new cell that holds `start`."""
        cell = Cell(self._used, ctypes.addressof(self._cells) + 8 * self._used)
        self._cells[self._used] = start
        self._used += 1
        return cell

    def counting(self, target: int, additions: Mapping[Cell, Sequence[Factors]]) -> int:
        """Return the address of what adds to cells, then goes on to the function at `target`.

        To each cell are added the products of `additions`; that of no factors is 1. Only the first
        six arguments can be factors, each as an unsigned 64-bit integer.
        """
        arguments = ", ".join(f"i64 %a{position}" for position in range(6))
        signature = "void (i64, i64, i64, i64, i64, i64, ...)"
        return self.compile(
            f"define void @{_ENTRY}({arguments}, ...) {{\n"
            + add_up(additions)
            + f"%go = inttoptr i64 {target} to {signature}*\n"
            + f"musttail call {signature} %go({arguments}, ...)\n"
            + "ret void\n}"
        )

    def added_by(self, run: Callable[[], None], cells: Mapping[str, Cell]) -> dict[str, int]:
        """Return by name what `run` adds to each of `cells`.

        Their state is copied away, since making integers of it adds to the cells itself, and how
        much depends on the numbers. What is left of that is the same whatever runs.
        """
        ctypes.memmove(self._before, self._cells, 8 * _CELLS)
        run()
        ctypes.memmove(self._after, self._cells, 8 * _CELLS)
        return {
            name: self._after[cell.number] - self._before[cell.number]
            for name, cell in cells.items()
        }

    def compile(self, source: str) -> int:
        """Return the address of the function `entry` of LLVM `source`."""
        module = binding.parse_assembly(source)
        module.verify()
        machine = binding.Target.from_default_triple().create_target_machine()
        engine = binding.create_mcjit_compiler(module, machine)
        engine.finalize_object()
        self._engines.append(engine)
        return int(engine.get_function_address(_ENTRY))


def add_up(additions: Mapping[Cell, Sequence[Factors]]) -> str:
    """Return LLVM source that does `additions`, in a function whose arguments are `%a0` up."""
    lines: list[str] = []
    for cell, products in additions.items():
        for factors in products:
            number = len(lines)
            product = "1"
            for place, factor in enumerate(factors):
                name = f"%a{factor}"
                if isinstance(factor, Cell):
                    name = f"%v{number}.{place}"
                    lines.append(f"{name} = load i64, {_pointer(factor)}")
                lines.append(f"%p{number}.{place} = mul i64 {product}, {name}")
                product = f"%p{number}.{place}"
            lines.append(f"%o{number} = atomicrmw add {_pointer(cell)}, i64 {product} monotonic")
    return "\n".join(lines) + "\n"


def _pointer(cell: Cell) -> str:
    return f"i64* inttoptr (i64 {cell.address} to i64*)"
