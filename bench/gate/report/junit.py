"""junit.xml: a gate as a test report, as GitLab, Jenkins and others read it."""

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bench.gate.report.columns import figures, headings
from bench.gate.report.wording import (
    base_text,
    change_text,
    control_text,
    counts_text,
    effort_text,
    machine_text,
    p_text,
    size_text,
    title_text,
    verdict_text,
)
from bench.gate.result import Finding, GateResult, Verdict

SUITE = "sealbench gate"
WHOLE = "the gate as a whole"

_OUTCOMES = {
    Verdict.REGRESSION: "failure",
    Verdict.WRONG_ANSWER: "error",
    Verdict.INCONCLUSIVE: "skipped",
}
"""What stands in the case of a verdict; one that passed is empty."""

# XML 1.0, 2.2: any other character may not even stand in a document as a reference.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(result: GateResult) -> bytes:
    """Return `result` as JUnit XML: a case per benchmark.

    A verdict on the whole that no benchmark bears (nothing could be compared) has a case of its
    own, or a reader would take the report for a success.
    """
    outcomes = [_OUTCOMES.get(finding.verdict) for finding in result.findings]
    whole = _OUTCOMES.get(result.verdict)
    extra = whole is not None and whole not in outcomes
    outcomes += [whole] if extra else []
    counts = {
        "tests": len(outcomes),
        "failures": outcomes.count("failure"),
        "errors": outcomes.count("error"),
        "skipped": outcomes.count("skipped"),
    }
    totals = {name: str(count) for name, count in counts.items()}
    totals["time"] = f"{result.seconds:.3f}"
    # The oldest schemas know no time zone.
    when = _clean(result.started_utc).removesuffix("Z")
    root = Element("testsuites", {"name": SUITE, **totals})
    machine = {"timestamp": when, "hostname": _clean(result.machine.slug)}
    suite = SubElement(root, "testsuite", {"name": SUITE, **totals, **machine})
    properties = SubElement(suite, "properties")
    for name, value in _properties(result).items():
        SubElement(properties, "property", {"name": name, "value": _clean(value)})
    for finding in result.findings:
        _add_case(suite, result, finding)
    if whole is not None and extra:
        case = _case(suite, result, WHOLE, 0.0)
        SubElement(case, whole, {"message": _clean(verdict_text(result))})
    out = SubElement(suite, "system-out")
    out.text = _clean("\n".join([verdict_text(result), effort_text(result), *result.notes]))
    indent(root)
    data: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _properties(result: GateResult) -> dict[str, str]:
    return {
        "verdict": result.verdict.value,
        "compared": title_text(result),
        "machine": machine_text(result.machine),
        "sealbench": result.sealbench_version,
        "seed": str(result.seed),
    }


def _add_case(suite: Element, result: GateResult, finding: Finding) -> None:
    case = _case(suite, result, finding.benchmark, finding.seconds)
    outcome = _OUTCOMES.get(finding.verdict)
    message = _clean(f"{finding.verdict}: {finding.reason}")
    told = _told(finding, result)
    if outcome == "skipped":
        SubElement(case, outcome, {"message": message})
    elif outcome is not None:
        element = SubElement(case, outcome, {"message": message, "type": finding.verdict.value})
        element.text = _clean(told)
    if outcome not in {"failure", "error"}:
        SubElement(case, "system-out").text = _clean(told)


def _case(suite: Element, result: GateResult, name: str, seconds: float) -> Element:
    return SubElement(
        suite,
        "testcase",
        {
            "name": _clean(name),
            "classname": _clean(f"sealbench.gate.{result.suite}"),
            "time": f"{seconds:.3f}",
        },
    )


def _told(finding: Finding, result: GateResult) -> str:
    said = [
        f"verdict: {finding.verdict}",
        *([f"reason: {finding.reason}"] if finding.reason else []),
    ]
    if result.stored is not None:
        pairs = zip(headings(result), figures(finding, result), strict=True)
        return "\n".join([*said, *(f"{name}: {text}" for name, text in pairs)])
    comparison, design = finding.comparison, result.design
    lines = [
        *said,
        f"change: {change_text(comparison)}, counts from {100 * finding.threshold:g} % on",
        f"twin: {control_text(comparison)}",
        f"base: {base_text(finding)}",
        f"restarts x rounds: {size_text(comparison, design)}",
        f"p (Holm): {p_text(finding.p_value)}",
        *counts_text(finding),
    ]
    return "\n".join(lines)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text)
