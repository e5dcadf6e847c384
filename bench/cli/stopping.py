"""What Ctrl-C does: while nothing can be kept it ends the program, afterwards it raises."""

import os
import signal
from collections.abc import Callable
from types import FrameType

from bench.cli.exit_codes import INTERRUPTED
from bench.cli.raw import say_raw
from bench.stop import STOP_SIGNALS, raise_stop


def stop_at_once() -> None:
    """From now on Ctrl-C ends the program with one line.

    Before anything is begun and after all is said: an exception may be lost in what imports run,
    and comes as a traceback from what the interpreter does in its end.
    """
    _on_stop(_stop)


def stop_by_exception() -> None:
    """From now on Ctrl-C raises Stop, a KeyboardInterrupt: what was measured is kept."""
    _on_stop(raise_stop)


def _on_stop(handler: Callable[[int, FrameType | None], object]) -> None:
    for number in STOP_SIGNALS:
        # What is ignored, as in the background of a script, stays ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    del number, frame
    say_raw("stopped by Ctrl-C")
    os._exit(INTERRUPTED)
