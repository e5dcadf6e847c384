"""What a scenario left unsaid, spelt out: nobody can check an assumption that is not shown."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

from bench.sizing.scenario.load import Loaded
from bench.sizing.scenario.schema import Layer

UNUSED_WITH_PEAK = frozenset({"demand.daily_participants", "demand.concurrent_share"})
UNUSED_WITH_DAILY = frozenset({"demand.peak_participants"})

EMPTY: Mapping[str, str] = MappingProxyType(
    {"receive.tiles": "one in the top layer, the others in the lowest"}
)
"""What an empty list means, by field, where it is not "none"."""


def defaults_of(loaded: Loaded) -> tuple[str, ...]:
    """Return `field = value` for every field that was left to its default, in schema order.

    A field that all members of a list leave out stands once (`video.ladder.fps = 30`). The way of
    counting participants that was not chosen is left out.
    """
    peak = loaded.scenario.demand.peak_participants is not None
    unused = UNUSED_WITH_PEAK if peak else UNUSED_WITH_DAILY
    return tuple(
        f"{path} = {value}"
        for path, value in _silent(loaded.scenario, "", loaded.given)
        if path not in unused
    )


def _silent(table: msgspec.Struct, before: str, given: frozenset[str]) -> Iterator[tuple[str, str]]:
    for name in table.__struct_fields__:
        path, value = f"{before}{name}", getattr(table, name)
        if isinstance(value, msgspec.Struct):
            yield from _silent(value, f"{path}.", given)
        elif path not in given:
            yield path, _readable(path, value)
        elif isinstance(value, tuple):
            yield from _silent_in_members(value, path, given)


def _silent_in_members(
    members: tuple[object, ...], path: str, given: frozenset[str]
) -> Iterator[tuple[str, str]]:
    silent = [
        (index, name, getattr(member, name))
        for index, member in enumerate(members)
        if isinstance(member, msgspec.Struct)
        for name in member.__struct_fields__
        if f"{path}[{index}].{name}" not in given
    ]
    names = [name for _, name, _ in silent]
    for index, name, value in silent:
        if names.count(name) < len(members):
            yield f"{path}[{index}].{name}", _readable(name, value)
        elif index == 0:
            yield f"{path}.{name}", _readable(name, value)


def _readable(path: str, value: object) -> str:
    if isinstance(value, tuple):
        listed = ", ".join(_readable(path, each) for each in value)
        return listed or EMPTY.get(path, "none")
    if isinstance(value, Layer):
        return f"{value.name} at {_number(value.bitrate_bps)} bit/s and {_number(value.fps)} fps"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value)
    return "none" if value is None else str(value)


def _number(value: float) -> str:
    whole = int(value)
    # As TOML writes it, so that it can be copied into a file.
    return f"{whole:_}" if whole == value else repr(value)
