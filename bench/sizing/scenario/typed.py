"""From the plain values of a file to a checked `Scenario`, or to words that name the field."""

import math
import re
from collections import deque
from collections.abc import Mapping
from typing import cast

import msgspec
from msgspec import inspect

from bench.sizing.scenario.checks import contradictions, problems
from bench.sizing.scenario.errors import Contradiction, ScenarioError, known, shown
from bench.sizing.scenario.fields import leaves, refusal, type_at
from bench.sizing.scenario.schema import SCHEMA, Scenario

Places = tuple[str | int, ...]

DEEPEST = 8

_PLACE = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+)\]")
_MISSING = re.compile(r"missing required field `(\w+)`")


def typed(raw: Mapping[str, object], where: str) -> Scenario:
    """Return what `raw` says as a scenario without contradictions.

    Raises ScenarioError: `where: field: what`; Contradiction where fields clash.
    """
    version = raw.get("schema")
    if version is not None and (type(version) is not int or version != SCHEMA):
        raise ScenarioError(
            f"{where}: schema: {shown(version)} is not understood; this sealbench reads"
            f" schema {SCHEMA}"
        )
    _refuse_foreign(raw, where)
    try:
        scenario = msgspec.convert(raw, Scenario)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ScenarioError(f"{where}: {_explained(str(error), raw)}") from error
    for problem in problems(scenario):
        raise ScenarioError(f"{where}: {problem}")
    for contradiction in contradictions(scenario):
        raise Contradiction(f"{where}: {contradiction}")
    return scenario


def dotted(places: Places) -> str:
    """Return the places as a path: `rooms[0].size`."""
    text = "".join(f"[{place}]" if isinstance(place, int) else f".{place}" for place in places)
    # Quoted keys may hold anything.
    return text.removeprefix(".") if text.isprintable() else shown(text.removeprefix("."))


def at(tree: object, places: Places) -> object:
    """Return what stands at `places` in tables and lists. Raises LookupError."""
    here = tree
    for place in places:
        here = _members(here)[place]
    return here


def put(tree: object, places: Places, value: object) -> None:
    """Put `value` at `places`. Raises LookupError."""
    _members(at(tree, places[:-1]))[places[-1]] = value


def _members(here: object) -> dict[str | int, object]:
    # Lists are indexed like tables here.
    return cast("dict[str | int, object]", here)


def _refuse_foreign(raw: Mapping[str, object], where: str) -> None:
    """Raise ScenarioError for unknown fields, and for nan and inf, which TOML can write."""
    # Not recursive: a file can nest deeper than Python calls.
    todo: deque[tuple[Places, object]] = deque([((), raw)])
    while todo:
        places, value = todo.popleft()
        if isinstance(value, float) and not math.isfinite(value):
            raise ScenarioError(f"{where}: {dotted(places)}: {value} is no number to count with")
        if len(places) > DEEPEST:
            raise ScenarioError(f"{where}: {dotted(places[:1])}: is nested too deep")
        if isinstance(value, dict):
            table = type_at(places)
            if isinstance(table, inspect.StructType):
                _refuse_unknown(value, table, places, where)
            todo.extend(((*places, name), each) for name, each in value.items())
        elif isinstance(value, list):
            todo.extend(((*places, index), each) for index, each in enumerate(value))


def _refuse_unknown(
    value: Mapping[str, object], table: inspect.StructType, places: Places, where: str
) -> None:
    fields = [field.name for field in table.fields]
    for name in value:
        if name not in fields:
            nearest = known(name, fields)
            elsewhere = [path for path in leaves() if path.endswith(f".{name}")]
            if elsewhere and not nearest.startswith("did you mean"):
                nearest = f"it belongs to [{elsewhere[0].rsplit('.', 1)[0]}]"
            raise ScenarioError(f"{where}: {dotted((*places, name))}: unknown field; {nearest}")


def _explained(message: str, raw: Mapping[str, object]) -> str:
    """Return msgspec's message in the field's terms, with what was written and what is wanted."""
    text, _, path = message.partition(" - at `$")
    places = tuple(name or int(index) for name, index in _PLACE.findall(path))
    missing = _MISSING.search(text)
    if missing:
        return f"{dotted((*places, missing[1]))}: is missing"
    kind = type_at(places)
    return message if kind is None else f"{dotted(places)}: {refusal(kind, at(raw, places))}"
