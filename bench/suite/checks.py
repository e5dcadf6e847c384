"""Refusing what a suite may not say, in words that name the place, the value and what is known."""

import difflib
import math
from collections.abc import Collection, Iterable, Mapping, Sized
from fnmatch import fnmatchcase
from typing import get_args

from bench.cases import Media, Model
from pipelines.pipeline import Pipeline
from pipelines.scanning.hook import Mode, Point

CHOICES: Mapping[str, tuple[str, ...]] = {
    "model": get_args(Model),
    "media": get_args(Media),
    "points": tuple(point.value for point in Point),
    "modes": tuple(mode.value for mode in Mode),
}
"""What may stand in the fields that take one of a few words."""

MOST_CASES = 10_000
"""Of a suite: more than ten times the largest that is shipped, and hours of measuring."""


class SuiteError(Exception):
    """A suite cannot be used; the message names file, key, value and the known values."""


def given(own: float | None, default: float) -> float:
    """Return a case list's own value, or the suite's where it gives none."""
    return default if own is None else own


def within(where: str, value: float, least: float, most: float) -> float:
    """Return `value`. Raises SuiteError where it is not from `least` to `most`."""
    if least <= value <= most:
        return value
    raise SuiteError(f"{where}: {value:g} is not from {least:g} to {most:g}")


def whole(where: str, value: int, least: int, most: int) -> int:
    """Return `value`. Raises SuiteError where it is not from `least` to `most`."""
    if least <= value <= most:
        return value
    raise SuiteError(f"{where}: {value} is not from {least} to {most}")


def check_clips(names: Iterable[str], where: str, clips: Collection[str] | None) -> None:
    """Raise SuiteError where a clip's id (before any `->720p`) is neither known nor synthetic."""
    for name in names:
        clip_id = name.split("->", 1)[0]
        if clips is not None and clip_id not in clips and not clip_id.startswith("synthetic"):
            raise SuiteError(f"{where}.clips: unknown {name!r}; {known(clip_id, clips)}")


def check_known(names: Iterable[str], values: Collection[str], where: str) -> None:
    """Raise SuiteError where a name is none of `values`."""
    for name in names:
        if name not in values:
            raise SuiteError(f"{where}: unknown {name!r}; {known(name, values)}")


def check_not_empty(where: str, lists: Mapping[str, Collection[object]]) -> None:
    """Raise SuiteError where one of `lists`, by field, would multiply everything by nothing."""
    for field, values in lists.items():
        if not values:
            raise SuiteError(f"{where}.{field}: the list is empty")


def check_count(where: str, *lists: Sized) -> None:
    """Raise SuiteError where `lists` multiply to more cases than anybody measures."""
    cases = math.prod(map(len, lists))
    if cases > MOST_CASES:
        raise SuiteError(f"{where}: {cases:,} cases; at most {MOST_CASES:,} are measured")


def expand(patterns: Iterable[str], where: str, pipelines: Mapping[str, Pipeline]) -> list[str]:
    """Return the pipeline names that `patterns` (names or globs) stand for. Raises SuiteError."""
    names: dict[str, None] = {}
    for pattern in patterns:
        matched = [name for name in pipelines if fnmatchcase(name, pattern)]
        if not matched:
            raise SuiteError(f"{where}.pipelines: unknown {pattern!r}; {known(pattern, pipelines)}")
        names.update(dict.fromkeys(matched))
    return list(names)


def known(value: str, values: Collection[str]) -> str:
    """Return `did you mean ...?` where one is close, else the known values (at most a dozen)."""
    close = difflib.get_close_matches(value, values, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    listed = sorted(values)
    more = f", … ({len(listed)} in all)" if len(listed) > 12 else ""
    return f"known: {', '.join(listed[:12])}{more}"


def located(message: str) -> str:
    """Return msgspec's message with its path in front: `case[2].model: Invalid enum value ...`."""
    text, separator, place = message.partition(" - at `$")
    if not separator:
        return message
    path = place.rstrip("`").lstrip(".").replace("[...]", "[]")
    field = path.rsplit(".", 1)[-1].split("[", 1)[0]
    if field in CHOICES and text.startswith("Invalid enum value"):
        wrong = text.removeprefix("Invalid enum value ").strip("'")
        text = f"{text}; {known(wrong, CHOICES[field])}"
    return f"{path}: {text}"
