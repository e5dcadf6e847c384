"""The floor under every figure: the C library's memcpy of the same bytes."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from platform import libc_ver

import numpy as np

from bench.peers.cell import (
    Cell,
    Contender,
    Direction,
    Memory,
    Part,
    WrongAnswer,
    timed_ns,
)
from bench.peers.kernels import TAG_SIZE, copy_rows
from bench.peers.workload import Workload, evict, rows_for
from pipelines.media import U8


def copy_contenders(work: Workload, sizes: tuple[int, ...]) -> Iterator[Contender]:
    """Yield memcpy for every size, hot and cold."""
    memcpy = ctypes.cast(ctypes.CDLL(None).memcpy, ctypes.c_void_p).value
    if memcpy is None:
        return
    library = " ".join(libc_ver()).strip() or "C library"
    for size in sizes:
        payloads = work.payloads(size)
        out = np.empty((len(payloads), size + TAG_SIZE), dtype=np.uint8)
        for memory in Memory:
            cell = Cell(
                part=Part.COPY,
                cipher="memcpy",
                size_bytes=size,
                direction=Direction.SEAL,
                memory=memory,
            )
            copy = _Copy(memcpy=memcpy, cell=cell, payloads=payloads, out=out)
            yield Contender(
                cell=cell,
                name="memcpy",
                library=library,
                batch=len(payloads),
                verify=copy.verify,
                one_pass=copy.one_pass,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    memcpy: int
    cell: Cell
    payloads: U8
    out: U8

    def one_pass(self) -> float:
        size = self.cell.size_bytes
        rows = rows_for(self.payloads, self.cell.memory, size)
        units = len(self.payloads)
        if self.cell.memory is Memory.COLD:
            evict()
        else:
            copy_rows(self.memcpy, rows, len(rows), size, self.out)
        return timed_ns(partial(copy_rows, self.memcpy, rows, units, size, self.out)) / units

    def verify(self) -> None:
        self.out[:] = 0
        copy_rows(self.memcpy, self.payloads, len(self.payloads), self.cell.size_bytes, self.out)
        if not np.array_equal(self.out[:, : self.cell.size_bytes], self.payloads):
            raise WrongAnswer("memcpy: other bytes")
