"""Measuring now what a stored file holds: once, and twice more what looks slower than stored."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from bench.gate.result import Finding, Verdict
from bench.gate.stored.against_stored import compare_stored, left_out
from bench.gate.stored.baseline import Baseline, least_of, restricted

MEASUREMENTS = 3
"""At most, with the first one."""

PAUSE_S = 3.0
"""Before a measurement is repeated: what disturbs a machine for a moment is gone by then."""

Measure = Callable[[int, Collection[str]], Baseline]
"""Measures benchmarks now, given which measurement this is, from 1 on, and their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What can be said; `calibrated` whether both sides say how fast the machine was."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    calibrated: bool
    calibration_ns: float | None
    measurements: int


def judge(baseline: Baseline, measure: Measure, *, pause_s: float = PAUSE_S) -> Judged:
    """Return what `measure` finds beside `baseline`. Raises Refused."""
    now = measure(1, baseline.benchmarks.keys())
    calibrations = [now.calibration_ns]
    found = {each.benchmark: each for each in compare_stored(baseline, now)}
    notes = left_out(baseline, now)
    measurements = 1
    while measurements < MEASUREMENTS and (names := slower(found.values())):
        time.sleep(pause_s)
        measurements += 1
        again = measure(measurements, names)
        calibrations.append(again.calibration_ns)
        # Only the suspects are judged anew: beside a calibration from a faster moment, the times of
        # all others, which were not measured in it, would look slow.
        now = least_of(restricted(now, names), again)
        found |= {each.benchmark: each for each in compare_stored(restricted(baseline, names), now)}
    told = [each for each in calibrations if each is not None]
    return Judged(
        findings=tuple(found.values()),
        notes=tuple(notes),
        calibrated=baseline.calibration_ns is not None and len(told) == len(calibrations),
        calibration_ns=min(told, default=None),
        measurements=measurements,
    )


def slower(findings: Collection[Finding]) -> list[str]:
    """Return the benchmarks that look slower; one that has no times now does not get them later."""
    return [
        each.benchmark
        for each in findings
        if each.verdict is Verdict.INCONCLUSIVE and each.stored is not None
    ]
