"""One writer at a time: a lock that ends with the process, however that ends."""

import fcntl
import os
import time
from pathlib import Path

from bench.flight import command_pid
from bench.store.errors import StoreError, file_errors
from pipelines.files import open_in_place

ATTEMPTS = 10
ATTEMPT_S = 0.1
"""Who was killed a moment ago still holds it until the system has cleaned up."""


def acquire(file: Path, what: str) -> int:
    """Return the descriptor of the lock `file`, locked until it is closed.

    `what` names, in the error, what its holder writes. Raises StoreError where another process
    holds it.
    """
    with file_errors(file):
        lock = open_in_place(file, make=True)
        for attempt in range(ATTEMPTS):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if attempt < ATTEMPTS - 1:
                    time.sleep(ATTEMPT_S)
                    continue
                holder = os.read(lock, 20).decode("ascii", "replace").strip() or "unknown"
                os.close(lock)
                raise StoreError(
                    f"{file.parent}: another process (pid {holder}) writes this {what}"
                ) from error
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{command_pid()}\n".encode(), 0)
    return lock
