"""What pytest's reports say of a test that cannot be measured, as the errors of a workload."""

import pytest

from .workload import Absent, WrongAnswer


class TestBroken(Exception):  # noqa: N818 - what happened
    """A test could not be measured, for a reason that is no wrong answer."""

    __test__ = False


def collect_trouble(report: pytest.CollectReport) -> Exception | None:
    """Return why a file or class gave no tests; None where it did."""
    if report.failed:
        return TestBroken(f"not collected: {_said(report.longreprtext)}")
    if report.skipped:
        return Absent(f"skipped: {_reason(report)}")
    return None


def trouble(report: pytest.TestReport, error: BaseException | None) -> Exception | None:
    """Return what went wrong in a phase of a test, `error` being what it raised; or None."""
    if report.passed:
        return None
    if hasattr(report, "wasxfail"):
        return Absent(f"skipped: expected to fail: {report.wasxfail or 'no reason given'}")
    if report.skipped:
        return Absent(f"skipped: {_reason(report)}")
    if isinstance(error, AssertionError):
        return error
    if isinstance(error, pytest.fail.Exception):
        return WrongAnswer(str(error))
    return TestBroken(_said(report.longreprtext))


def _reason(report: pytest.CollectReport | pytest.TestReport) -> str:
    # Path, line and reason, where pytest made it.
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return said.removeprefix("Skipped: ")


def _said(text: str) -> str:
    """Return the line of a traceback that names the error; without one, the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line[1:].strip() for line in lines if line.startswith("E ")]
    return (errors or lines[-1:] or ["no word of why"])[0]
