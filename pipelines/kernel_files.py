"""Compiled kernels as files: believed only when every bit is as it was written.

A file is the SHA-256 of its name and content, and the content. It appears whole or not at all, so
that processes which compile the same kernel at once do not disturb each other.
"""

import hashlib
import os
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

from pipelines.files import TEMPORARY, open_plain

MOST_BYTES = 64_000_000
DIGEST_BYTES = hashlib.sha256().digest_size
UNUSED_AFTER_S = 30 * 24 * 3600
"""Kernels of older sources are not asked for any more, and go."""


class Damaged(Exception):  # noqa: N818 - what it is
    """There is something under the name of a kernel, and it is none; the message says why."""


def read_kernel(path: Path) -> bytes | None:
    """Return what `write_kernel` left in `path`, None where nothing is. Raises Damaged."""
    try:
        with open_plain(path, most_bytes=MOST_BYTES) as file:
            owner = os.fstat(file.fileno()).st_uid
            data = file.read(MOST_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Damaged(error.strerror or str(error)) from error
    # It is machine code: whoever wrote it does with this process what he likes.
    if owner not in {0, os.geteuid()}:
        raise Damaged("belongs to another user")
    digest, content = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
    if digest != _digest(path, content):
        raise Damaged("is damaged")
    with suppress(OSError):
        os.utime(path)
    return content


def write_kernel(path: Path, content: bytes) -> None:
    """Keep `content` in `path`, whatever is there. Raises OSError."""
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{secrets.token_hex(8)}{TEMPORARY}"
    try:
        with temporary.open("xb") as file:
            file.write(_digest(path, content) + content)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sweep(folder)


def _digest(path: Path, content: bytes) -> bytes:
    return hashlib.sha256(path.name.encode() + b"\0" + content).digest()


def _sweep(folder: Path) -> None:
    oldest = time.time() - UNUSED_AFTER_S
    for file in folder.iterdir():
        # Another process may be faster.
        with suppress(OSError):
            if file.lstat().st_mtime < oldest:
                file.unlink()
