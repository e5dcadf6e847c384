"""Standard output and standard error that stop nothing: a full disk, a closed pipe, no stream.

What a command measures and writes to its files does not depend on whether anybody can read along.
A write that fails is remembered, what would follow is dropped, and the end of the program says so.
"""

import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

from bench.cli.raw import STANDARD_ERROR

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STANDARD_OUTPUT = 1


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
    out, err = (Stream(number, "w", closefd=False) for number in (STANDARD_OUTPUT, STANDARD_ERROR))
    sys.stdout, sys.stderr = _text(out, sys.stdout), _text(err, sys.stderr)
    return out


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


def _text(raw: Stream, before: TextIO | None) -> TextIO:
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=None if before is None else before.encoding,
        # A terminal without a µ gets it spelt out, not a traceback.
        errors="backslashreplace",
        line_buffering=raw.isatty() or raw.fileno() == STANDARD_ERROR,
    )
