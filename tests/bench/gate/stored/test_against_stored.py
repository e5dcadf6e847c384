from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.gate.result import Finding, Verdict
from bench.gate.stored.against_stored import Refused, compare_stored, left_out, require_comparable
from bench.gate.stored.baseline import Baseline, Kind, Least
from bench.machine import describe_machine, differences, fingerprint

HERE = {"cpu_model": "EPYC", "architecture": "x86_64", "isa": "aes", "python": "CPython 3.11.7"}
THEN: dict[int, float] = {0: 1000.0, 1: 1200.0, 2: 5000.0}
RATIOS = st.floats(0.1, 10)


def side(
    benchmarks: Mapping[str, Mapping[int, float]],
    *,
    calibration_ns: float | None = 22_000.0,
    fingerprint: Mapping[str, str] = HERE,
    kind: Kind = "run folder",
    work: Mapping[str, str] | None = None,
    untimed: Mapping[str, str] | None = None,
    wrong_answers: Mapping[str, str] | None = None,
) -> Baseline:
    return Baseline(
        source="results/old",
        kind=kind,
        fingerprint=fingerprint,
        calibration_ns=calibration_ns,
        benchmarks={
            name: Least(of=of, unit="frame", work=work or {}) for name, of in benchmarks.items()
        },
        untimed=untimed or {},
        wrong_answers=wrong_answers or {},
    )


def times(factor: float) -> dict[str, dict[int, float]]:
    return {"a": {unit: factor * ns for unit, ns in THEN.items()}}


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


def ratios(finding: Finding) -> tuple[float, float]:
    """Return the ratio as measured, and normalised."""
    assert finding.stored is not None
    assert finding.stored.normalised is not None
    return finding.stored.measured, finding.stored.normalised


def refused(baseline: Baseline, now: Baseline) -> list[str]:
    with pytest.raises(Refused) as caught:
        compare_stored(baseline, now)
    assert str(caught.value) == "; ".join(caught.value.differences)
    return caught.value.differences


def test_equal_times_pass_and_say_by_how_much_they_differ() -> None:
    finding = only(compare_stored(side(times(1)), side(times(1.012))))
    assert finding.verdict is Verdict.PASS
    assert finding.reason == ""
    assert ratios(finding) == pytest.approx((1.012, 1.012))
    assert (finding.unit, finding.ns_per_unit, finding.threshold) == ("frame", 1200, 0.05)
    assert finding.comparison is None


def test_slower_is_inconclusive() -> None:
    finding = only(compare_stored(side(times(1)), side(times(1.072))))
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason == "slower than stored, unconfirmed"


def test_faster_passes_as_unconfirmed() -> None:
    finding = only(compare_stored(side(times(1)), side(times(0.9))))
    assert finding.verdict is Verdict.PASS
    assert finding.reason == "faster, unconfirmed"


def test_slow_hour_of_the_machine_is_no_finding() -> None:
    now = side(times(2.0), calibration_ns=44_000.0)
    finding = only(compare_stored(side(times(1)), now))
    assert finding.verdict is Verdict.PASS
    assert finding.reason == ""
    assert ratios(finding) == pytest.approx((2, 1))


def test_slowdown_shows_through_a_slow_hour_of_the_machine() -> None:
    now = side(times(2.2), calibration_ns=44_000.0)
    finding = only(compare_stored(side(times(1)), now))
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert ratios(finding) == pytest.approx((2.2, 1.1))


def test_calibration_that_was_disturbed_makes_nothing_slow() -> None:
    disturbed = side(times(1), calibration_ns=28_800.0)
    finding = only(compare_stored(disturbed, side(times(1))))
    assert finding.verdict is Verdict.PASS
    assert finding.reason.endswith("counts only where both are above 5 %")


@pytest.mark.parametrize(("stored_ns", "now_ns"), [(None, 22_000.0), (22_000.0, None)])
@pytest.mark.parametrize(
    ("factor", "verdict"),
    [(1.09, Verdict.PASS), (1.11, Verdict.INCONCLUSIVE), (0.8, Verdict.PASS)],
)
def test_without_calibration_ten_percent_count(
    stored_ns: float | None, now_ns: float | None, factor: float, verdict: Verdict
) -> None:
    baseline = side(times(1), calibration_ns=stored_ns)
    finding = only(compare_stored(baseline, side(times(factor), calibration_ns=now_ns)))
    assert finding.verdict is verdict
    assert finding.threshold == 0.10
    assert finding.stored is not None
    assert finding.stored.measured == pytest.approx(factor)
    assert finding.stored.normalised is None


