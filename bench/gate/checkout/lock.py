"""One gate at a time: two would take the CPU from each other, and share their folders."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.gate.checkout.error import CheckoutError
from pipelines.files import open_in_place


@contextmanager
def only_gate(cache: Path) -> Iterator[None]:
    """Hold the lock of `cache` for the block. Raises CheckoutError that names who has it.

    The kernel drops the lock of a process that ends, however it ends. The file stays: where it was
    deleted, one process could lock the old file while another locks a new one.
    """
    try:
        file = os.fdopen(open_in_place(cache / "lock", make=True), "r+")
    except OSError as error:
        raise CheckoutError(f"cannot write to {cache}: lock: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read().strip() or "of an unknown id"
            raise CheckoutError(
                f"another gate is running: process {holder}; two at once would disturb each other"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            # A forked child may still have the file open, and the lock with it.
            fcntl.flock(file, fcntl.LOCK_UN)
