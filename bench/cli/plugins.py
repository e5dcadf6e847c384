"""Plug-ins, loaded so that none can stop a command: what ends the process is left out next time."""

import sys
import threading
from functools import partial

from bench.cli.console import say
from bench.cli.streams import part_from_strangers
from bench.flight import in_flight
from bench.stop import is_stop
from pipelines.registry import Registry, load_registry
from pipelines.told import told


def installed() -> Registry:
    """Return what is built in and what installed plug-ins bring.

    What those print goes to standard error from now on, and what they raise where nobody can catch
    it (in a thread of theirs, in the end of an object) is one line.
    """
    part_from_strangers()
    said: set[str] = set()
    sys.unraisablehook = lambda raised: _say_once(said, raised.exc_value)
    threading.excepthook = lambda raised: _say_once(said, raised.exc_value)
    return load_registry(around=partial(in_flight, "plug-in"), is_stop=is_stop)


def _say_once(said: set[str], error: BaseException | None) -> None:
    what = "an error" if error is None else told(error)
    if what not in said:
        said.add(what)
        say(f"sealbench: raised where nobody could catch it: {what}")
