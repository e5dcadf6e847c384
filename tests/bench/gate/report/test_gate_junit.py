"""junit.xml, read again as its readers do."""

from collections.abc import Callable, Mapping
from xml.etree.ElementTree import Element, fromstring

import pytest

from bench.gate.report import to_junit
from bench.gate.result import Finding, GateResult, Verdict

MakeFinding = Callable[..., Finding]
MakeGate = Callable[..., GateResult]
Known = Mapping[str, Finding]

MOST_WORDS = {"failure", "error", "skipped", "system-out"}


def read(result: GateResult) -> Element:
    root = fromstring(to_junit(result))  # noqa: S314 - our own bytes
    assert root.tag == "testsuites"
    suite = root.find("testsuite")
    assert suite is not None
    return suite


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("passed", None),
        ("improved", None),
        ("regression", "failure"),
        ("noisy", "skipped"),
        ("unmeasured", "skipped"),
        ("wrong", "error"),
    ],
)
def test_each_verdict_has_its_element(
    known: Known, make_gate: MakeGate, kind: str, outcome: str | None
) -> None:
    one = known[kind]
    (case,) = read(make_gate(one)).findall("testcase")
    assert case.get("name") == one.benchmark
    assert float(case.get("time", "")) == one.seconds
    found = [child for child in case if child.tag != "system-out"]
    assert [child.tag for child in found] == ([outcome] if outcome else [])
    if outcome:
        assert found[0].get("message") == f"{one.verdict}: {one.reason}"


def test_counts_are_those_of_the_cases(full_gate: GateResult) -> None:
    suite = read(full_gate)
    cases = suite.findall("testcase")
    assert suite.get("name") == "sealbench gate"
    assert len(cases) == int(suite.get("tests", "")) == len(full_gate.findings)
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(attribute, "")) == sum(case.find(tag) is not None for case in cases)


def test_elements_stand_in_the_order_of_the_schema(full_gate: GateResult) -> None:
    suite = read(full_gate)
    tags = [child.tag for child in suite]
    assert tags == ["properties", *["testcase"] * len(full_gate.findings), "system-out"]
    for case in suite.findall("testcase"):
        assert {"name", "classname", "time"} == set(case.attrib)
        assert {child.tag for child in case} <= MOST_WORDS


def test_an_empty_gate_is_no_success(make_gate: MakeGate) -> None:
    (case,) = read(make_gate()).findall("testcase")
    skipped = case.find("skipped")
    assert skipped is not None
    assert skipped.get("message", "").startswith("INCONCLUSIVE: nothing was compared")


def test_changed_counts_stand_in_the_failure(make_gate: MakeGate, known: Known) -> None:
    failure = read(make_gate(known["regression"])).find("testcase/failure")
    assert failure is not None
    assert "bytes_copied 2,412 -> 3,612 per access unit" in (failure.text or "")


def test_what_xml_forbids_is_removed_and_the_rest_is_kept(
    make_finding: MakeFinding, make_gate: MakeGate
) -> None:
    every = "".join(map(chr, range(0x120))) + "\ufffe\uffff\ud800 </failure>]]> \U0001f600"
    one = make_finding(every, Verdict.REGRESSION, reason=every)
    (case,) = read(make_gate(one, notes=(every,))).findall("testcase")
    name = case.get("name", "")
    assert name.startswith("\t\n\r ")
    assert name.endswith(
        "\xff" + "".join(map(chr, range(0x100, 0x120))) + " </failure>]]> \U0001f600"
    )
