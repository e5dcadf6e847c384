"""The frame around every command: its streams, its surroundings and its end."""

import sys
from functools import partial
from importlib import import_module

from bench.cli.exit_codes import INTERRUPTED, OUTPUT_LOST, READER_GONE
from bench.cli.raw import say_raw
from bench.cli.stopping import stop_at_once
from bench.cli.streams import STANDARD_OUTPUT, Stream, own, take_streams
from bench.cli.surroundings import settle


def framed() -> int:
    """Run the command line and return its exit code."""
    out = take_streams()
    settle()
    watch = import_module("bench.cli.watch")
    work = partial(_run, out)
    code: int = watch.watched(work) if watch.is_watched(sys.argv[1:]) else work()
    return code


def _run(out: Stream) -> int:
    # By name, and only now: it loads what all commands need.
    code: int = import_module("bench.cli.app").run()
    stop_at_once()
    return _ended(code, out)


def _ended(code: int, out: Stream) -> int:
    """Return the exit code of a command that ended with `code`, given what its output came to.

    A code that says something is kept: a regression is one, whether or not anybody reads of it.
    """
    own(STANDARD_OUTPUT).flush()
    if out.lost is None or code == INTERRUPTED:
        return code
    if out.reader_gone:
        return code or READER_GONE
    say_raw(f"standard output cannot be written: {out.lost.strerror}; what was measured is kept")
    return code or OUTPUT_LOST