@given(factor=RATIOS, speed=RATIOS)
def test_no_stored_time_ever_makes_a_regression(factor: float, speed: float) -> None:
    now = side(times(factor), calibration_ns=22_000.0 * speed)
    verdict = only(compare_stored(side(times(1)), now)).verdict
    assert verdict in {Verdict.PASS, Verdict.INCONCLUSIVE}
    # Only what is slower both ways is worth a word of warning.
    assert (verdict is Verdict.INCONCLUSIVE) <= (factor > 1.05 and factor / speed > 1.049)


def test_only_the_units_that_both_measured_are_compared() -> None:
    now = side({"a": {1: 1200.0, 2: 5000.0, 7: 90_000.0}})
    assert only(compare_stored(side(times(1)), now)).verdict is Verdict.PASS


def test_one_disturbed_frame_moves_nothing() -> None:
    now = side({"a": THEN | {2: 90_000.0}})
    assert ratios(only(compare_stored(side(times(1)), now))) == (1, 1)


def test_no_common_unit_is_inconclusive() -> None:
    finding = only(compare_stored(side(times(1)), side({"a": {9: 1.0}})))
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason == "no frame was measured both times"


def test_other_work_under_the_same_name_is_inconclusive() -> None:
    baseline = side(times(1), work={"engine": "libcrypto", "clip_sha256": "ab"})
    now = side(times(2), work={"engine": "cryptography", "clip_sha256": "ab"})
    finding = only(compare_stored(baseline, now))
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason == "not the same work: engine: libcrypto -> cryptography"


def test_wrong_answer_of_now_is_one_whatever_is_stored() -> None:
    now = side({}, wrong_answers={"a": "WrongAnswer: frame 3", "new": "WrongAnswer: frame 0"})
    findings = compare_stored(side(times(1)), now)
    assert [(each.benchmark, each.verdict) for each in findings] == [
        ("a", Verdict.WRONG_ANSWER),
        ("new", Verdict.WRONG_ANSWER),
    ]
    assert findings[0].reason == "WrongAnswer: frame 3"


def test_benchmark_that_fails_now_is_inconclusive() -> None:
    now = side({}, untimed={"a": "OSError: no"})
    finding = only(compare_stored(side(times(1)), now))
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason == "no times now: OSError: no"


def test_what_is_not_compared_is_told() -> None:
    baseline = side(
        times(1) | {"gone": THEN, "fixed": THEN},
        untimed={"mended": "OSError: no", "paced": "paced", "x": "a tail", "y": "a tail"},
        wrong_answers={"righted": "WrongAnswer"},
    )
    now = side(
        times(1) | {"mended": THEN, "righted": THEN, "new": THEN},
        untimed={"fixed": "OSError", "paced": "paced"},
    )
    assert left_out(baseline, now) == [
        "new: not in results/old",
        "mended: no times in results/old: OSError: no",
        "righted: no times in results/old: WrongAnswer",
        "paced: no times now: paced",
        "gone: not measured now",
        "x and 1 more: not compared: a tail",
    ]


def test_other_machine_is_refused_with_what_differs() -> None:
    there = HERE | {"isa": "aes vaes", "libraries.numpy": "2.4.6"}
    assert refused(side(times(1), fingerprint=there), side(times(1))) == [
        "isa: aes vaes -> aes",
        "libraries.numpy: 2.4.6 -> unknown",
    ]


def test_differences_are_worded_as_those_of_machines() -> None:
    machine = describe_machine(with_scaling=False)
    other = msgspec.structs.replace(
        machine, isa=(), libraries=machine.libraries | {"numpy": "1.0", "av": None}
    )
    with pytest.raises(Refused) as caught:
        require_comparable(side(times(1), fingerprint=fingerprint(other)), fingerprint(machine))
    assert caught.value.differences == differences(other, machine)


def test_machine_that_tells_nothing_of_itself_is_the_same_as_none() -> None:
    untold = HERE | {"isa": "unknown"}
    both = (side(times(1), fingerprint=untold), side(times(1), fingerprint=untold))
    assert refused(*both) == ["isa: unknown"]


def test_file_without_a_fingerprint_is_refused_with_what_it_does_not_tell() -> None:
    (told,) = refused(side(times(1), fingerprint={}), side(times(1)))
    assert told.startswith("results/old: machine_info.sealbench: missing: the file does not say")
    assert "OpenSSL" in told
    assert "--sealbench-fingerprint" in told


def test_measurements_of_now_need_a_fingerprint_too() -> None:
    assert refused(side(times(1)), side(times(1), fingerprint={})) == [
        "the measurements of now carry no fingerprint"
    ]


def test_another_kind_of_file_is_refused() -> None:
    now = side(times(1), kind="pytest-benchmark")
    assert refused(side(times(1)), now) == ["kind: run folder -> pytest-benchmark"]


def test_nothing_in_common_is_refused_and_no_pass() -> None:
    assert refused(side(times(1)), side({"b": THEN})) == [
        "benchmarks: none of results/old was measured now"
    ]
