"""What a run will do: the cases of a suite after the command line has had its say."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

import msgspec

from bench.cases import Case
from bench.suite import SuiteError, check_known
from pipelines.engines.table import ENGINE_NAMES


def only(cases: Sequence[Case], pattern: str | None) -> tuple[Case, ...]:
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
        raise SuiteError(f"--only {pattern!r} matches none of the {len(cases)} cases of the suite")
    return chosen


def with_clip(cases: Sequence[Case], clip: str) -> tuple[Case, ...]:
    """Return the cases with `clip` in place of their clips, each only once."""
    return renamed(cases, lambda _: clip)


def renamed(cases: Sequence[Case], rename: Callable[[str], str]) -> tuple[Case, ...]:
    """Return the cases with `rename(clip)` as their clip; where two become one, the first stays."""
    changed: dict[str, Case] = {}
    for case in cases:
        moved = msgspec.structs.replace(case, clip=rename(case.clip))
        changed.setdefault(moved.id, moved)
    return tuple(changed.values())


def with_seconds(cases: Sequence[Case], seconds: float | None) -> tuple[Case, ...]:
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
        if case.model == "stage"
        else msgspec.structs.replace(case, seconds=seconds)
        for case in cases
    )


def with_engine(cases: Sequence[Case], engine: str | None) -> tuple[Case, ...]:
    """Return the cases with `engine`, where it is given; where two become one, the first stays.

    Raises SuiteError for an unknown engine.
    """
    if engine is None:
        return tuple(cases)
    check_known([engine], ENGINE_NAMES, "--engine")
    changed = [msgspec.structs.replace(case, engine=engine) for case in cases]
    return tuple({case.id: case for case in changed}.values())


def by_clip(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """Return the cases of each clip, clips and cases in the order they come."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.clip, []).append(case)
    return groups


def clip_names(cases: Sequence[Case]) -> list[str]:
    """Return the clips that the cases need, in order."""
    return list(by_clip(cases))
