"""What a plug-in brings, looked at once and made plain, so that it does nothing later.

The values of a stranger's object may be of any type, and reading them may raise. What comes out of
here holds texts, enumerations and functions only; what the functions do is for whoever calls them.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from pipelines.pipeline import Pipeline
from pipelines.scanning.index.contract import IndexKind
from pipelines.scanning.scanner import Scanner
from pipelines.stage import Party
from pipelines.told import one_line, told

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
"""What may be a name: it stands in ids of cases, between slashes and commas, and in file names."""


class Unsuitable(Exception):  # noqa: N818 - what it is
    """What a plug-in brings cannot be used; the message says why."""


def plain_name(item: Pipeline | Scanner) -> str:
    """Return the name of `item`. Raises Unsuitable, TypeError, or whatever reading it raises."""
    name = _text(item.name, "name")
    if not NAME.fullmatch(name):
        raise Unsuitable(
            f"the name {one_line(repr(name))} must be of letters, digits and . _ + -, 100 at most"
        )
    return name


def plain_pipeline(item: Pipeline, name: str) -> Pipeline:
    """Return `item` of plain values. Raises TypeError, ValueError, or whatever reading raises."""
    return Pipeline(
        name=name,
        summary=_text(item.summary, "summary"),
        source=_text(item.source, "source"),
        sender=_function(item.sender, "sender"),
        relay=_function(item.relay, "relay"),
        receiver=_function(item.receiver, "receiver"),
        sees_plaintext=_parties(item.sees_plaintext, "sees_plaintext"),
        labels=_texts(item.labels, "labels"),
        sees_extensions=(
            None
            if item.sees_extensions is None
            else _parties(item.sees_extensions, "sees_extensions")
        ),
        codecs=_texts(item.codecs, "codecs"),
    )


def plain_scanner(item: Scanner, name: str) -> Scanner:
    """Return `item` of plain values. Raises TypeError, ValueError, or whatever reading raises."""
    new_hasher, index = item.new_hasher, item.index
    return Scanner(
        name=name,
        summary=_text(item.summary, "summary"),
        source=_text(item.source, "source"),
        new_hasher=None if new_hasher is None else _function(new_hasher, "new_hasher"),
        index=None if index is None else _plain_index(index),
        labels=_texts(item.labels, "labels"),
    )


def unusable_pipeline(name: str, error: BaseException) -> Pipeline:
    """Return a pipeline that can be named, and whose cases end in what is wrong with it."""
    refuse = _refusing(f"pipeline {name!r} cannot be used: {told(error)}")
    return Pipeline(
        name=name,
        summary=f"cannot be used: {told(error)}",
        source="",
        sender=refuse,
        relay=refuse,
        receiver=refuse,
        sees_plaintext=frozenset(),
    )


def unusable_scanner(name: str, error: BaseException) -> Scanner:
    """Return a scanner that can be named, and whose cases end in what is wrong with it."""
    refuse = _refusing(f"scanner {name!r} cannot be used: {told(error)}")
    summary = f"cannot be used: {told(error)}"
    return Scanner(name=name, summary=summary, source="", new_hasher=lambda: refuse(None))


def _plain_index(index: IndexKind) -> IndexKind:
    if not isinstance(index, IndexKind):
        raise TypeError(f"index is a {_type_of(index)}, not an IndexKind")
    return IndexKind(
        name=_text(index.name, "index.name"),
        summary=_text(index.summary, "index.summary"),
        source=_text(index.source, "index.source"),
        exact=bool(index.exact),
        build=_function(index.build, "index.build"),
    )


def _refusing(reason: str) -> Callable[[Any], NoReturn]:
    def refuse(_: Any) -> NoReturn:
        raise TypeError(reason)

    return refuse


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{what} is a {_type_of(value)}, not a text")
    return one_line(value)


def _texts(values: Iterable[object], what: str) -> tuple[str, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"{what} is a {_type_of(values)}, not several texts")
    return tuple(_text(value, f"one of {what}") for value in values)


def _parties(values: Iterable[object], what: str) -> frozenset[Party]:
    return frozenset(map(Party, _texts(values, what)))


def _function(value: Any, what: str) -> Any:
    if not callable(value):
        raise TypeError(f"{what} is a {_type_of(value)}, not a function")
    return value


def _type_of(value: object) -> str:
    return one_line(type(value).__name__)
