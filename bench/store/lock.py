"""One writer at a time: a lock that ends with the process, however that ends."""

import fcntl
import os
from pathlib import Path

from bench.store.errors import StoreError, file_errors
from pipelines.files import open_in_place


def acquire(file: Path, what: str) -> int:
    """Return the descriptor of the lock `file`, locked until it is closed.

    `what` names, in the error, what its holder writes. Raises StoreError where another process
    holds it.
    """
    with file_errors(file):
        lock = open_in_place(file, make=True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(lock, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(lock)
            raise StoreError(
                f"{file.parent}: another process (pid {holder}) writes this {what}"
            ) from error
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock
