"""Keeping a library's hands off the priority of whoever calls it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def kept_priority() -> Iterator[None]:
    """Give every thread that starts inside, and the caller, the caller's scheduling policy.

    SVT-AV1, run by root, makes itself and the thread that opens it real-time threads of the highest
    priority, and leaves the caller so when it is closed: all that is measured afterwards would be
    measured before everybody else on the machine, and what was measured before it would not.
    """
    policy, param = os.sched_getscheduler(0), os.sched_getparam(0)
    before = threads()
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, param)
        for thread in threads() - before:
            with suppress(ProcessLookupError):  # it has ended since
                os.sched_setscheduler(thread, policy, param)


def threads() -> set[int]:
    """Return the ids of all threads of this process, those of libraries too (proc(5))."""
    return {int(entry.name) for entry in Path("/proc/self/task").iterdir()}
