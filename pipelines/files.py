"""Files in folders that others may have filled: nothing is followed, waited for or read for ever.

A run folder comes by mail, a hash list from a colleague. What lies in it may be a link to a file of
the reader's, a pipe that nobody writes, a device without end. So:

- Reading takes regular files only, up to a size that the caller states.
- Writing, cutting and deleting reach a file by descriptors of its folders. The way to the folder
  that the user named is the user's own, links and all; below it (`within`) no link is followed.
- A file appears under its name whole or not at all, and replaces what bore the name, never what
  that pointed to. What is changed in place has no second name elsewhere (a hard link).

Everything here raises OSError, whose `strerror` says what is wrong.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

TEMPORARY = ".tmp"
"""Suffix of a file that is being written; one that a killed process left means nothing."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_IN_PLACE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC

_KINDS = (
    (stat.S_ISDIR, "is no plain file but a folder"),
    (stat.S_ISFIFO, "is no plain file but a pipe: save what comes out of it first"),
    (stat.S_ISCHR, "is no plain file but a device"),
    (stat.S_ISBLK, "is no plain file but a device"),
    (stat.S_ISSOCK, "is no plain file but a socket"),
    (stat.S_ISLNK, "is a symbolic link, which is not followed here"),
)


class UnsafeFile(OSError):  # noqa: N818 - what is wrong
    """What bears the name is no plain file of its own, or is too large."""

    def __init__(self, path: Path | str, why: str) -> None:
        super().__init__(errno.EINVAL, why, str(path))


def path_text(path: Path | str) -> str:
    """Return `path` as a text that any file can hold: bytes that are not UTF-8 are spelt out."""
    return os.fsencode(path).decode(errors="backslashreplace")


def open_plain(path: Path, *, most_bytes: int) -> BufferedReader:
    """Open the regular file `path`, which may be a link to one, to read up to `most_bytes`."""
    try:
        descriptor = os.open(path, _READ)
    except OSError as error:
        # A socket cannot be opened at all.
        if error.errno == errno.ENXIO:
            raise UnsafeFile(path, _kind(path.stat())) from error
        raise
    try:
        size = _plain(path, descriptor).st_size
        _refuse_more(path, size, most_bytes)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_plain(path: Path, *, most_bytes: int) -> bytes:
    """Return what is in the regular file `path`, which has up to `most_bytes`."""
    with open_plain(path, most_bytes=most_bytes) as file:
        data = file.read(most_bytes + 1)
    # Some files of the kernel's have no size until they are read.
    _refuse_more(path, len(data), most_bytes)
    return data


@contextmanager
def opened_folder(path: Path, *, within: Path | None = None, make: bool = False) -> Iterator[int]:
    """Yield a descriptor of the folder `path`, reached through no link below `within`.

    Without `within` the way to `path` is the user's own. With `make` what is missing is made.
    """
    root = path if within is None else within
    if make:
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnsafeFile(root, error.strerror or str(error)) from error
    descriptor = os.open(root, _FOLDER)
    try:
        here = root
        for name in path.relative_to(root).parts:
            here /= name
            below = _open_below(descriptor, name, here, make=make)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def make_folder(path: Path, *, within: Path | None = None) -> None:
    """Make the folder `path` and what is missing on the way to it."""
    with opened_folder(path, within=within, make=True):
        pass


def names_in(path: Path, *, within: Path) -> list[str]:
    """Return what is in the folder `path`, in order."""
    with opened_folder(path, within=within) as folder:
        return sorted(os.listdir(folder))  # noqa: PTH208 - by descriptor, which is no path


def remove(path: Path, *, within: Path | None = None) -> None:
    """Remove the file or link `path`, if it is there."""
    with opened_folder(path.parent, within=within) as folder:
        _remove(folder, path.name)


def replace_file(
    path: Path,
    write: Callable[[BinaryIO], None],
    *,
    within: Path | None = None,
    make: bool = False,
    durable: bool = True,
) -> None:
    """Let `write` fill `path`, which shows its old or its new content and nothing between.

    `durable` waits until the disk has it. With `make` its folder is made where it is missing.
    """
    temporary = path.name + TEMPORARY
    with opened_folder(path.parent, within=within, make=make) as folder:
        _refuse_folder(folder, path)
        try:
            with _new_file(folder, temporary) as file:
                write(file)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            os.replace(temporary, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            _remove(folder, temporary)
            raise
        if durable:
            os.fsync(folder)


def open_in_place(path: Path, *, within: Path | None = None, make: bool = False) -> int:
    """Return a descriptor of the file `path`, made if needed, to read and change it where it is."""
    with opened_folder(path.parent, within=within, make=make) as folder:
        try:
            descriptor = os.open(path.name, _IN_PLACE, 0o666, dir_fd=folder)
        except OSError as error:
            raise _explained(error, folder, path) from error
    try:
        _refuse_shared(path, _plain(path, descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _open_below(folder: int, name: str, path: Path, *, make: bool) -> int:
    """Return a descriptor of the folder called `name` in `folder`; `path` is for errors."""
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=folder)
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    except OSError as error:
        raise _explained(error, folder, path) from error


def _new_file(folder: int, name: str) -> BinaryIO:
    # What a killed process left goes, and if it is a link, the link.
    _remove(folder, name)
    return os.fdopen(os.open(name, _NEW, 0o666, dir_fd=folder), "wb")


def _remove(folder: int, name: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _refuse_folder(folder: int, path: Path) -> None:
    try:
        status = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(status.st_mode):
        raise UnsafeFile(path, _kind(status))


def _plain(path: Path, descriptor: int) -> os.stat_result:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise UnsafeFile(path, _kind(status))
    return status


def _refuse_more(path: Path, size: int, most_bytes: int) -> None:
    if size > most_bytes:
        raise UnsafeFile(path, f"has more than {most_bytes / 1e6:g} MB, the most that is read")


def _refuse_shared(path: Path, status: os.stat_result) -> None:
    if status.st_nlink > 1:
        raise UnsafeFile(path, "has a second name elsewhere (a hard link): put a copy here")


def _kind(status: os.stat_result) -> str:
    return next((said for of, said in _KINDS if of(status.st_mode)), "is no plain file")


def _explained(error: OSError, folder: int, path: Path) -> OSError:
    """Return `error`, in words where a link is what stopped us: the system's are about levels."""
    try:
        status = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return error
    return UnsafeFile(path, _kind(status)) if stat.S_ISLNK(status.st_mode) else error
