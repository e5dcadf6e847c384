"""Compiled kernels go from one checkout to another wherever nothing could differ in them."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGE = "pipelines"
"""The package whose kernels are measured."""


def share_kernels(source: Path, target: Path) -> bool:
    """Copy the kernels that Numba compiled in checkout `source` to checkout `target`.

    Kernels link steps from other files and Numba looks at one, so they are copied only where all
    Python files of `pipelines` are the same bytes under the same paths; returns whether they are.
    A kernel that the target has already is replaced by one that was compiled later. Raises OSError.
    """
    digest = package_digest(source)
    if digest is None or digest != package_digest(target):
        return False
    _copy_newer(source, target)
    return True


def share_among(targets: Iterable[Path], sources: Iterable[Path]) -> None:
    """Bring each target the kernels of every source with the same package. Raises OSError."""
    digests = {source: package_digest(source) for source in sources}
    for target in targets:
        wanted = package_digest(target)
        for source, digest in digests.items():
            if wanted is not None and source != target and digest == wanted:
                _copy_newer(source, target)


def package_digest(checkout: Path) -> bytes | None:
    """Return a digest of the Python files of a checkout's `pipelines`; None where it has none."""
    digest = hashlib.sha256()
    files = sorted(_files(checkout / PACKAGE, b".py"))
    root = os.fsencode(checkout)
    for file in files:
        with open(file, "rb") as opened:  # noqa: PTH123 - names need not be UTF-8
            content = hashlib.file_digest(opened, "sha256").digest()
        digest.update(os.path.relpath(file, root) + b"\0" + content)
    return digest.digest() if files else None


def _copy_newer(source: Path, target: Path) -> None:
    root = os.fsencode(source)
    for index in _files(source / PACKAGE, b".nbi"):
        copy = os.path.join(os.fsencode(target), os.path.relpath(index, root))  # noqa: PTH118 - same
        if _mtime_ns(copy) >= _mtime_ns(index):
            continue
        folder = os.path.dirname(copy)  # noqa: PTH120 - same
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - same
        # An index names its kernels: the old one goes before they change, the new one comes after.
        # A kill in between costs a compilation.
        if os.path.exists(copy):  # noqa: PTH110 - same
            os.remove(copy)  # noqa: PTH107 - same
        for file in (*_kernels_of(index), index):
            _copy(file, os.path.join(folder, os.path.basename(file)))  # noqa: PTH118, PTH119 - same


def _kernels_of(index: bytes) -> list[bytes]:
    """Return the kernels of an index: `name.1.nbc`, `name.2.nbc` and so on for `name.nbi`."""
    folder, name = os.path.split(index)
    start = name.removesuffix(b"nbi")
    with os.scandir(folder) as found:
        return [
            entry.path
            for entry in found
            if entry.name.startswith(start) and entry.name.endswith(b".nbc")
        ]


def _copy(file: bytes, to: bytes) -> None:
    # A worker may load this very kernel meanwhile: it finds the old file or the new one, whole.
    temporary = to + b".partial"
    shutil.copy2(file, temporary)
    os.replace(temporary, to)  # noqa: PTH105 - names need not be UTF-8


def _mtime_ns(file: bytes) -> int:
    """Return when a file was written, in ns; -1 where there is none."""
    try:
        return os.stat(file).st_mtime_ns  # noqa: PTH116 - same
    except FileNotFoundError:
        return -1


def _files(folder: Path, ending: bytes) -> Iterator[bytes]:
    for parent, _, names in os.walk(os.fsencode(folder)):
        yield from (
            os.path.join(parent, name)  # noqa: PTH118 - same
            for name in names
            if name.endswith(ending)
        )
