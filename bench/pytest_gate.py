"""The gate as a run of pytest: what it finds of each benchmark is the report of a test.

| verdict                   | test    |
|---------------------------|---------|
| PASS, IMPROVED            | passed  |
| REGRESSION, WRONG ANSWER  | failed  |
| INCONCLUSIVE, not compared | skipped |

The exit code is pytest's own: 1 with a failure, else 0, also where everything was INCONCLUSIVE,
since pytest has no code for that (its 3 is an error of its own); a line of the summary says so.
"""

from pathlib import Path

import pytest

from bench.cli.console import TerminalProgress
from bench.gate.checkout.error import CheckoutError
from bench.gate.checkout.git import open_repository
from bench.gate.gate import gate_tests
from bench.gate.report.terminal import to_text
from bench.gate.result import Finding, GateResult, Verdict
from bench.gate.worker_process import WorkerFailed
from bench.store import StoreError

OUTCOMES = {
    Verdict.PASS: "passed",
    Verdict.IMPROVED: "passed",
    Verdict.REGRESSION: "failed",
    Verdict.WRONG_ANSWER: "failed",
    Verdict.INCONCLUSIVE: "skipped",
}


class PytestGate:
    """A pytest plugin that compares the collected benchmarks with those of revision `base`."""

    def __init__(self, config: pytest.Config, base: str, out: Path | None) -> None:
        self._config = config
        self._base = base
        self._out = out
        self._result: GateResult | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the tests that are no benchmarks."""
        others = [item for item in items if not _is_benchmark(item)]
        if others:
            self._config.hook.pytest_deselected(items=others)
            items[:] = [item for item in items if _is_benchmark(item)]

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run the gate in place of the tests. Raises UsageError where there is no such base."""
        option = session.config.option
        broken = session.testsfailed and not option.continue_on_collection_errors
        if broken or option.collectonly or not session.items:
            return None  # pytest itself says that files are broken, or which tests there are
        try:
            folder = self._folder_in_repository()
            names = {item: f"{folder}{item.nodeid}" for item in session.items}
            self._result = result = gate_tests(
                session.config.rootpath,
                self._base,
                list(names.values()),
                out=self._out,
                progress=TerminalProgress(),
            )
        except CheckoutError as error:
            raise pytest.UsageError(f"--sealbench-base: {error}") from error
        except (OSError, StoreError, WorkerFailed) as error:
            # Never 1, which says that a test failed.
            code = pytest.ExitCode.INTERNAL_ERROR
            pytest.exit(f"--sealbench-base: no verdict: {error}", returncode=code)
        findings = {finding.benchmark: finding for finding in result.findings}
        for item, name in names.items():
            finding = findings.get(name)
            report = _report(item, finding) if finding else _not_compared(item, name, result)
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            item.ihook.pytest_runtest_logreport(report=report)
            item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show what the gate found."""
        result = self._result
        if result is None:
            return
        terminalreporter.section("sealbench gate")
        terminalreporter.write(to_text(result))
        unclear = sum(each.verdict is Verdict.INCONCLUSIVE for each in result.findings)
        # The text names the code that `sealbench gate` would end with.
        terminalreporter.write_line("under pytest the exit code is 1 with a failure, else 0")
        if unclear:
            terminalreporter.write_line(
                f"INCONCLUSIVE counts as skipped, not as failed: {unclear} of"
                f" {len(result.findings)} benchmarks"
            )
        if self._out is not None:
            terminalreporter.write_line(f"report: {self._out}")

    def _folder_in_repository(self) -> str:
        """Return what stands before a node id to make it one from the top of the repository."""
        root = self._config.rootpath.resolve()
        folder = root.relative_to(open_repository(root).top.resolve()).as_posix()
        return "" if folder == "." else f"{folder}/"


def _is_benchmark(item: pytest.Item) -> bool:
    return "benchmark" in getattr(item, "fixturenames", ())


def _report(item: pytest.Item, finding: Finding) -> pytest.TestReport:
    outcome = OUTCOMES[finding.verdict]
    reason = f"{finding.verdict}: {finding.reason}"
    if outcome == "skipped":
        return _skipped(item, reason, finding.seconds)
    return pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords=dict.fromkeys(item.keywords, 1),
        outcome="failed" if outcome == "failed" else "passed",
        longrepr=reason if outcome == "failed" else None,
        when="call",
        duration=finding.seconds,
    )


def _not_compared(item: pytest.Item, name: str, result: GateResult) -> pytest.TestReport:
    notes = [note for note in result.notes if note.startswith(f"{name}: ")]
    return _skipped(item, notes[0].removeprefix(f"{name}: ") if notes else "not compared", 0.0)


def _skipped(item: pytest.Item, reason: str, seconds: float) -> pytest.TestReport:
    path, line, _ = item.location
    return pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords=dict.fromkeys(item.keywords, 1),
        outcome="skipped",
        longrepr=(path, (line or 0) + 1, reason),
        when="call",
        duration=seconds,
    )
