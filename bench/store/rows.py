"""rows.jsonl: one line per finished case, appended, never changed."""

from pathlib import Path

import msgspec

from bench.results import Row
from bench.store.errors import StoreError
from bench.store.files import decode
from bench.store.lines import LineFile, read_lines


def read_rows(path: Path) -> tuple[list[Row], int]:
    """Return the rows in `path` and the size in bytes of the whole lines that hold them.

    A last line without its newline is one that was being written when the writer was killed: it is
    left out. No file is no rows. Raises StoreError, with file and line, for any other broken line
    and for a second row of one case.
    """
    lines, size = read_lines(path)
    line_of: dict[str, int] = {}
    rows: list[Row] = []
    for number, line in enumerate(lines, start=1):
        row = decode(line, Row, f"{path}:{number}")
        if row.case in line_of:
            raise StoreError(
                f"{path}:{number}: case {row.case!r} has a row already, in line {line_of[row.case]}"
            )
        line_of[row.case] = number
        rows.append(row)
    return rows, size


def row_line(row: Row, path: Path) -> bytes:
    """Return the line that holds `row` in `path`.

    Raises StoreError for what could not be read back (a NaN, which JSON does not have): here, and
    not when the report is made.
    """
    line = msgspec.json.encode(row)
    decode(line, Row, f"{path}: row of case {row.case!r}")
    return line + b"\n"


class RowWriter:
    """Appends rows; each is on the disk before `append` returns."""

    def __init__(self, path: Path) -> None:
        """Open `path` and cut off a torn last line. Raises StoreError."""
        self._path = path
        rows, size = read_rows(path)
        self.rows = {row.case: row for row in rows}
        self._lines = LineFile(path, size)

    def append(self, row: Row) -> None:
        """Append `row`. Raises StoreError, and then the file is as it was before."""
        if row.case in self.rows:
            raise StoreError(f"{self._path}: case {row.case!r} has a row already")
        self._lines.append(row_line(row, self._path))
        self.rows[row.case] = row

    def close(self) -> None:
        """Close the file; no more rows."""
        self._lines.close()
