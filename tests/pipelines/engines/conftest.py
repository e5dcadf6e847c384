"""Memory that ends where touching the next byte kills the process."""

import ctypes
import mmap
from collections.abc import Callable

import numpy as np
import pytest

from pipelines.engines.native.srtp_batches import BatchProtector, BatchUnprotector
from pipelines.engines.native.srtp_session import OUT, OUT_BYTES
from pipelines.media import U8, PacketBatch

Guarded = Callable[[PacketBatch], PacketBatch]
GuardResults = Callable[[object, PacketBatch], None]


def before_a_guard_page(size: int) -> U8:
    """Return `size` bytes that end where touching the next one kills the process."""
    page = mmap.PAGESIZE
    whole = -(-max(size, 1) // page) * page
    region = mmap.mmap(-1, whole + page)
    memory = np.frombuffer(region, dtype=np.uint8)
    libc = ctypes.CDLL(None, use_errno=True)
    guard = ctypes.c_void_p(memory.ctypes.data + whole)
    assert libc.mprotect(guard, ctypes.c_size_t(page), 0) == 0
    return memory[whole - size : whole]


@pytest.fixture(scope="session")
def guarded() -> Guarded:
    """Return what copies a batch so that its data and its sizes end before guard pages."""

    def copy(batch: PacketBatch) -> PacketBatch:
        data = before_a_guard_page(batch.data.size).reshape(batch.data.shape)
        data[:] = batch.data
        size = before_a_guard_page(4 * batch.size.size).view(np.int32).reshape(batch.size.shape)
        size[:] = batch.size
        return PacketBatch(data=data, size=size)

    return copy


@pytest.fixture(scope="session")
def guard_results() -> GuardResults:
    """Return what has a compiled engine write its next results to memory before a guard page."""

    def guard(side: object, batch: PacketBatch) -> None:
        if not isinstance(side, BatchProtector | BatchUnprotector):
            return  # written in Python, whose arrays know their end
        session = side._session
        rows, stride = batch.data.shape
        session.make_room(rows, stride)
        room = before_a_guard_page(rows * (stride + session.growth))
        session.memory._flat = room
        session.words[OUT] = room.ctypes.data
        session.words[OUT_BYTES] = len(room)

    return guard
