"""Checkouts on the disk: named by their content, there whole or not at all, used again."""

import hashlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.gate.checkout.error import CheckoutError
from bench.gate.checkout.sources import LINK, PROGRAM, Source, SourceFile

KEPT_FOLDERS = 9
"""Checkouts that stay, most recently used first: those of three gates."""

_DIGEST_DIGITS = 16
PARTIAL = "partial-"

# A file's time is made from its content, and lies between 2001 and 2018: before 2038, where some
# file systems end, and in the past, as `make` and others want it.
_EARLIEST_S = 1_000_000_000
_SPAN_S = 1 << 29


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What must be found of a file where a checkout is used again."""

    path: bytes
    mode: int
    size: int
    mtime_s: int
    sha256: bytes


def content_mtime_s(content: bytes) -> int:
    """Return the modification time that a file with this content gets, in s since 1970.

    The interpreter and older Numba tell by time and size whether what they compiled is still that
    of the source. So equal content has an equal time in every checkout, and an edit of equal size
    goes unseen once in 5e8.
    """
    return _EARLIEST_S + zlib.crc32(content) % _SPAN_S


def survey(source: Source) -> tuple[Entry, ...]:
    """Return what `source` holds, without the bytes."""
    return tuple(_entry(file) for file in source())


def place(source: Source, entries: Collection[Entry], cache: Path, letter: str) -> Path:
    """Return the folder `digest-letter` in `cache` that holds the files of `source`.

    `entries` is a survey of it. A folder that holds them already is used again; one that somebody
    edited is made again. Raises OSError, and CheckoutError for a path that is none.
    """
    path = cache / _name(entries, letter)
    if not _is_intact(path, entries):
        path = _make(source, cache, letter)
    os.utime(path, follow_symlinks=False)
    return path


def checkouts_in(cache: Path) -> list[Path]:
    """Return the checkouts in `cache`, most recently used first."""
    found = cache.glob(f"{'[0-9a-f]' * _DIGEST_DIGITS}-[abc]")
    folders = [path for path in found if path.is_dir() and not path.is_symlink()]
    return sorted(folders, key=lambda path: path.lstat().st_mtime_ns, reverse=True)


def prune(cache: Path, *, in_use: Collection[Path]) -> None:
    """Delete the least recently used checkouts; KEPT_FOLDERS stay, `in_use` among them."""
    others = [path for path in checkouts_in(cache) if path not in in_use]
    for path in others[max(0, KEPT_FOLDERS - len(in_use)) :]:
        _delete(path)


def sweep(cache: Path) -> None:
    """Delete what killed gates left unfinished. For who holds the lock of `cache` only."""
    for path in cache.glob(f"{PARTIAL}*"):
        # What cannot be deleted takes space, but is never taken for a checkout.
        shutil.rmtree(path, ignore_errors=True)


def _make(source: Source, cache: Path, letter: str) -> Path:
    temporary = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=cache))
    try:
        # The name follows what was written, should a file have been edited since the survey.
        written = _write(source, temporary)
        path = cache / _name(written, letter)
        if os.path.lexists(path):
            _delete(path)
        temporary.rename(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return path


def _delete(path: Path) -> None:
    # Renamed first: a kill in mid-deletion must not leave half a checkout under its name.
    doomed = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=path.parent))
    path.rename(doomed / path.name)
    shutil.rmtree(doomed, ignore_errors=True)


def _write(source: Source, folder: Path) -> list[Entry]:
    root = os.fsencode(folder)
    made = {root}
    links: list[tuple[bytes, bytes]] = []
    entries: list[Entry] = []
    for file in source():
        full = os.path.join(root, inside(file.path))  # noqa: PTH118 - names need not be UTF-8
        parent = os.path.dirname(full)  # noqa: PTH120 - same
        if parent not in made:
            os.makedirs(parent, exist_ok=True)  # noqa: PTH103 - same
            made.add(parent)
        if file.mode == LINK:
            links.append((full, file.content))
        else:
            _write_file(full, file)
        entries.append(_entry(file))
    # Last, so that no file can be written through one of them.
    for full, target in links:
        os.symlink(target, full)  # noqa: PTH211 - same
    return entries


def _write_file(full: bytes, file: SourceFile) -> None:
    mtime_s = content_mtime_s(file.content)
    with open(full, "xb") as out:  # noqa: PTH123 - names need not be UTF-8
        os.fchmod(out.fileno(), 0o755 if file.mode == PROGRAM else 0o644)
        out.write(file.content)
    os.utime(full, (mtime_s, mtime_s))


def inside(path: bytes) -> bytes:
    """Return `path`. Raises CheckoutError where it leads elsewhere, or to a git folder."""
    if any(part in {b"", b".", b"..", b".git"} for part in path.split(b"/")):
        raise CheckoutError(f"{os.fsdecode(path)!r} is not a path that a checkout can hold")
    return path


def _entry(file: SourceFile) -> Entry:
    return Entry(
        path=file.path,
        mode=file.mode,
        size=len(file.content),
        mtime_s=content_mtime_s(file.content),
        sha256=hashlib.sha256(file.content).digest(),
    )


def _name(entries: Iterable[Entry], letter: str) -> str:
    digest = hashlib.sha256()
    for entry in sorted(entries, key=lambda entry: entry.path):
        # No path holds a zero byte, and a digest has 32: no two lists give the same bytes.
        digest.update(f"{entry.mode:o} ".encode() + entry.path + b"\0" + entry.sha256)
    return f"{digest.hexdigest()[:_DIGEST_DIGITS]}-{letter}"


def _is_intact(folder: Path, entries: Collection[Entry]) -> bool:
    """Return whether `folder` still holds `entries`, and no Python file besides.

    Python files are read. For the others their time must do: whoever writes a file changes it.
    """
    root = os.fsencode(folder)
    if folder.is_symlink():  # somewhere else, where nothing of ours is
        return False
    python = {entry.path for entry in entries if entry.path.endswith(b".py")}
    try:
        return all(_holds(root, entry) for entry in entries) and _python_files(root) == python
    except OSError:
        return False


def _holds(root: bytes, entry: Entry) -> bool:
    full = os.path.join(root, entry.path)  # noqa: PTH118 - names need not be UTF-8
    if entry.mode == LINK:
        return hashlib.sha256(os.readlink(full)).digest() == entry.sha256  # noqa: PTH115 - same
    status = os.lstat(full)
    wanted = 0o100755 if entry.mode == PROGRAM else 0o100644
    if (status.st_mode, status.st_size, int(status.st_mtime)) != (
        wanted,
        entry.size,
        entry.mtime_s,
    ):
        return False
    if not entry.path.endswith(b".py"):
        return True
    with open(full, "rb") as file:  # noqa: PTH123 - same
        return hashlib.file_digest(file, "sha256").digest() == entry.sha256


def _python_files(root: bytes) -> set[bytes]:
    return {
        os.path.relpath(os.path.join(folder, name), root)  # noqa: PTH118 - same
        for folder, _, names in os.walk(root)
        for name in names
        if name.endswith(b".py")
    }
