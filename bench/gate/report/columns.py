"""The table of a gate: what its columns are, whoever draws it."""

from bench.gate.report.wording import (
    MISSING,
    base_text,
    change_text,
    control_text,
    p_text,
    percent,
    size_text,
    stored_text,
)
from bench.gate.result import Finding, GateResult

_IN_TURNS = ("change [95 % interval]", "twin", "base", "n", "p (Holm)")
_STORED = ("change", "as measured", "stored least time")

LEFT_ALIGNED = frozenset({"benchmark", "verdict", "change [95 % interval]", "why"})


def headings(result: GateResult) -> tuple[str, ...]:
    """Return the columns behind name and verdict: a stored base has neither twin nor p-value."""
    return _IN_TURNS if result.stored is None else _STORED


def figures(finding: Finding, result: GateResult) -> tuple[str, ...]:
    """Return what stands in the columns of `headings`."""
    if result.stored is not None:
        ratio = finding.stored
        return (
            stored_text(ratio),
            MISSING if ratio is None else f"{percent(ratio.measured)} %",
            base_text(finding),
        )
    comparison = finding.comparison
    return (
        change_text(comparison),
        control_text(comparison),
        base_text(finding),
        size_text(comparison, result.design),
        p_text(finding.p_value),
    )
