"""What this process is doing, written where it outlives the process: for whoever watches over it.

A plug-in may end the process, or never return. Then the watcher that forked it
(`bench/cli/watch.py`) reads here what was in flight, and forks another process that goes on with
the rest: there the same flight ends at once, with what became of it. Without a watcher nobody
reads this.
"""

import mmap
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.put_back import FilesClosed, put_back
from bench.stop import check_stop

ROOM = 1 << 16
_BEATS = 8
_SIZE = 16
"""Where the count of beats ends, and the size of the text."""

PATIENCE_S = 120.0
"""Without a beat for so long, a flight is over. Beats come with every frame, attack and kernel."""


FILES_CLOSED = 71
"""Exit code of a process whose files strangers' code has closed: it can keep nothing any more."""


class Flight(msgspec.Struct, frozen=True, kw_only=True):
    """Something that strangers' code has a part in: a case, or the loading of a plug-in."""

    kind: str
    name: str
    patience_s: float


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """What a process has written down: its flight, its run folder, and its exit code at its end.

    The folder is in bytes, as the system has it: its name need not be UTF-8.
    """

    flight: Flight | None = None
    folder: bytes | None = None
    code: int | None = None


class ProcessEnded(Exception):  # noqa: N818 - what happened
    """The process that tried this before came to an end in the middle of it."""


class FlightRecorder:
    """The log of a process and its beats, in memory that it shares with the one that forked it."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget all: from now on the log is of this process and those that it forks."""
        self._memory = memoryview(mmap.mmap(-1, ROOM))
        self._beats = self._memory[:_BEATS].cast("Q")
        self.lost: dict[tuple[str, str], str] = {}
        self.watcher: int | None = None

    @property
    def folder_to_go_on_with(self) -> Path | None:
        """The run folder of the process that ended before this one, where one did."""
        folder = None if self.watcher is None else self.log.folder
        return None if folder is None else Path(os.fsdecode(folder))

    def beat(self) -> None:
        """Show that there is progress."""
        self._beats[0] += 1

    @property
    def beats(self) -> int:
        """How often there was."""
        return self._beats[0]

    @property
    def log(self) -> Log:
        """What was written last, by whichever process."""
        size = int.from_bytes(self._memory[_BEATS:_SIZE], "little")
        if not size:
            return Log()
        return msgspec.json.decode(self._memory[_SIZE : _SIZE + size], type=Log)

    def write(self, **changes: Flight | bytes | int | None) -> None:
        """Change entries of the log."""
        text = msgspec.json.encode(msgspec.structs.replace(self.log, **changes))
        if _SIZE + len(text) > ROOM:
            return
        self._memory[_BEATS:_SIZE] = bytes(_SIZE - _BEATS)
        self._memory[_SIZE : _SIZE + len(text)] = text
        self._memory[_BEATS:_SIZE] = len(text).to_bytes(_SIZE - _BEATS, "little")
        self.beat()


RECORDER = FlightRecorder()
"""The one of this process and those that it forks."""


@contextmanager
def in_flight(kind: str, name: str, patience_s: float | None = None) -> Iterator[None]:
    """Let a watcher know that `name` is being worked on, which takes beats to show progress.

    Raises ProcessEnded where a process before this one did not survive it, and Stop where a stop
    was asked for and what was flown did not let it through.
    """
    if (reason := RECORDER.lost.get((kind, name))) is not None:
        raise ProcessEnded(reason)
    outer, pid = RECORDER.log.flight, os.getpid()
    patience_s = PATIENCE_S if patience_s is None else patience_s
    RECORDER.write(flight=Flight(kind=kind, name=name, patience_s=patience_s))
    try:
        with put_back():
            yield
    except FilesClosed:
        if RECORDER.watcher is not None:
            os._exit(FILES_CLOSED)
        raise
    finally:
        if os.getpid() != pid:
            # A copy of this process, which what was flown made of it: one of them goes on.
            os._exit(0)
        RECORDER.write(flight=outer)
    check_stop()


beat = RECORDER.beat


def wait_while_stopped() -> None:
    """Return when the watcher is not stopped: who stops the command means its work too."""
    while RECORDER.watcher is not None and _is_stopped(RECORDER.watcher):
        time.sleep(0.1)


def _is_stopped(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] == "T"


def command_pid() -> int:
    """Return the process that the user began: this one, or the one that watches over it."""
    return os.getpid() if RECORDER.watcher is None else RECORDER.watcher
