"""What a run will do: the cases of a suite after the command line has had its say."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import TypeVar

import msgspec

from bench.cases import (
    INTERLEAVED,
    PRIVATE_HASHER,
    AnyCase,
    Case,
    LookupCase,
    PrivateCase,
    RecallCase,
)
from bench.suite import SuiteError, check_known
from pipelines.engines.table import ENGINE_NAMES

Kind = TypeVar("Kind", bound=AnyCase)


def only(cases: Sequence[Kind], pattern: str | None) -> tuple[Kind, ...]:
    """Return the cases whose id, or a part of it between slashes, matches the glob `pattern`.

    Raises SuiteError where none does.
    """
    if pattern is None:
        return tuple(cases)
    chosen = tuple(
        case
        for case in cases
        if any(fnmatchcase(text, pattern) for text in (case.id, *case.id.split("/")))
    )
    if not chosen:
        few = ", ".join(case.id for case in cases[:3])
        raise SuiteError(
            f"--only {pattern!r} matches none of the {len(cases)} cases of the suite, such as {few}"
        )
    return chosen


def with_clip(cases: Sequence[Kind], clip: str) -> tuple[Kind, ...]:
    """Return the cases with `clip` in place of their clips, each only once."""
    return renamed(cases, lambda _: clip)


def renamed(cases: Sequence[Kind], rename: Callable[[str], str]) -> tuple[Kind, ...]:
    """Return the cases with `rename(clip)` as their clip; where two become one, the first stays."""
    changed: dict[str, Kind] = {}
    for case in cases:
        moved = msgspec.structs.replace(case, clip=rename(case.clip))
        if isinstance(moved, RecallCase):
            others = dict.fromkeys(map(rename, moved.against))
            others.pop(moved.clip, None)
            moved = msgspec.structs.replace(moved, against=tuple(others))
        changed.setdefault(moved.id, moved)
    return tuple(changed.values())


def with_seconds(cases: Sequence[Kind], seconds: float | None) -> tuple[Kind, ...]:
    """Return the cases with `seconds` of measuring time each, where it is given.

    Rounds keep their length, so more seconds mean more of them: that is what narrows an interval.
    """
    if seconds is None:
        return tuple(cases)
    if not 0 < seconds <= 3600:
        raise SuiteError(f"--seconds {seconds} is not above 0 and at most 3600")
    return tuple(
        msgspec.structs.replace(
            case,
            seconds=seconds,
            rounds=max(min(case.rounds, 2), min(1000, round(case.rounds * seconds / case.seconds))),
        )
        if case.model in INTERLEAVED
        else msgspec.structs.replace(
            case, seconds=seconds if case.model == "paced" else case.seconds
        )
        for case in cases
    )


def with_engine(cases: Sequence[Kind], engine: str | None) -> tuple[Kind, ...]:
    """Return the cases with `engine`, where it is given; where two become one, the first stays.

    Raises SuiteError for an unknown engine.
    """
    if engine is None:
        return tuple(cases)
    check_known([engine], ENGINE_NAMES, "--engine")
    changed = [
        msgspec.structs.replace(case, engine=engine) if isinstance(case, Case) else case
        for case in cases
    ]
    first: dict[str, Kind] = {}
    for case in changed:
        first.setdefault(case.id, case)
    return tuple(first.values())


def with_list_size(
    cases: Sequence[AnyCase], hasher: str, entries: int, hasher_of: Callable[[str], str]
) -> tuple[AnyCase, ...]:
    """Return the cases with `entries` in every list of `hasher`; where two become one, the first.

    `hasher_of` tells the hash that a scanner's list holds, empty where it has no list. Raises
    SuiteError where no case looks anything up in a list of that hash.
    """
    if not any(_looks_up(case, hasher_of) == hasher for case in cases):
        raise SuiteError(f"--hash-list: no case of the suite looks up hashes of {hasher!r}")
    changed: dict[str, AnyCase] = {}
    for case in cases:
        resized = case
        if _looks_up(case, hasher_of) == hasher:
            resized = _with_list_size(case, entries)
        changed.setdefault(resized.id, resized)
    return tuple(changed.values())


def looks_up(cases: Sequence[AnyCase], hasher_of: Callable[[str], str]) -> bool:
    """Return whether any of `cases` looks up hashes in a list."""
    return any(_looks_up(case, hasher_of) for case in cases)


def _looks_up(case: AnyCase, hasher_of: Callable[[str], str]) -> str:
    """Return which hash a case looks up, empty where it looks up none."""
    match case:
        case LookupCase():
            return case.hasher
        case PrivateCase():
            return PRIVATE_HASHER
        case Case() if case.hook is not None:
            return hasher_of(case.hook.scanner)
        case _:
            return ""


def _with_list_size(case: AnyCase, entries: int) -> AnyCase:
    if isinstance(case, LookupCase | PrivateCase):
        return msgspec.structs.replace(case, list_size=entries)
    if isinstance(case, Case) and case.hook is not None:
        hook = msgspec.structs.replace(case.hook, list_size=entries)
        return msgspec.structs.replace(case, hook=hook)
    return case


def by_clip(cases: Sequence[Kind]) -> dict[str, list[Kind]]:
    """Return the cases of each clip, clips and cases in the order they come."""
    groups: dict[str, list[Kind]] = {}
    for case in cases:
        groups.setdefault(case.clip, []).append(case)
    return groups


def clip_names(cases: Sequence[AnyCase]) -> list[str]:
    """Return the clips that the cases are about or compare with, in order."""
    names = dict.fromkeys(case.clip for case in cases)
    for case in cases:
        if isinstance(case, RecallCase):
            names.update(dict.fromkeys(case.against))
    return list(names)
