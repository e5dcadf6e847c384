"""Benchmarks of pytest-benchmark are measured now by a pytest of their own."""

import os
from pathlib import Path

import pytest

from bench.gate.stored.measure_tests import TestsNotRun, measure_tests

TESTS = """
import pytest

def test_right(benchmark):
    assert benchmark(sum, [1, 2]) == 3

def test_wrong(benchmark):
    assert benchmark(sum, [1, 2]) == 4

@pytest.mark.skip
def test_skipped(benchmark):
    benchmark(sum, [1, 2])
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with tests in it, for a pytest that knows our plugin."""
    about = tmp_path / "site" / "sealbench-0.0.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: sealbench\nVersion: 0.0.0\n")
    (about / "entry_points.txt").write_text("[pytest11]\nsealbench = bench.pytest_plugin\n")
    top = Path(__file__).parents[4]
    monkeypatch.setenv("PYTHONPATH", f"{about.parent}{os.pathsep}{top}")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--benchmark-max-time=0.01 -p no:cacheprovider")
    (tmp_path / "test_it.py").write_text(TESTS)
    return tmp_path


def test_times_are_read_and_a_test_that_fails_is_a_wrong_answer(project: Path) -> None:
    names = [f"test_it.py::{name}" for name in ("test_right", "test_wrong", "test_skipped")]
    measured = measure_tests(names, project / "now.json", folder=project)
    assert list(measured.benchmarks) == ["test_it.py::test_right"]
    assert list(measured.wrong_answers) == ["test_it.py::test_wrong"]
    assert measured.wrong_answers["test_it.py::test_wrong"].startswith("the test fails: ")
    assert measured.fingerprint["python"]
    assert measured.calibration_ns


def test_what_pytest_says_is_quoted_where_it_ran_nothing(project: Path) -> None:
    with pytest.raises(TestsNotRun, match=r"pytest ended with exit code 4: .*test_gone") as caught:
        measure_tests(["test_it.py::test_gone"], project / "now.json", folder=project)
    assert "\n" not in str(caught.value)
