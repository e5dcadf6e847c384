"""The schema as dotted paths: which fields there are, and in words what each one takes."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

import msgspec
from msgspec import inspect

from bench.sizing.scenario.errors import ScenarioError, either, no_choice, shown
from bench.sizing.scenario.schema import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A field that holds a value, or a list of plain values (`is_list`).

    `path` leaves out the places in lists (`video.ladder.fps`). `type` is the value's own, where
    `optional` apart from None.
    """

    path: str
    type: inspect.Type
    optional: bool
    is_list: bool


@functools.cache
def leaves() -> Mapping[str, Leaf]:
    """Return every field that may be set, by path, in the order of the schema."""
    found = {leaf.path: leaf for leaf in _leaves(_scenario_type(), "")}
    # Its version says how a file is read; it is no part of what was asked.
    del found["schema"]
    return MappingProxyType(found)


def resolve(name: str) -> Leaf:
    """Return the field that `name` means: a whole path, or the end of just one.

    Raises ScenarioError with the candidates where there are several, with the known where none.
    """
    fields = leaves()
    if name in fields:
        return fields[name]
    meant = [path for path in fields if path.endswith(f".{name}")]
    if len(meant) == 1:
        return fields[meant[0]]
    if meant:
        raise ScenarioError(f"{name}: could be {either(meant)}; write the whole path")
    inside = [path for path in fields if path.startswith(f"{name}.")]
    if inside:
        raise ScenarioError(f"{name}: is a table; its fields: {', '.join(inside)}")
    raise ScenarioError(f"{shown(name)}: is no field of a scenario; {_nearest(name)}")


def type_at(places: tuple[str | int, ...]) -> inspect.Type | None:
    """Return the type of what stands at `places` in a file, None where the schema has nothing."""
    here: inspect.Type = _scenario_type()
    for place in places:
        here, _ = unwrapped(here)
        if isinstance(here, inspect.VarTupleType) and isinstance(place, int):
            here = here.item_type
        elif isinstance(here, inspect.StructType):
            inner = {field.name: field.type for field in here.fields}
            if place not in inner:
                return None
            here = inner[str(place)]
        else:
            return None
    return here


def unwrapped(kind: inspect.Type) -> tuple[inspect.Type, bool]:
    """Return the type of the value itself, and whether there may be none."""
    if isinstance(kind, inspect.UnionType):
        (inner,) = (each for each in kind.types if not isinstance(each, inspect.NoneType))
        return inner, True
    return kind, False


def refusal(kind: inspect.Type, value: object) -> str:
    """Return why `value` is not of `kind`: `1.5 is not a whole number from 1 to 4`."""
    kind, _ = unwrapped(kind)
    if isinstance(kind, inspect.LiteralType):
        choices = [str(each) for each in kind.values]
        if isinstance(value, str):
            return no_choice(value, choices)
        return f"{shown(value)} is none of {', '.join(choices)}"
    if isinstance(kind, inspect.VarTupleType) and value == []:
        return "is empty"
    if isinstance(kind, inspect.BoolType):
        return f"{shown(value)} is neither true nor false"
    if isinstance(kind, inspect.IntType) and isinstance(value, float) and value.is_integer():
        return f"{value} is written as a fraction; write {int(value)}"
    return f"{shown(value)} is not {_wanted(kind)}"


def _wanted(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.IntType):
        return f"a whole number{_range(kind)}"
    if isinstance(kind, inspect.FloatType):
        return f"a number{_range(kind)}"
    if isinstance(kind, inspect.StrType):
        return "a text in quotes"
    if isinstance(kind, inspect.VarTupleType):
        of_tables = isinstance(kind.item_type, inspect.StructType)
        return "a list of tables ([[…]])" if of_tables else "a list of numbers"
    return "a table ([…])"


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    low = f"from {_number(kind.ge)}" if kind.ge is not None else ""
    low = f"above {_number(kind.gt)}" if kind.gt is not None else low
    if kind.lt is not None:
        return f" {low} to below {_number(kind.lt)}"
    if kind.le is not None:
        return f" {low} to {_number(kind.le)}" if kind.gt is None else f" {low}, up to {kind.le:g}"
    return f" {low}".rstrip()


def _number(value: float) -> str:
    return f"{value:,}" if abs(value) < 1e12 else f"{value:g}"


def _nearest(name: str) -> str:
    last = {path.rsplit(".", 1)[-1]: path for path in leaves()}
    close = get_close_matches(name, leaves(), n=1) or [
        last[each] for each in get_close_matches(name.rsplit(".", 1)[-1], last, n=1)
    ]
    if close:
        return f"did you mean {close[0]!r}?"
    return f"tables: {', '.join(dict.fromkeys(path.split('.', 1)[0] for path in leaves()))}"


def _leaves(table: inspect.StructType, before: str) -> Iterator[Leaf]:
    for field in table.fields:
        path = f"{before}{field.name}"
        kind, optional = unwrapped(field.type)
        is_list = isinstance(kind, inspect.VarTupleType)
        if isinstance(kind, inspect.VarTupleType) and isinstance(
            kind.item_type, inspect.StructType
        ):
            yield from _leaves(kind.item_type, f"{path}.")
        elif isinstance(kind, inspect.StructType):
            yield from _leaves(kind, f"{path}.")
        else:
            yield Leaf(path=path, type=kind, optional=optional, is_list=is_list)


@functools.cache
def _scenario_type() -> inspect.StructType:
    kind = inspect.type_info(Scenario)
    if not isinstance(kind, inspect.StructType):
        raise TypeError(f"{msgspec.__name__} describes a struct as {kind}")
    return kind
