"""Setting fields of a scenario from outside, and spelling out what a comparison compares."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import inspect

from bench.sizing.scenario.consequences import consequences
from bench.sizing.scenario.errors import ScenarioError
from bench.sizing.scenario.fields import Leaf, refusal, resolve
from bench.sizing.scenario.load import Loaded
from bench.sizing.scenario.names import NONE
from bench.sizing.scenario.typed import Places, dotted, put, typed

MOST_CELLS = 64

Value = str | int | float | bool | None


def parse_setting(text: str) -> tuple[str, str]:
    """Return the whole path and the value of `FIELD=a`. Raises ScenarioError.

    FIELD is a path or its end where only one field ends so. The value is read later, as the
    field's own type.
    """
    field, equals, value = text.partition("=")
    if not equals:
        raise ScenarioError(f"{text!r}: is no FIELD=VALUE")
    leaf = resolve(field.strip())
    if leaf.is_list:
        raise ScenarioError(_whole_list(leaf))
    return leaf.path, value.strip()


def parse_comparison(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the whole path and the values of `FIELD=a,b,c`. Raises ScenarioError."""
    path, listed = parse_setting(text)
    values = tuple(value.strip() for value in listed.split(","))
    for value in values:
        if not value:
            raise ScenarioError(f"{path}: a value between commas is missing in {listed!r}")
        if values.count(value) > 1:
            raise ScenarioError(f"{path}: {value!r} comes twice")
    return path, values


def combinations(
    comparisons: Sequence[tuple[str, Sequence[str]]],
) -> list[dict[str, str]]:
    """Return every combination of the values, the last field changing fastest.

    Raises ScenarioError for a field that comes twice and for more than 64 combinations.
    """
    paths = [path for path, _ in comparisons]
    for path in paths:
        if paths.count(path) > 1:
            raise ScenarioError(f"{path}: is compared twice; name all its values at once")
    cells = math.prod(len(values) for _, values in comparisons)
    if cells > MOST_CELLS:
        raise ScenarioError(
            f"{' x '.join(paths)}: {cells:,} combinations; at most {MOST_CELLS} are compared"
        )
    return [
        dict(zip(paths, values, strict=True))
        for values in itertools.product(*(values for _, values in comparisons))
    ]


def with_values(loaded: Loaded, values: Mapping[str, Value]) -> Loaded:
    """Return `loaded` with fields set, checked again as a whole.

    A text is read as the field's own type, `none` as no value where the field may have none.
    A field of a list of tables (`rooms.size`) is that of its only member. What settings leave
    without a meaning goes with them unless it is set as well, and `notes` says so: see
    `bench.sizing.scenario.consequences`. Raises ScenarioError, in which the scenario's name stands
    for the file's.
    """
    # Through JSON: only there are tuples lists again.
    tree = msgspec.json.decode(msgspec.json.encode(loaded.scenario), type=dict[str, object])
    settings = {leaf.path: (leaf, value) for leaf, value in _resolved(loaded.name, values)}
    given = set(loaded.given)
    for leaf, value in settings.values():
        places = _places(tree, leaf.path, loaded.name)
        put(tree, places, _read(leaf, value, loaded.name))
        given.add(dotted(places))
    notes = list(loaded.notes)
    for change in consequences(tree, settings):
        put(tree, change.places, change.value)
        given.discard(dotted(change.places))
        notes.append(change.note)
    scenario = typed(tree, loaded.name)
    return Loaded(name=loaded.name, scenario=scenario, given=frozenset(given), notes=tuple(notes))


def _resolved(where: str, values: Mapping[str, Value]) -> Iterator[tuple[Leaf, Value]]:
    for name, value in values.items():
        try:
            leaf = resolve(name)
        except ScenarioError as error:
            raise ScenarioError(f"{where}: {error}") from error
        if leaf.is_list:
            raise ScenarioError(f"{where}: {_whole_list(leaf)}")
        yield leaf, value


def _whole_list(leaf: Leaf) -> str:
    return f"{leaf.path}: is a list, which only the file itself can say"


def _read(leaf: Leaf, value: Value, where: str) -> Value:
    """Return a text as the value of `leaf` that it spells. Raises ScenarioError."""
    if not isinstance(value, str):
        return value
    if leaf.optional and value == NONE:
        return None
    try:
        if isinstance(leaf.type, inspect.IntType):
            return _whole(value)
        if isinstance(leaf.type, inspect.FloatType):
            return float(value)
        if isinstance(leaf.type, inspect.BoolType):
            return {"true": True, "false": False}[value]
    except (ValueError, KeyError, OverflowError) as error:
        raise ScenarioError(f"{where}: {leaf.path}: {refusal(leaf.type, value)}") from error
    return value


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        # 1e6 is a whole number to whoever writes it.
        number = float(text)
        if not number.is_integer():
            raise
        return int(number)


def _places(tree: Mapping[str, object], path: str, where: str) -> Places:
    """Return where in `tree` the field is, through lists of one member. Raises ScenarioError."""
    places: Places = ()
    here: object = tree
    for name in path.split("."):
        if isinstance(here, list):
            if len(here) != 1:
                raise ScenarioError(
                    f"{where}: {path}: {dotted(places)} has {len(here)} members; a setting changes"
                    " the only one"
                )
            places, here = (*places, 0), here[0]
        places = (*places, name)
        here = here.get(name) if isinstance(here, dict) else None
    return places
