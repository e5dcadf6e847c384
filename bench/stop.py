"""The user's wish to stop, told apart from whatever a plug-in raises."""

import signal
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""Ctrl-C, and what a CI sends when time is up."""


class Stop(KeyboardInterrupt):
    """Ctrl-C was pressed, or a CI's time is up."""


_asked: list[int] = []
"""Signals that asked for it."""


def raise_stop(number: int, frame: FrameType | None) -> None:
    """Raise Stop at the first signal; it is being heeded when a second one comes."""
    del frame
    _asked.append(number)
    if len(_asked) == 1:
        raise Stop


def check_stop() -> None:
    """Raise Stop where somebody asked for it, and what he interrupted held on to the exception."""
    if _asked:
        raise Stop


def is_stop(error: BaseException) -> bool:
    """Return whether `error` is the user's wish to stop, and not a plug-in's imitation of it.

    Without our handler of Ctrl-C there is no telling: then every KeyboardInterrupt is.
    """
    if signal.getsignal(signal.SIGINT) is raise_stop:
        return isinstance(error, Stop)
    return isinstance(error, KeyboardInterrupt)
