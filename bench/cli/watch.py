"""Commands that run strangers' code are watched over: whatever that does, the rest goes on.

The command itself runs in a process that is forked before anything large is loaded. It writes down
what it does (`bench/flight.py`). Where it ends in the middle of something, or shows no progress for
too long, that is what came of this one thing: another process is forked and goes on with the rest.
Measuring loses nothing, since every block is on the disk and runs can be resumed.
"""

import ctypes
import os
import select
import shlex
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import NoReturn

from bench.cli.exit_codes import FAULT, INTERRUPTED
from bench.cli.raw import say_raw
from bench.cli.stopping import stop_at_once
from bench.flight import FILES_CLOSED, RECORDER
from bench.stop import STOP_SIGNALS
from pipelines.files import path_text

WATCHED = ("run", "verify", "list", "gate")
"""Commands that load plug-ins."""

LOOK_EVERY_S = 1.0
MOST_AT_ONCE_S = 2 * LOOK_EVERY_S
"""Of a look's length, at most: whoever slept longer was stopped himself, with what he watches."""

AT_THE_END_S = 0.005
"""Between the end of a process's files and its own."""

STOPPING_S = 60.0
"""What strangers' code may take until it lets a stop through; our own then keeps what was measured
and draws it, however long that takes on a busy machine."""

HINTS: Mapping[int, str] = {
    signal.SIGKILL: "SIGKILL: from outside, perhaps for its memory",
    signal.SIGSEGV: "SIGSEGV: it touched memory that is not there, or only to be read",
}

PR_SET_PDEATHSIG = 1


def is_watched(arguments: Sequence[str]) -> bool:
    """Return whether the command line is of a command that runs strangers' code."""
    return next((word for word in arguments if not word.startswith("-")), "") in WATCHED


def watched(work: Callable[[], int]) -> int:
    """Return the exit code of `work`, done by as many processes as it takes.

    In each of those it ends the program.
    """
    RECORDER.begin()
    watcher = Watcher()
    while True:
        alive, held_by_child = os.pipe()
        child = os.fork()
        if not child:
            os.close(alive)
            _become_watched(watcher.pid)
            _end(work())
        os.close(held_by_child)
        code = watcher.see_to_its_end(child, alive)
        os.close(alive)
        if code is not None:
            return code


class Watcher:
    """Watches one process at a time, and hands on what the user wants."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._child: int | None = None
        self._asked_s: list[float] = []
        self._overdue = ""
        for number in STOP_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._hand_on)

    def see_to_its_end(self, child: int, alive: int) -> int | None:
        """Return the exit code of the command, or None where another process has to go on.

        The pipe `alive` ends when the process does.
        """
        self._child, self._overdue = child, ""
        if self._asked_s:
            os.kill(child, signal.SIGTERM)
        ended = os.waitstatus_to_exitcode(self._wait(child, alive))
        self._child = None
        log = RECORDER.log
        if log.code is not None:
            return log.code
        if self._asked_s:
            folder = shlex.quote(path_text(os.fsdecode(log.folder))) if log.folder else ""
            way_on = f"; go on with: sealbench run --resume {folder}" if folder else ""
            say_raw(f"stopped{way_on}")
            return INTERRUPTED
        reason = self._overdue or _told(ended)
        if log.flight is not None:
            RECORDER.lost[log.flight.kind, log.flight.name] = reason
            return None
        if ended > 0:
            return ended
        say_raw(f"the process ended {reason}")
        return FAULT

    def _wait(self, child: int, alive: int) -> int:
        """Return the status of the process once it has ended, or was ended for being overdue."""
        beats, quiet_s, looked_s = RECORDER.beats, 0.0, time.monotonic()
        while True:
            if select.select([alive], [], [], LOOK_EVERY_S)[0]:
                time.sleep(AT_THE_END_S)
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return status
            now_s = time.monotonic()
            quiet_s, looked_s = quiet_s + min(now_s - looked_s, MOST_AT_ONCE_S), now_s
            if RECORDER.beats != beats:
                beats, quiet_s = RECORDER.beats, 0.0
            if overdue := self._is_overdue(quiet_s, now_s):
                self._overdue = overdue
                # What it measured is on the disk; asked, it would say that it was stopped.
                os.kill(child, signal.SIGKILL)

    def _is_overdue(self, quiet_s: float, now_s: float) -> str:
        flight = RECORDER.log.flight
        if flight is None:
            return ""
        if self._asked_s and now_s - self._asked_s[0] > STOPPING_S:
            return "because it did not stop"
        if quiet_s > flight.patience_s:
            return f"because there was no progress for {flight.patience_s:g} s"
        return ""

    def _hand_on(self, number: int, frame: FrameType | None) -> None:
        del frame
        if os.getpid() != self.pid:
            os._exit(INTERRUPTED)
        self._asked_s.append(time.monotonic())
        if self._child is not None:
            # Whoever asks a third time does not want to wait.
            os.kill(self._child, number if len(self._asked_s) < 3 else signal.SIGKILL)


def _become_watched(watcher_pid: int) -> None:
    stop_at_once()
    RECORDER.watcher = watcher_pid
    RECORDER.write(flight=None)
    if sys.platform == "linux":
        # Whoever kills the command means this process.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != watcher_pid:
            os._exit(FAULT)


def _end(code: int) -> NoReturn:
    RECORDER.write(code=code)
    # At once: threads that strangers' code began may never end, and what it registered to be done
    # at the end may do anything. Everything of ours is closed.
    os._exit(code)


def _told(ended: int) -> str:
    """Return in words how a process ended that should have gone on."""
    if ended == FILES_CLOSED:
        return "because it closed files that are not its own"
    if ended >= 0:
        return f"with exit code {ended}, in the middle of it"
    return f"by signal {-ended} ({HINTS.get(-ended) or signal.Signals(-ended).name})"
