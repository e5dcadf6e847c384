"""The cache folder: files appear whole or not at all, and derived ones carry their checksum."""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bench.clips.errors import ClipError
from pipelines.cache_folder import cache_folder

CHECKSUM_BYTES = hashlib.sha256().digest_size
STALE_AFTER_S = 24 * 3600


def cache_dir() -> Path:
    """Return the folder of the cache: $SEALBENCH_CACHE, or the user's cache folder."""
    return cache_folder()


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that becomes `path` at the end, unless the block raises.

    A kill leaves `path` as it was, and at most a file in `partial/`, which is swept up later.
    """
    partial = path.parent.parent / "partial"
    for folder in (partial, path.parent):
        folder.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=partial)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sweep_partial(cache: Path) -> None:
    """Delete what killed processes left in `partial/` more than a day ago."""
    partial = cache / "partial"
    if not partial.is_dir():
        return
    oldest = time.time() - STALE_AFTER_S
    for file in partial.iterdir():
        if file.is_file() and file.stat().st_mtime < oldest:
            file.unlink(missing_ok=True)


def write_checked(path: Path, parts: Iterable[bytes]) -> None:
    """Write `parts` and their sha256 to `path`, atomically. Raises ClipError with one line."""
    checksum = hashlib.sha256()
    try:
        with new_file(path) as file:
            for part in parts:
                checksum.update(part)
                file.write(part)
            file.write(checksum.digest())
    except OSError as error:
        raise ClipError(f"cannot write to the clip cache {path.parent.parent}: {error}") from error


def read_checked(path: Path) -> bytes | None:
    """Return what `write_checked` wrote, or None where the file is missing or damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    body, checksum = data[:-CHECKSUM_BYTES], data[-CHECKSUM_BYTES:]
    return body if hashlib.sha256(body).digest() == checksum else None


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file in hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
