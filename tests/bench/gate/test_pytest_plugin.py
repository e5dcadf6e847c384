"""pytest itself, run in a toy project with sealbench installed beside it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

SETTINGS = """
[pytest]
addopts = --strict-markers --strict-config
filterwarnings = error
pythonpath = .
"""

TESTS = """
import pytest, toy

@pytest.mark.parametrize("n", [1], ids=["a//b::[c]"])
def test_next(benchmark, n):
    assert benchmark(toy.next_after, n) == 2

def test_plain(): ...
"""

NEW_TEST = """
def test_new(benchmark):
    benchmark(toy.next_after, 1)
"""

METADATA = "Metadata-Version: 2.1\nName: sealbench\nVersion: 0.0.0\n"
ENTRY_POINTS = "[pytest11]\nsealbench = bench.pytest_plugin\n"


def pytest_in(folder: Path, *arguments: str, site: Path) -> tuple[int, str]:
    """Return the exit code of pytest and all that it printed."""
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    paths = {"PYTHONPATH": f"{ROOT}{os.pathsep}{site}", "XDG_CACHE_HOME": str(site / "cache")}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=environment | paths,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def git(folder: Path, *arguments: str) -> None:
    program = shutil.which("git")
    assert program is not None
    someone = ["-c", "user.name=someone", "-c", "user.email=someone@example.com"]
    subprocess.run([program, *someone, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that makes sealbench an installed distribution, as pip would."""
    folder = tmp_path_factory.mktemp("site")
    about = folder / "sealbench-0.0.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(METADATA)
    (about / "entry_points.txt").write_text(ENTRY_POINTS)
    (about / "RECORD").write_text("bench/__init__.py,,\npipelines/__init__.py,,\n")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a committed project, in a folder of its own in the repository."""
    project = tmp_path / "repository" / "project"
    (project / "tests").mkdir(parents=True)
    (project / "pytest.ini").write_text(SETTINGS)
    (project / "toy.py").write_text("def next_after(n):\n    return n + 1\n")
    (project / "tests" / "test_toy.py").write_text(TESTS)
    git(project.parent, "init", "-q", "-b", "main")
    git(project.parent, "add", "-A")
    git(project.parent, "commit", "-q", "-m", "one")
    return project


def test_findings_become_reports_of_tests(project: Path, site: Path) -> None:
    (project / "toy.py").write_text("def next_after(n):\n    return n + 2\n")
    with (project / "tests" / "test_toy.py").open("a") as tests:
        tests.write(NEW_TEST)
    code, text = pytest_in(
        project, "--sealbench-base=main", "--sealbench-out=out", "--junit-xml=pytest.xml", site=site
    )
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "1 failed, 1 skipped, 1 deselected" in text
    assert "WRONG ANSWER: head: AssertionError: assert 3 == 2" in text
    assert "FAILED tests/test_toy.py::test_next[a//b::[c]]" in text
    assert "test_new: not compared: base: " in text
    findings = json.loads((project / "out" / "gate.json").read_text())
    assert "project/tests/test_toy.py::test_next[a//b::[c]]" in json.dumps(findings)
    assert 'failures="1" skipped="1"' in (project / "pytest.xml").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--sealbench-base=no-such-revision"], "unknown revision 'no-such-revision'"),
        (["--sealbench-out=out"], "there is no report without --sealbench-base"),
        (["--sealbench-fingerprint"], "--benchmark-json=FILE"),
        (["--sealbench-fingerprint", "-p", "no:benchmark"], "the JSON of pytest-benchmark"),
    ],
)
def test_what_cannot_be_done_is_a_usage_error(
    project: Path, site: Path, arguments: list[str], told: str
) -> None:
    code, text = pytest_in(project, *arguments, site=site)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert told in text
    assert "Traceback" not in text


def test_without_being_asked_the_plugin_changes_nothing(project: Path, site: Path) -> None:
    code, text = pytest_in(project, "--benchmark-disable", "-q", site=site)
    assert code == pytest.ExitCode.OK
    assert "2 passed" in text


def test_fingerprint_and_calibration_go_into_the_json(project: Path, site: Path) -> None:
    code, text = pytest_in(
        project, "--sealbench-fingerprint", "--benchmark-json=out.json", "-q", site=site
    )
    assert code == pytest.ExitCode.OK, text
    machine = json.loads((project / "out.json").read_text())["machine_info"]["sealbench"]
    assert machine["schema"] == 1
    assert machine["calibration_ns"] > 0
    assert {"cpu_model", "isa", "libraries.numpy"} <= machine["fingerprint"].keys()


def test_tests_side_by_side_cannot_be_gated(project: Path, site: Path) -> None:
    code, text = pytest_in(project, "--sealbench-base=main", "-n2", site=site)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "add -n 0" in text
