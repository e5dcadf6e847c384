"""The cache folder: files appear whole or not at all, and derived ones carry their checksum.

Whatever stands there may have been cut by a full disk, copied half or moved about: it is checked
when it is read, and what is damaged is deleted, said, and made again.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bench.clips.errors import ClipError
from bench.progress import Progress
from pipelines.cache_folder import cache_folder
from pipelines.files import open_plain

CHECKSUM_BYTES = hashlib.sha256().digest_size
MOST_BYTES = 1_000_000_000_000
"""The most that is read of one file, to hash it: no video is as long."""

STALE_AFTER_S = 24 * 3600
SETTLED_NS = 100_000_000
"""A file that was changed longer ago than this cannot change again under the same time stamp."""

_HASHES: dict[tuple[int, ...], str] = {}
"""Of files that were hashed: by device, inode, size and times, so that each is read once."""


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
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
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


_SAID: set[str] = set()
"""Why nothing could be kept: each reason is said once a process."""


def write_checked(path: Path, parts: Iterable[bytes]) -> None:
    """Write `parts` and their checksum to `path`, atomically. Raises ClipError with one line."""
    checksum = _checksum(path)
    try:
        with new_file(path) as file:
            for part in parts:
                checksum.update(part)
                file.write(part)
            file.write(checksum.digest())
    except OSError as error:
        raise ClipError(f"cannot write to the clip cache {path.parent.parent}: {error}") from error


def keep_checked(path: Path, parts: Iterable[bytes], progress: Progress) -> None:
    """Write as `write_checked` does; where that cannot be, say so once and go on without it."""
    try:
        write_checked(path, parts)
    except ClipError as error:
        if str(error) not in _SAID:
            _SAID.add(str(error))
            progress.note(f"sealbench: {error}; nothing is kept")


def read_checked(path: Path, progress: Progress) -> bytes | None:
    """Return what `write_checked` wrote, or None where it is missing or was damaged.

    What is damaged is deleted and said.
    """
    if not path.is_file():
        # Nothing; or a folder, a pipe or a link to nowhere, which nobody could read.
        if os.path.lexists(path):
            drop_damaged(path, progress)
        return None
    try:
        data = path.read_bytes()
    except OSError:
        data = b""
    body, digest = data[:-CHECKSUM_BYTES], data[-CHECKSUM_BYTES:]
    checksum = _checksum(path)
    checksum.update(body)
    if checksum.digest() == digest:
        return body
    drop_damaged(path, progress)
    return None


def drop_damaged(path: Path, progress: Progress) -> None:
    """Delete something of the cache that cannot be used, and say so."""
    progress.note(f"sealbench: {path} is damaged; it is made again")
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError:
        # A cache that is only to be read: what is made again is not kept.
        return


def _checksum(path: Path) -> "hashlib._Hash":
    # With the name, which says what it was made of: a file under another's name is damaged too.
    return hashlib.sha256(path.name.encode())


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file in hex, reading it once as long as it stays. Raises OSError."""
    with open_plain(path, most_bytes=MOST_BYTES) as file:
        state = os.fstat(file.fileno())
        identity = (
            *(state.st_dev, state.st_ino, state.st_size),
            *(state.st_mtime_ns, state.st_ctime_ns),
        )
        known = _HASHES.get(identity)
        if known is not None:
            return known
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if time.time_ns() - max(state.st_mtime_ns, state.st_ctime_ns) > SETTLED_NS:
        _HASHES[identity] = digest
    return digest
