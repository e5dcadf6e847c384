"""Standard output and standard error that stop nothing: a full disk, a closed pipe, no stream.

What a command measures and writes to its files does not depend on whether anybody can read along.
A write that fails is remembered, what would follow is dropped, and the end of the program says so.
"""

import errno
import fcntl
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

from bench.cli.raw import STANDARD_ERROR

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STANDARD_OUTPUT = 1

FIRST_OWN = 10
"""The least number of our descriptors: low ones are what others close or open by number."""


class Stream(io.FileIO):
    """A file descriptor whose writes never raise; `lost` is the first failure."""

    lost: OSError | None = None

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write what can be written now; where that fails, drop it and all that follows."""
        if self.lost is None:
            try:
                while (written := super().write(data)) is None:
                    # Whoever shares this stream made it one that does not wait.
                    select.select([], [self], [])
            except OSError as error:
                self.lost = error
            else:
                return written
        return memoryview(data).nbytes

    @property
    def reader_gone(self) -> bool:
        """Return whether nobody reads any more, as with `| head -1`."""
        return self.lost is not None and self.lost.errno == errno.EPIPE


def take_streams() -> Stream:
    """Put streams that stop nothing in the place of the standard ones; return the output's."""
    _fill_gaps()
    out, err = (Stream(_copy(number), "w") for number in (STANDARD_OUTPUT, STANDARD_ERROR))
    sys.stdout = _text(out, sys.stdout)
    sys.stderr = _text(err, sys.stderr, line_buffering=True)
    _own.update({STANDARD_OUTPUT: sys.stdout, STANDARD_ERROR: sys.stderr})
    return out


def own(number: int) -> TextIO:
    """Return the stream of results or of messages, whatever became of `sys.stdout`."""
    return _own.get(number) or (sys.stderr if number == STANDARD_ERROR else sys.stdout)


def part_from_strangers() -> None:
    """Let what is printed from now on, past `own`, go to standard error: results stay clean.

    Strangers' code may close or replace the standard streams that it knows; ours are others.
    """
    if not _own:
        return
    os.dup2(STANDARD_ERROR, STANDARD_OUTPUT)
    sys.stdout, sys.stderr = (
        _text(Stream(number, "w", closefd=False), stream, line_buffering=True)
        for number, stream in _own.items()
    )


_own: dict[int, TextIO] = {}
"""Our streams by the number of the standard one, each on a descriptor of its own."""


def _copy(number: int) -> int:
    return fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, FIRST_OWN)


def _fill_gaps() -> None:
    """Open something in the place of each standard stream that was closed.

    Otherwise the next file that is opened gets its number, and what is said goes into that file.
    """
    for number in range(STANDARD_ERROR + 1):
        try:
            os.fstat(number)
        except OSError:
            # Output still cannot be written, and says so in the end. Messages may go nowhere.
            mode = os.O_WRONLY if number == STANDARD_ERROR else os.O_RDONLY
            os.set_inheritable(os.open(os.devnull, mode), True)  # noqa: FBT003 - its only form


def _text(raw: Stream, before: TextIO | None, *, line_buffering: bool = False) -> TextIO:
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=None if before is None else before.encoding,
        # A terminal without a µ gets it spelt out, not a traceback.
        errors="backslashreplace",
        line_buffering=line_buffering or raw.isatty(),
    )
