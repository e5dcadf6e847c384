"""calibration.json: written whole or not at all, read with every figure checked."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.clips.cache import cache_dir
from bench.machine.schema import Machine
from bench.profile.checks import refuse_odd
from bench.profile.comparable import calibrated_parts, unlike_machines
from bench.profile.errors import ProfileError
from bench.profile.pool import pooled
from bench.profile.schema import SCHEMA, Profile
from bench.store.errors import StoreError, file_errors
from bench.store.files import decode, read_bytes, write_bytes

FILE = "calibration.json"
"""What a profile is called in the folder of its calibration, or of its run."""

LARGEST_BYTES = 50_000_000
"""A real one has a hundredth of this."""

CACHED = "calibration"
"""The folder of the cache that keeps profiles, by fingerprint."""

__all__ = [
    "FILE",
    "ProfileError",
    "keep_profile",
    "parse_profile",
    "pooled",
    "read_profile",
    "stored_profile",
    "write_profile",
]


def read_profile(path: Path) -> Profile:
    """Return the profile in `path`, a calibration.json or a folder that holds one.

    Raises ProfileError, which names file and field.
    """
    try:
        with file_errors(path):
            file = path / FILE if path.is_dir() else path
            if path.is_dir() and not file.exists():
                raise ProfileError(f"{path}: holds no {FILE}: calibrate with `sealbench calibrate`")
        data = read_bytes(file, most_bytes=LARGEST_BYTES)
    except StoreError as error:
        raise ProfileError(str(error)) from error
    except ValueError as error:  # a path with a zero byte
        raise ProfileError(f"{str(path)!r}: {error}") from error
    return parse_profile(data, str(file))


def parse_profile(data: bytes, where: str) -> Profile:
    """Return the profile that `data` holds; `where` is what errors name. Raises ProfileError."""
    try:
        profile = decode(data, Profile, where, newest=SCHEMA)
    except StoreError as error:
        raise ProfileError(str(error)) from error
    refuse_odd(profile, where)
    return profile


def write_profile(path: Path, profile: Profile, *, within: Path | None = None) -> None:
    """Write `profile` to the file `path`, durably; its old or its new content is there.

    No link below `within` is followed.

    Raises ProfileError, also for what could not be read back (a NaN, which JSON does not have).
    """
    data = msgspec.json.encode(profile)
    parse_profile(data, str(path))
    try:
        write_bytes(path, msgspec.json.format(data, indent=1) + b"\n", within=within, make=True)
    except StoreError as error:
        raise ProfileError(str(error)) from error


def keep_profile(profile: Profile) -> Path:
    """Keep `profile` in the user's cache and return where. Raises ProfileError."""
    began = re.sub(r"[^0-9TZ]", "", profile.started_utc)
    path = _kept_in(profile.machine) / f"{began}-{profile.seed}.json"
    write_profile(path, profile, within=cache_dir())
    return path


def stored_profile(machine: Machine, note: Callable[[str], None] = lambda _: None) -> Path | None:
    """Return the calibration in the user's cache of exactly this machine and its libraries.

    Of several the one with most rounds, and of these the newest: a quick look does not stand in
    for a whole one. Files that cannot be read, such as those of a newer sealbench, are passed over,
    and `note` is told why. Raises ProfileError where the cache itself cannot be read.
    """
    best: tuple[int, Path] | None = None
    for path in _kept(_kept_in(machine)):
        try:
            found = read_profile(path)
        except ProfileError as error:
            note(f"passed over: {error}")
            continue
        if not unlike_machines(found.machine, machine) and (best is None or found.rounds > best[0]):
            best = found.rounds, path
    return None if best is None else best[1]


def _kept(folder: Path) -> list[Path]:
    """Return the profiles in `folder`, the newest first. Raises ProfileError."""
    try:
        with file_errors(folder):
            found = [path for path in folder.iterdir() if path.suffix == ".json"]
    except StoreError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return []
        raise ProfileError(f"{error}: size with --from FILE, or name another cache") from error
    # Names begin with the time.
    return sorted(found, reverse=True)


def _kept_in(machine: Machine) -> Path:
    parts = msgspec.json.encode(calibrated_parts(machine), order="sorted")
    return cache_dir() / CACHED / hashlib.sha256(parts).hexdigest()[:16]
