"""rounds.jsonl: the raw readings, one line per round, each on the disk before the next begins."""

from pathlib import Path
from typing import Annotated

import msgspec

from bench.calibrate.probe import Reading
from bench.profile.schema import SCHEMA
from bench.store.errors import StoreError
from bench.store.files import decode
from bench.store.lines import LineFile, read_lines


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
    lines, size = read_lines(path)
    rounds: list[Round] = []
    for index, line in enumerate(lines):
        found = decode(line, Round, f"{path}:{index + 1}", newest=SCHEMA)
        if found.index != index:
            raise StoreError(f"{path}:{index + 1}: index: {found.index} is not {index}")
        rounds.append(found)
    return rounds, size


class RoundsFile:
    """Appends rounds; each is on the disk before `append` returns."""

    def __init__(self, path: Path) -> None:
        """Open `path` and cut off a torn last line. Raises StoreError."""
        self.rounds, size = read_rounds(path)
        self._lines = LineFile(path, size)

    def append(self, measured: Round) -> None:
        """Append `measured`. Raises StoreError, and then the file is as it was before."""
        self._lines.append(msgspec.json.encode(measured) + b"\n")
        self.rounds.append(measured)

    def close(self) -> None:
        """Close the file; no more rounds."""
        self._lines.close()
