"""Reading published points: TOML files into points whose every input is published or assumed."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import msgspec

from bench.sizing.model.overheads import NONE
from bench.sizing.published.schema import SCHEMA, Assumed, Inputs, Point, PublishedFile
from bench.sizing.published.traffic import MissingInput, needed, traffic_of
from bench.toml_text import TomlError, parse_toml, read_toml
from pipelines.formats.srtp.profiles import PROFILES


class PublishedError(Exception):
    """A file of published points cannot be used; the message names file, field and value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPoint:
    """A point with its source; `inputs` are the published ones filled up with `assumed`."""

    source: PublishedFile
    point: Point
    inputs: Inputs
    assumed: tuple[Assumed, ...]


def builtin_published() -> dict[str, Path]:
    """Return the shipped files of published points by name."""
    folder = Path(str(files("bench") / "published"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_published(path: Path) -> tuple[LoadedPoint, ...]:
    """Return the points in `path`, in their order. Raises PublishedError."""
    try:
        text = read_toml(path)
    except TomlError as error:
        raise PublishedError(f"{path}: {error}") from error
    return parse_published(text, path)


def parse_published(text: bytes, path: Path) -> tuple[LoadedPoint, ...]:
    """Return the points that `text` describes; `path` is named in errors. Raises PublishedError."""
    try:
        source = parse_toml(text, PublishedFile)
    except TomlError as error:
        raise PublishedError(f"{path.name}: {_located(str(error))}") from error
    if source.schema != SCHEMA:
        raise PublishedError(
            f"{path.name}: schema: {source.schema} is not understood; known: {SCHEMA}"
        )
    return tuple(
        _loaded(source, point, f"{path.name}: point[{index}]")
        for index, point in enumerate(source.point)
    )


def _loaded(source: PublishedFile, point: Point, where: str) -> LoadedPoint:
    if point.cpu_of_cores > point.host_cores:
        raise PublishedError(
            f"{where}.cpu_of_cores: {point.cpu_of_cores} is more than the host has"
            f" ({point.host_cores})"
        )
    if (point.kind == "cipher") != (point.cpu_plain_percent is not None):
        raise PublishedError(
            f"{where}.cpu_plain_percent: belongs to points of kind 'cipher', and to all of them;"
            f" this one is of kind {point.kind!r}"
        )
    if point.cores <= 0:
        raise PublishedError(
            f"{where}.cpu_plain_percent: {point.cpu_plain_percent:g} is not less than cpu_percent"
            f" ({point.cpu_percent:g})"
        )
    assumed = (*source.assumed, *point.assumed)
    inputs = _filled(point.published, assumed, where)
    try:
        _check(inputs, point, where)
    except MissingInput as error:
        raise PublishedError(f"{where}.published.{error}") from error
    return LoadedPoint(source=source, point=point, inputs=inputs, assumed=assumed)


def _filled(published: Inputs, assumed: Sequence[Assumed], where: str) -> Inputs:
    """Return `published` with what is assumed in the places that it leaves open."""
    values = {name: v for name, v in msgspec.structs.asdict(published).items() if v is not None}
    for each in assumed:
        if each.input not in Inputs.__struct_fields__:
            known = ", ".join(Inputs.__struct_fields__)
            raise PublishedError(f"{where}.assumed.input: unknown {each.input!r}; known: {known}")
        if each.input in values:
            raise PublishedError(f"{where}.assumed.input: {each.input!r} is there already")
        values[each.input] = each.value
    try:
        return msgspec.convert(values, Inputs)
    except msgspec.ValidationError as error:
        raise PublishedError(f"{where}.assumed.{_located(str(error))}") from error


def _check(inputs: Inputs, point: Point, where: str) -> None:
    """Raise MissingInput or PublishedError where the model could not do with `inputs`."""
    if point.kind == "mcu":
        for name in ("participants", "pictures", "codec", "height", "fps"):
            needed(name, getattr(inputs, name))
        return
    traffic_of(inputs)
    needed("send_method", inputs.send_method)
    needed("receive_method", inputs.receive_method)
    cipher = needed("hop_cipher", inputs.hop_cipher)
    if cipher not in {*PROFILES, NONE}:
        known = ", ".join((*PROFILES, NONE))
        raise PublishedError(f"{where}.hop_cipher: unknown {cipher!r}; known: {known}")


def _located(message: str) -> str:
    """Return msgspec's message with its place in front: `point[2].cpu_percent: Expected ...`."""
    text, separator, place = message.partition(" - at `$")
    return f"{place.rstrip('`').lstrip('.')}: {text}" if separator else message
