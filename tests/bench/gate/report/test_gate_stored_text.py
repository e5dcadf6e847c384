"""The report of a comparison with a stored file, which must not claim what was not done.

To accept new output: SEALBENCH_UPDATE_GOLDEN=1 pytest tests/bench/gate/report, then read the diff.
"""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from bench.gate.design import Design
from bench.gate.report import read_gate_json, to_json, to_junit, to_markdown, to_text, write_report
from bench.gate.result import Finding, GateResult, StoredRatio, StoredSide, Verdict

MakeFinding = Callable[..., Finding]
MakeGate = Callable[..., GateResult]

GOLDEN = Path(__file__).parents[3] / "golden" / "gate"
DONE_ONLY_IN_TURNS = ("twin", "p (Holm)", "restart", "95 %", "interval", "CPU pressure", "seed")


@pytest.fixture
def stored_gate(make_finding: MakeFinding, make_gate: MakeGate) -> GateResult:
    def found(
        name: str, verdict: Verdict, reason: str, measured: float, normalised: float
    ) -> Finding:
        return msgspec.structs.replace(
            make_finding(name, verdict, reason=reason),
            unit="frame",
            ns_per_unit=12_345.6,
            threshold=0.05,
            counts={},
            stored=StoredRatio(measured=measured, normalised=normalised),
        )

    return msgspec.structs.replace(
        make_gate(
            found("stage/webcam-360p/h264/null", Verdict.PASS, "", 1.36, 1.012),
            found(
                "stage/webcam-360p/h264/srtp-aes-128-gcm",
                Verdict.INCONCLUSIVE,
                "slower than stored, unconfirmed",
                1.48,
                1.094,
            ),
            found("hash/webcam-360p/pdq", Verdict.PASS, "faster, unconfirmed", 0.9, 0.8),
            make_finding(
                "stage/webcam-360p/vp8/null",
                Verdict.INCONCLUSIVE,
                reason="no times now: OSError: no",
            ),
            notes=("stage/webcam-360p/av1/null: not in results/then",),
        ),
        base="results/then (stored run folder)",
        head="now",
        suite="core",
        design=Design(threshold=0.05, threads_threshold=0.05),
        pressure_percent=None,
        stored=StoredSide(kind="run folder", calibrated=True, measurements=3),
    )


def check_golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("SEALBENCH_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_text_of_a_stored_comparison_is_as_reviewed(stored_gate: GateResult) -> None:
    check_golden("stored.txt", to_text(stored_gate))


def test_markdown_of_a_stored_comparison_is_as_reviewed(stored_gate: GateResult) -> None:
    check_golden("stored.md", to_markdown(stored_gate))


def test_no_form_claims_what_only_measuring_in_turns_gives(stored_gate: GateResult) -> None:
    for text in (to_text(stored_gate), to_markdown(stored_gate), to_junit(stored_gate).decode()):
        assert "+9.4 %" in text
        # The properties of a JUnit report always have the plan's seed.
        told = text.replace('<property name="seed"', "")
        assert not [claim for claim in DONE_ONLY_IN_TURNS if claim in told]


def test_files_of_a_stored_comparison(stored_gate: GateResult, tmp_path: Path) -> None:
    write_report(tmp_path, stored_gate, {})
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        *("gate.json", "junit.xml", "summary.md", "summary.txt", "forest.png", "forest.svg")
    }
    assert read_gate_json(tmp_path / "gate.json") == stored_gate


def test_without_calibration_the_text_says_so(stored_gate: GateResult) -> None:
    assert stored_gate.stored is not None
    side = msgspec.structs.replace(stored_gate.stored, calibrated=False)
    assert "not both sides say how fast" in to_text(
        msgspec.structs.replace(stored_gate, stored=side)
    )


def test_a_stored_comparison_is_never_a_plain_success(stored_gate: GateResult) -> None:
    passed = msgspec.structs.replace(
        stored_gate,
        verdict=Verdict.PASS,
        findings=tuple(each for each in stored_gate.findings if each.verdict is Verdict.PASS),
    )
    last = to_text(passed).splitlines()[-1]
    assert last.startswith("PASS: none of 2 looks slower than stored, which confirms nothing")
    assert b'"benchmarks":[]' in to_json(passed, {})
