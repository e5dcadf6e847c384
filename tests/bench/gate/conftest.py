"""A small repository to gate: what is measured there needs no compiling."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

GIT = (
    "git",
    "-c",
    "user.name=Ada",
    "-c",
    "user.email=ada@example.org",
    "-c",
    "init.defaultBranch=main",
)

SUMS = """
def total(numbers):
    return sum(numbers)
"""

BENCHMARKS = """
from sums import total

def test_total(benchmark):
    assert benchmark(total, range(300)) == 44850
"""


def git(folder: Path, *words: str) -> None:
    subprocess.run([*GIT, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A committed package `sums` with a benchmark of it."""
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "sums.py").write_text(SUMS)
    (folder / "test_speed.py").write_text(BENCHMARKS)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "a sum")
    return folder


@pytest.fixture
def commit(repository: Path) -> Callable[[], None]:
    """Commit the repository as it is now."""

    def committed() -> None:
        git(repository, "add", ".")
        git(repository, "commit", "--quiet", "--message", "as it is now")

    return committed


@pytest.fixture
def small_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, so that no other gate is waited for."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("SEALBENCH_CACHE", str(cache))
    return cache
