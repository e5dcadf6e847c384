"""A file of lines that only grows: each line is on the disk before `append` returns."""

import os
from pathlib import Path

from bench.store.errors import file_errors
from bench.store.layout import MOST_LINES_BYTES
from pipelines.files import open_in_place, read_plain


def read_lines(path: Path) -> tuple[list[bytes], int]:
    """Return the whole lines of `path` without their ends, and the size in bytes they take.

    A last line without its newline is one that was being written when the writer was killed: it is
    left out. No file is no lines. Raises StoreError.
    """
    with file_errors(path):
        try:
            data = read_plain(path, most_bytes=MOST_LINES_BYTES)
        except FileNotFoundError:
            return [], 0
    whole = data[: data.rfind(b"\n") + 1]
    return whole.split(b"\n")[:-1], len(whole)


class LineFile:
    """Appends lines behind the first `size` bytes of `path`, which are whole ones."""

    def __init__(self, path: Path, size: int) -> None:
        """Open `path` and cut off a torn last line. Raises StoreError."""
        self._path = path
        self._size = size
        with file_errors(path):
            self._descriptor = open_in_place(path)
            os.ftruncate(self._descriptor, size)

    def append(self, line: bytes) -> None:
        """Append `line` (or several), which ends with a newline.

        Raises StoreError, and then the file is as it was before.
        """
        with file_errors(self._path):
            try:
                written = 0
                while written < len(line):
                    written += os.pwrite(self._descriptor, line[written:], self._size + written)
                os.fsync(self._descriptor)
            except BaseException:  # Ctrl-C too: no line may be half there
                os.ftruncate(self._descriptor, self._size)
                raise
        self._size += len(line)

    def close(self) -> None:
        """Close the file; no more lines."""
        os.close(self._descriptor)
