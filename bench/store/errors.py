"""Why a run folder cannot be written or read, in one line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipelines.files import UnsafeFile


class StoreError(Exception):
    """A run folder cannot be written or read; the text is one line that names the file."""


class IncomparableMachine(StoreError):  # noqa: N818 - the name says what is wrong
    """A run was begun on another machine or with other libraries; `differences` lists what."""

    def __init__(self, path: Path, differences: Sequence[str]) -> None:
        super().__init__(
            f"{path}: begun on another machine or with other libraries ({'; '.join(differences)}): "
            "start a new run"
        )
        self.differences = tuple(differences)


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turn an OSError (disk full, no permission, no such folder) into a StoreError for `path`."""
    try:
        yield
    except UnsafeFile as error:
        # It may be a folder on the way that is at fault.
        raise StoreError(f"{error.filename}: {error.strerror}") from error
    except OSError as error:
        # numpy has no word but its counts for a write that the disk cut short.
        why = error.strerror or f"written in part only, is the disk full? ({error})"
        raise StoreError(f"{path}: {why}") from error
