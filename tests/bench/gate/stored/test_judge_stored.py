"""What looks slower is measured again, alone, before it is told."""

from collections.abc import Collection, Mapping, Sequence

import pytest

from bench.gate.result import Verdict
from bench.gate.stored.against_stored import Refused
from bench.gate.stored.baseline import Baseline, BaselineError, Least, only_matching
from bench.gate.stored.judge import Judged, judge, slower

HERE = {"cpu_model": "EPYC", "architecture": "x86_64", "isa": "aes", "python": "CPython 3.11.7"}


def side(
    times_ns: Mapping[str, float],
    *,
    calibration_ns: float | None = 100.0,
    wrong_answers: Mapping[str, str] | None = None,
) -> Baseline:
    return Baseline(
        source="then",
        kind="run folder",
        fingerprint=HERE,
        calibration_ns=calibration_ns,
        benchmarks={name: Least(of={0: ns}, unit="frame") for name, ns in times_ns.items()},
        wrong_answers=wrong_answers or {},
    )


def judged(baseline: Baseline, *sides: Baseline, asked: list[list[str]] | None = None) -> Judged:
    """Return what is said where the measurements give `sides`, one after the other."""

    def measure(number: int, names: Collection[str]) -> Baseline:
        if asked is not None:
            asked.append(sorted(names))
        return sides[number - 1]

    return judge(baseline, measure, pause_s=0)


def verdicts(of: Judged) -> dict[str, Verdict]:
    return {each.benchmark: each.verdict for each in of.findings}


THEN = side({"a": 1000.0, "b": 1000.0})


def test_what_is_as_fast_as_stored_is_measured_once() -> None:
    found = judged(THEN, side({"a": 1010.0, "b": 990.0}))
    assert found.measurements == 1
    assert verdicts(found) == {"a": Verdict.PASS, "b": Verdict.PASS}


def test_a_passing_disturbance_is_not_told() -> None:
    asked: list[list[str]] = []
    found = judged(THEN, side({"a": 1300.0, "b": 1000.0}), side({"a": 1020.0}), asked=asked)
    assert asked == [["a", "b"], ["a"]]
    assert verdicts(found) == {"a": Verdict.PASS, "b": Verdict.PASS}
    assert found.measurements == 2


def test_what_stays_slower_is_told_after_three_measurements() -> None:
    slow = side({"a": 1300.0})
    found = judged(THEN, side({"a": 1300.0, "b": 1000.0}), slow, slow)
    assert found.measurements == 3
    assert verdicts(found) == {"a": Verdict.INCONCLUSIVE, "b": Verdict.PASS}
    assert slower(found.findings) == ["a"]


def test_a_faster_moment_later_makes_nothing_slow_that_was_not_measured_in_it() -> None:
    # First everything takes 1.5 times as long, the calibration too; then the machine is itself.
    first = side({"a": 1650.0, "b": 1500.0}, calibration_ns=150.0)
    found = judged(THEN, first, side({"a": 1000.0}))
    assert verdicts(found) == {"a": Verdict.PASS, "b": Verdict.PASS}


def test_wrong_answer_of_a_later_measurement_counts() -> None:
    wrong = side({}, wrong_answers={"a": "WrongAnswer: frame 3"})
    found = judged(THEN, side({"a": 1300.0, "b": 1000.0}), wrong)
    assert verdicts(found)["a"] is Verdict.WRONG_ANSWER


@pytest.mark.parametrize(
    ("then", "now", "calibrated"),
    [(100.0, 100.0, True), (None, 100.0, False), (100.0, None, False)],
)
def test_calibrated_is_what_both_sides_are(
    then: float | None, now: float | None, *, calibrated: bool
) -> None:
    found = judged(side({"a": 10.0}, calibration_ns=then), side({"a": 10.0}, calibration_ns=now))
    assert found.calibrated is calibrated


def test_nothing_measured_is_refused() -> None:
    with pytest.raises(Refused, match="none of then was measured now"):
        judged(THEN, side({}))


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        (None, ["stage/c/a", "t/test_a.py::test_b"]),
        ("stage/*", ["stage/c/a"]),
        ("a", ["stage/c/a"]),
        ("test_b", ["t/test_a.py::test_b"]),
    ],
)
def test_a_glob_chooses_by_name_or_part(pattern: str | None, names: Sequence[str]) -> None:
    stored = side({"stage/c/a": 1.0, "t/test_a.py::test_b": 2.0})
    assert list(only_matching(stored, pattern).benchmarks) == names


def test_a_glob_that_matches_nothing_says_what_there_is() -> None:
    with pytest.raises(BaselineError, match=r"then: --only 'x' matches none .* such as a, b"):
        only_matching(THEN, "x")
