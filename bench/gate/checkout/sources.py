"""Where the files of a checkout come from: a commit, a working tree, an installed package."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE, PROGRAM, LINK = 0o100644, 0o100755, 0o120000
"""Modes as git writes them; nothing else of a file's permissions is kept."""

_COMPILED = (b".pyc", b".nbi", b".nbc")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file by its path from the top; the content of a link is where it points to."""

    path: bytes
    mode: int
    content: bytes


Source = Callable[[], Iterator[SourceFile]]
"""Yields the same files in the same order each time, unless somebody edits them meanwhile."""


def committed_files(
    top: Path, unchanged: Iterable[bytes], laid_out: Path, differing: Iterable[bytes]
) -> Iterator[SourceFile]:
    """Yield the files of a commit as they would stand in the working tree at `top`.

    What git holds for `unchanged` is taken from there, byte for byte: whatever a filter made of it
    (or did not, where it is not installed), it made for both sides. The rest is `laid_out` by git.
    """
    yield from working_files(top, unchanged)
    yield from working_files(laid_out, differing)


def working_files(top: Path, paths: Iterable[bytes]) -> Iterator[SourceFile]:
    """Yield those of `paths` under `top` that are files or links, as they are on the disk now.

    What is gone is left out, and so is what can be reached only through a link: it may lie outside
    `top`.
    """
    root = os.fsencode(top)
    hidden = behind_link(root)
    for path in paths:
        if not hidden(path):
            file = _read(root, path)
            if file is not None:
                yield file


def behind_link(root: bytes) -> Callable[[bytes], bool]:
    """Return what tells of a path whether a link stands in place of one of its folders.

    To git the file is gone then, though it can be read.
    """

    @cache
    def linked(folder: bytes) -> bool:
        return folder != b"" and (
            os.path.islink(os.path.join(root, folder)) or linked(os.path.dirname(folder))  # noqa: PTH114, PTH118, PTH120 - names need not be UTF-8
        )

    return lambda path: linked(os.path.dirname(path))  # noqa: PTH120 - same


def package_files(package: Path) -> Iterator[SourceFile]:
    """Yield the files of an installed package under its own name, without what was compiled.

    A link is read through: an installer may have put links to its own store.
    """
    root = os.fsencode(package.parent)
    for folder, folders, files in os.walk(os.fsencode(package)):
        folders[:] = sorted(name for name in folders if name != b"__pycache__")
        for name in sorted(files):
            if not name.endswith(_COMPILED):
                full = os.path.join(folder, name)  # noqa: PTH118 - names need not be UTF-8
                yield SourceFile(
                    path=os.path.relpath(full, root), mode=FILE, content=_content(full)
                )


def absent_of(top: Path, paths: Iterable[bytes]) -> frozenset[bytes]:
    """Return those of `paths` under `top` where there is nothing."""
    root = os.fsencode(top)
    return frozenset(path for path in paths if not os.path.lexists(os.path.join(root, path)))  # noqa: PTH118 - bytes


def nested_repositories(top: Path, paths: Iterable[bytes]) -> int:
    """Return how many of `paths` are folders: git lists the files of all but other repositories."""
    root = os.fsencode(top)
    return sum(_is_folder(os.path.join(root, path)) for path in paths)  # noqa: PTH118 - bytes


def _is_folder(full: bytes) -> bool:
    return os.path.isdir(full) and not os.path.islink(full.rstrip(b"/"))  # noqa: PTH112, PTH114 - bytes


def _read(root: bytes, path: bytes) -> SourceFile | None:
    full = os.path.join(root, path)  # noqa: PTH118 - bytes
    try:
        status = os.lstat(full)
        if stat.S_ISLNK(status.st_mode):
            return SourceFile(path=path, mode=LINK, content=os.readlink(full))  # noqa: PTH115 - bytes
        if stat.S_ISREG(status.st_mode):
            mode = PROGRAM if status.st_mode & stat.S_IXUSR else FILE
            return SourceFile(path=path, mode=mode, content=_content(full))
    except (FileNotFoundError, NotADirectoryError):
        pass  # deleted, or a file stands where its folder was: not part of the working tree
    return None


def _content(full: bytes) -> bytes:
    with open(full, "rb") as file:  # noqa: PTH123 - bytes
        return file.read()
