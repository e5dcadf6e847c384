"""Measuring benchmarks of pytest-benchmark now, as their own pytest runs them."""

import signal
import subprocess
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from bench.gate.stored.baseline import Baseline, BaselineError, restricted
from bench.gate.stored.read_baseline import read_baseline

_PASSED, _FAILED = 0, 1
"""Exit codes of pytest after which its benchmarks can be read."""

_MOST_QUOTED = 3
_STOP_S = 20.0
"""How long pytest may take to end once it is stopped."""


class TestsNotRun(Exception):  # noqa: N818 - what happened
    """pytest ran no benchmark; the text is one line with what it said."""

    __test__ = False


def measure_tests(node_ids: Collection[str], json: Path, *, folder: Path) -> Baseline:
    """Run the tests `node_ids` in `folder`, their JSON written to `json`, and return their times.

    A test that fails has a wrong answer. Raises TestsNotRun and BaselineError.
    """
    command = [
        *(sys.executable, "-m", "pytest", "--benchmark-only"),
        *(f"--benchmark-json={json.resolve()}", "--sealbench-fingerprint"),
        *("-q", "-rfE", "--color=no", "--tb=no"),
        # A file from elsewhere names the tests: behind this nothing is an option.
        *("--", *map(_node_id, node_ids)),
    ]
    code, said = _run(command, folder)
    if code not in {_PASSED, _FAILED} or not json.is_file():
        raise TestsNotRun(f"pytest ended with exit code {code}: {_quoted(said)}")
    wrong = _wrong(node_ids, said)
    if code == _FAILED and not wrong:
        raise TestsNotRun(f"pytest ended with exit code {code}: {_quoted(said)}")
    measured = read_baseline(json)
    right = restricted(measured, [name for name in measured.benchmarks if name not in wrong])
    return replace(right, wrong_answers=wrong)


def _node_id(name: str) -> str:
    """Return `name` where it can be nothing but a test below the current folder."""
    path, separator, _ = name.partition("::")
    inside = not Path(path).is_absolute() and ".." not in Path(path).parts
    if not (separator and inside and path.endswith(".py")) or name.startswith(("-", "@")):
        raise BaselineError(
            f"benchmarks.fullname: {name!r} is no test, as in tests/test_a.py::test_b"
        )
    return name


def _run(command: list[str], folder: Path) -> tuple[int, str]:
    """Return the exit code and the output of pytest, which Ctrl-C lets write what it has."""
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # A terminal's Ctrl-C would reach it twice: from the terminal and from here.
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate()
        except BaseException:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
    return process.returncode, said


def _wrong(node_ids: Collection[str], said: str) -> dict[str, str]:
    """Return what pytest's last lines say of the tests that failed: `FAILED NAME - why`."""
    wrong: dict[str, str] = {}
    for line in said.splitlines():
        outcome, _, told = line.partition(" ")
        if outcome not in {"FAILED", "ERROR"}:
            continue
        for name in node_ids:
            if told == name or told.startswith(f"{name} - "):
                wrong[name] = f"the test fails: {told.removeprefix(name).removeprefix(' - ')}"
    return wrong


def _quoted(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "rror" in line or "ERROR" in line]
    return " / ".join((telling or lines)[-_MOST_QUOTED:]) or "it said nothing"
