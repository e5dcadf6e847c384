"""What may be said of times of now beside stored ones: advice, and only on the same machine.

Two measurements that are minutes apart met other neighbours and another speed of the machine.
Hence a benchmark counts as slower only where its least times are above the stored ones both as
they are and as multiples of the calibration, and even then nothing is confirmed.
"""

import statistics
from collections.abc import Mapping, Sequence

from bench.gate.result import Finding, StoredRatio, Verdict
from bench.gate.stored.baseline import Baseline, Least
from bench.machine.compare import unlike

THRESHOLD = 0.05
UNCALIBRATED_THRESHOLD = 0.10
"""Where either side has no calibration: that the machine was as fast then is only hoped for."""

NO_FINGERPRINT = (
    "machine_info.sealbench: missing: the file does not say with which OpenSSL, libsrtp, FFmpeg, "
    "NumPy and Numba, and with which of the CPU's instruction sets it was measured, nor how fast "
    "the machine was; write it with pytest --sealbench-fingerprint"
)

NEEDED = ("cpu_model", "architecture", "isa", "python")
"""Parts of a fingerprint that must be known: what both do not tell is not the same."""


class Refused(Exception):  # noqa: N818 - what happened
    """Two measurements cannot be compared at all; `differences` says what differs, a line each."""

    def __init__(self, differences: Sequence[str]) -> None:
        super().__init__("; ".join(differences))
        self.differences = list(differences)


def compare_stored(baseline: Baseline, now: Baseline) -> list[Finding]:
    """Return a finding for each benchmark that both sides have: wrong answers of now come first.

    A verdict is PASS, INCONCLUSIVE, or WRONG ANSWER where that is what `now` got: never
    REGRESSION. Before INCONCLUSIVE is told to anybody, `now` should be measured again some seconds
    later (`least_of`): what disturbs a machine is gone by then. Raises Refused.
    """
    require_comparable(baseline, now.fingerprint)
    if baseline.kind != now.kind:
        raise Refused([f"kind: {baseline.kind} -> {now.kind}"])
    calibrations = (baseline.calibration_ns, now.calibration_ns)
    # How much faster the machine was then: what a time of now is multiplied by.
    speed = calibrations[0] / calibrations[1] if calibrations[0] and calibrations[1] else None
    findings = [
        *(_wrong(name, error) for name, error in now.wrong_answers.items()),
        *(
            _failed(name, error)
            for name, error in now.untimed.items()
            if name in baseline.benchmarks
        ),
        *(
            _finding(name, baseline.benchmarks[name], least, speed)
            for name, least in now.benchmarks.items()
            if name in baseline.benchmarks
        ),
    ]
    if not findings:
        raise Refused([f"benchmarks: none of {baseline.source} was measured now"])
    return findings


def require_comparable(baseline: Baseline, fingerprint: Mapping[str, str]) -> None:
    """Raise Refused unless `fingerprint`, that of here and now, is the baseline's."""
    if not baseline.fingerprint:
        raise Refused([f"{baseline.source}: {NO_FINGERPRINT}"])
    if not fingerprint:
        raise Refused(["the measurements of now carry no fingerprint"])
    found = unlike(baseline.fingerprint, fingerprint) or _untold(fingerprint)
    if found:
        raise Refused(found)


def threshold_of(*, calibrated: bool) -> float:
    """Return from which change on a slowdown counts."""
    return THRESHOLD if calibrated else UNCALIBRATED_THRESHOLD


def left_out(baseline: Baseline, now: Baseline) -> list[str]:
    """Return a line for each benchmark that is not compared, and why."""
    stored = baseline.untimed.keys() | baseline.wrong_answers.keys() | baseline.benchmarks.keys()
    measured = now.untimed.keys() | now.wrong_answers.keys() | now.benchmarks.keys()
    untimed = {**baseline.wrong_answers, **baseline.untimed}
    return [
        *(f"{name}: not in {baseline.source}" for name in now.benchmarks if name not in stored),
        *(
            f"{name}: no times in {baseline.source}: {untimed[name]}"
            for name in now.benchmarks
            if name in untimed
        ),
        *(
            f"{name}: no times now: {why}"
            for name, why in now.untimed.items()
            if name not in baseline.benchmarks
        ),
        *(f"{name}: not measured now" for name in baseline.benchmarks if name not in measured),
        *_alike({name: why for name, why in untimed.items() if name not in measured}),
    ]


def _alike(untimed: Mapping[str, str]) -> list[str]:
    """Return a line for each reason: a run may have dozens of cases that are not compared."""
    names: dict[str, list[str]] = {}
    for name, why in untimed.items():
        names.setdefault(why, []).append(name)
    return [
        f"{first}{f' and {len(others)} more' if others else ''}: not compared: {why}"
        for why, (first, *others) in names.items()
    ]


def _untold(fingerprint: Mapping[str, str]) -> list[str]:
    return [f"{name}: unknown" for name in NEEDED if fingerprint.get(name, "unknown") == "unknown"]


def _finding(name: str, stored: Least, now: Least, speed: float | None) -> Finding:
    if others := unlike(stored.work, now.work):
        return _bare(
            name, Verdict.INCONCLUSIVE, f"not the same work: {'; '.join(others)}", unit=now.unit
        )
    common = stored.of.keys() & now.of.keys()
    if not common:
        return _bare(
            name, Verdict.INCONCLUSIVE, f"no {now.unit} was measured both times", unit=now.unit
        )
    # The median over the same units: between runs of unchanged code the least time of all units
    # together is one lucky moment's, and was above 5 % in 8 % of pairs, this median in 2 %.
    plain = statistics.median(now.of[unit] / stored.of[unit] for unit in common)
    ratio = StoredRatio(measured=plain, normalised=None if speed is None else plain * speed)
    threshold = threshold_of(calibrated=speed is not None)
    verdict, reason = _judged(ratio, threshold)
    return _bare(
        name,
        verdict,
        reason,
        unit=now.unit,
        ns_per_unit=statistics.median(stored.of[unit] for unit in common),
        threshold=threshold,
        stored=ratio,
    )


def _judged(ratio: StoredRatio, threshold: float) -> tuple[Verdict, str]:
    smaller, larger = sorted((ratio.measured, ratio.judged))
    if smaller > 1 + threshold:
        return Verdict.INCONCLUSIVE, "slower than stored, unconfirmed"
    if larger < 1 - threshold:
        return Verdict.PASS, "faster, unconfirmed"
    if ratio.judged > 1 + threshold:
        # A stored calibration that was itself disturbed makes everything of now look slow.
        return Verdict.PASS, f"counts only where both are above {100 * threshold:.0f} %"
    return Verdict.PASS, ""


def _wrong(name: str, error: str) -> Finding:
    return _bare(name, Verdict.WRONG_ANSWER, error)


def _failed(name: str, error: str) -> Finding:
    return _bare(name, Verdict.INCONCLUSIVE, f"no times now: {error}")


def _bare(
    name: str,
    verdict: Verdict,
    reason: str,
    *,
    unit: str = "",
    ns_per_unit: float | None = None,
    threshold: float = THRESHOLD,
    stored: StoredRatio | None = None,
) -> Finding:
    """Return a finding without what only blocks measured in turns could give."""
    return Finding(
        benchmark=name,
        verdict=verdict,
        reason=reason,
        unit=unit,
        ns_per_unit=ns_per_unit,
        units_per_block=1,
        threads=False,
        threshold=threshold,
        comparison=None,
        confirmed=False,
        p_value=None,
        counts={},
        changes=(),
        seconds=0.0,
        stored=stored,
    )
