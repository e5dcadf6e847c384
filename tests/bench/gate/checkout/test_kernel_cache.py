"""Checkouts find each other's kernels where their sources are the same, and only there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.gate.checkout import of_revision
from pipelines import compiled

Git = Callable[..., str]

STEPS = """
from pipelines.compiled import step

@step
def twice(x):
    return x * 2
"""

KERNELS = """
from numba import types
from pipelines.compiled import kernel, ready
from pipelines.sums.native.steps import twice

@kernel
def twice_and_one(x):
    return twice(x) + 1

def answer():
    return ready(twice_and_one, types.int64)(20)
"""

RUN = """
import logging, sys
sys.path.insert(0, sys.argv[1])
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
from pipelines.sums.native.kernels import answer
print(answer())
"""

COMPILING = "compiling twice_and_one for this CPU; the next start finds it"


@pytest.fixture
def project(project: Path, git: Git) -> Path:
    """The project with a kernel, and a step of it in another file."""
    native = project / "pipelines" / "sums" / "native"
    native.mkdir(parents=True)
    for folder in (native.parent, native):
        (folder / "__init__.py").touch()
    (native / "steps.py").write_text(STEPS)
    (native / "kernels.py").write_text(KERNELS)
    for file in Path(compiled.__file__).parent.glob("*.py"):
        shutil.copy(file, project / "pipelines")
    git("add", "--all")
    git("commit", "--quiet", "--message=Kernels")
    return project


def run(checkout: Path, cache: Path) -> list[str]:
    return subprocess.run(
        [sys.executable, "-P", "-c", RUN, str(checkout)],
        check=True,
        capture_output=True,
        text=True,
        cwd=checkout,
        env={**os.environ, "SEALBENCH_CACHE": str(cache), "PYTHONPATH": ""},
    ).stdout.splitlines()


def test_kernel_is_not_compiled_again_for_the_same_sources_elsewhere(
    project: Path, cache: Path
) -> None:
    first = of_revision(project, "HEAD", cache=cache)
    assert run(first.base.path, cache) == [COMPILING, "41"]
    assert run(first.twin.path, cache) == ["41"]
    assert run(first.head.path, cache) == ["41"]

    # A commit of documents only: the new head finds the kernels of a folder that nobody named.
    (project / "README.md").write_text("Better words.\n")
    second = of_revision(project, "HEAD", cache=cache)
    assert second.head.path != first.head.path
    shutil.rmtree(first.base.path)
    assert run(second.head.path, cache) == ["41"]


def test_edited_step_keeps_kernels_apart(project: Path, cache: Path) -> None:
    steps = project / "pipelines" / "sums" / "native" / "steps.py"
    steps.write_text(STEPS.replace("x * 2", "x * 3"))
    found = of_revision(project, "HEAD", cache=cache)
    assert run(found.base.path, cache) == [COMPILING, "41"]
    assert run(found.head.path, cache) == [COMPILING, "61"]
    assert run(found.twin.path, cache) == ["41"]
