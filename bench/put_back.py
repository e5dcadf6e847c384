"""What strangers' code may have changed of the process, put back as it was before.

A plug-in that enters its own folder, traces itself or sets an alarm does what is usual in a program
of its own. Here the next case would pay for it: its files would lie elsewhere, its times would hold
the tracing, and the alarm would end it.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.stop import STOP_SIGNALS

_HERE = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC


class FilesClosed(Exception):  # noqa: N818 - what happened
    """Strangers' code closed files that are not its own; nothing can be kept any more."""


@contextmanager
def put_back() -> Iterator[None]:
    """Put back, in the end, the folder we are in, handlers of a stop, alarms and tracing.

    Raises FilesClosed.
    """
    here = os.open(".", _HERE)
    handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    alarm_s, _ = signal.getitimer(signal.ITIMER_REAL)
    trace, profile = sys.gettrace(), sys.getprofile()
    try:
        yield
    finally:
        sys.settrace(trace)
        sys.setprofile(profile)
        if not alarm_s:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in handlers.items():
            if signal.getsignal(number) is not handler:
                signal.signal(number, handler)
        try:
            os.fchdir(here)
            os.close(here)
        except OSError as error:
            raise FilesClosed from error
