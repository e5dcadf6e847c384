"""Stored measurements that later ones can be held against, as one value whatever the file."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Literal

Kind = Literal["run folder", "gate", "pytest-benchmark"]


class BaselineError(Exception):
    """A file or folder is no baseline; the text is one line: file, field, what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """The least times of one benchmark in ns.

    `of` holds one for each `unit` that is told apart, by its number: access units differ in size,
    and only the same ones can be compared. A file that tells none apart has one, number 0. `work`
    is what was done besides what the benchmark's name says: engine, library, clip.
    """

    of: Mapping[int, float]
    unit: str
    work: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Stored measurements, or those of now: both sides of a comparison have the same shape.

    `source` is the file as the user named it, `suite` that of a run or a gate. `fingerprint` is
    `bench.machine.fingerprint`, empty where the file has none. `calibration_ns` is the least time
    of `bench.machine.calibration` around the measurements, None where there is none.
    `wrong_answers` and `untimed` say for each benchmark without times what was wrong, or why else
    it has none.
    """

    source: str
    kind: Kind
    fingerprint: Mapping[str, str]
    calibration_ns: float | None
    benchmarks: Mapping[str, Least]
    untimed: Mapping[str, str] = field(default_factory=dict[str, str])
    wrong_answers: Mapping[str, str] = field(default_factory=dict[str, str])
    suite: str = ""

    @property
    def names(self) -> list[str]:
        """Return all benchmarks, those that have times first."""
        return list(dict.fromkeys([*self.benchmarks, *self.untimed, *self.wrong_answers]))


def restricted(baseline: Baseline, names: Collection[str]) -> Baseline:
    """Return what `baseline` says of the benchmarks `names`."""
    return replace(
        baseline,
        benchmarks={name: each for name, each in baseline.benchmarks.items() if name in names},
        untimed={name: why for name, why in baseline.untimed.items() if name in names},
        wrong_answers={name: why for name, why in baseline.wrong_answers.items() if name in names},
    )


def only_matching(baseline: Baseline, pattern: str | None) -> Baseline:
    """Return `baseline` with the benchmarks whose name, or a part of it, matches the glob.

    Parts are what slashes and `::` separate. Raises BaselineError where none that has times does.
    """
    if pattern is None:
        chosen = baseline
    else:
        names = [
            name
            for name in baseline.names
            if any(fnmatchcase(text, pattern) for text in (name, *re.split("/|::", name)))
        ]
        chosen = restricted(baseline, names)
    if not chosen.benchmarks:
        few = ", ".join(baseline.names[:3])
        why = "none has times" if pattern is None else f"--only {pattern!r} matches none with times"
        raise BaselineError(
            f"{baseline.source}: {why} of its {len(baseline.names)} benchmarks, such as {few}"
        )
    return chosen


def least_of(first: Baseline, again: Baseline) -> Baseline:
    """Return `first` with what `again`, the same measured once more, did in less time.

    A disturbance only ever adds time, and seldom lasts for both. Benchmarks that only one of them
    has times of keep those; what was wrong or failed in either stays so. Calibrated is only what
    both are.
    """
    wrong_answers = {**first.wrong_answers, **again.wrong_answers}
    untimed = {**first.untimed, **again.untimed}
    benchmarks = {**again.benchmarks, **first.benchmarks}
    for name in first.benchmarks.keys() & again.benchmarks.keys():
        benchmarks[name] = _least(first.benchmarks[name], again.benchmarks[name])
    calibrations = [first.calibration_ns, again.calibration_ns]
    told = [each for each in calibrations if each is not None]
    return replace(
        first,
        calibration_ns=min(told) if len(told) == len(calibrations) else None,
        benchmarks={
            name: least
            for name, least in benchmarks.items()
            if name not in wrong_answers and name not in untimed
        },
        untimed=untimed,
        wrong_answers=wrong_answers,
    )


def _least(first: Least, again: Least) -> Least:
    if first.work != again.work:
        return first
    units = first.of.keys() | again.of.keys()
    return replace(
        first,
        of={
            unit: min(each.of[unit] for each in (first, again) if unit in each.of) for unit in units
        },
    )
