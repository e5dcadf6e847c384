"""rounds.jsonl: the raw readings, one line per round, each on the disk before the next begins."""

import os
from pathlib import Path
from typing import Annotated

import msgspec

from bench.calibrate.probe import Reading
from bench.profile.schema import SCHEMA
from bench.store.errors import StoreError, file_errors, refuse_special
from bench.store.files import decode


class Round(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one round measured. `problems` says of each key that has no reading from here on why."""

    schema: int = SCHEMA
    index: Annotated[int, msgspec.Meta(ge=0)]
    utc: str
    seconds: Annotated[float, msgspec.Meta(ge=0)]
    readings: tuple[Reading, ...]
    problems: dict[str, str] = {}


def read_rounds(path: Path) -> tuple[list[Round], int]:
    """Return the rounds in `path` and the size in bytes of the whole lines that hold them.

    A last line without its newline was being written when the writer was killed: it is left out.
    No file is no rounds. Raises StoreError, with file and line.
    """
    with file_errors(path):
        refuse_special(path)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return [], 0
    whole = data[: data.rfind(b"\n") + 1]
    rounds: list[Round] = []
    for index, line in enumerate(whole.split(b"\n")[:-1]):
        found = decode(line, Round, f"{path}:{index + 1}", newest=SCHEMA)
        if found.index != index:
            raise StoreError(f"{path}:{index + 1}: index: {found.index} is not {index}")
        rounds.append(found)
    return rounds, len(whole)


class RoundsFile:
    """Appends rounds; each is on the disk before `append` returns."""

    def __init__(self, path: Path) -> None:
        """Open `path` and cut off a torn last line. Raises StoreError."""
        self._path = path
        self.rounds, self._size = read_rounds(path)
        with file_errors(path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            os.ftruncate(self._descriptor, self._size)

    def append(self, measured: Round) -> None:
        """Append `measured`. Raises StoreError, and then the file is as it was before."""
        line = msgspec.json.encode(measured) + b"\n"
        with file_errors(self._path):
            try:
                written = 0
                while written < len(line):
                    written += os.pwrite(self._descriptor, line[written:], self._size + written)
                os.fsync(self._descriptor)
            except BaseException:  # Ctrl-C too: no round may be half there
                os.ftruncate(self._descriptor, self._size)
                raise
        self._size += len(line)
        self.rounds.append(measured)

    def close(self) -> None:
        """Close the file; no more rounds."""
        os.close(self._descriptor)
