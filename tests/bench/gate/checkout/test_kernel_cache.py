"""Kernels that Numba compiled for real are found by the next process in another checkout."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.gate.checkout import of_revision
from bench.gate.checkout.kernel_cache import share_kernels
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
    shutil.copy(compiled.__file__, project / "pipelines")
    git("add", "--all")
    git("commit", "--quiet", "--message=Kernels")
    return project


def run(checkout: Path) -> list[str]:
    unwanted = {"PYTHONPATH", "NUMBA_CACHE_DIR"}
    return subprocess.run(
        [sys.executable, "-P", "-c", RUN, str(checkout)],
        check=True,
        capture_output=True,
        text=True,
        cwd=checkout,
        env={name: value for name, value in os.environ.items() if name not in unwanted},
    ).stdout.splitlines()


def kernels_in(checkout: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(checkout)): path.read_bytes() for path in checkout.rglob("*.nb[ic]")
    }


def test_shared_kernel_is_not_compiled_again_and_needs_no_source_folder(
    project: Path, cache: Path
) -> None:
    first = of_revision(project, "HEAD", cache=cache)
    assert run(first.base.path) == [COMPILING, "41"]
    assert share_kernels(first.base.path, first.twin.path)
    assert kernels_in(first.twin.path) == kernels_in(first.base.path) != {}

    # A commit of documents only: the new head finds the kernels of a folder that nobody named.
    (project / "README.md").write_text("Better words.\n")
    second = of_revision(project, "HEAD", cache=cache)
    assert second.head.path != first.head.path
    assert kernels_in(second.head.path) == kernels_in(first.base.path)

    shutil.rmtree(first.base.path)
    assert run(second.head.path) == ["41"]


def test_edited_step_keeps_kernels_apart(project: Path, cache: Path) -> None:
    steps = project / "pipelines" / "sums" / "native" / "steps.py"
    steps.write_text(STEPS.replace("x * 2", "x * 3"))
    found = of_revision(project, "HEAD", cache=cache)
    assert run(found.base.path) == [COMPILING, "41"]

    assert not share_kernels(found.base.path, found.head.path)
    again = of_revision(project, "HEAD", cache=cache)

    assert kernels_in(again.head.path) == {}
    assert kernels_in(again.twin.path) == kernels_in(found.base.path) != {}


def touch(checkout: Path, name: str, content: bytes, time_s: int) -> None:
    path = checkout / "pipelines" / "__pycache__" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (time_s, time_s))


def test_later_kernel_replaces_an_earlier_one_and_never_the_other_way(
    project: Path, cache: Path
) -> None:
    found = of_revision(project, "HEAD", cache=cache)
    base, twin = found.base.path, found.twin.path
    touch(base, "a.f-1.py311.nbi", b"old index", 100)
    touch(base, "a.f-1.py311.1.nbc", b"old kernel", 100)
    touch(twin, "a.f-1.py311.nbi", b"new index", 200)
    touch(twin, "a.f-1.py311.1.nbc", b"new kernel", 200)
    newer = kernels_in(twin)

    assert share_kernels(base, twin)
    assert kernels_in(twin) == newer
    assert share_kernels(twin, base)
    assert kernels_in(base) == newer


def test_what_the_interpreter_compiled_is_not_shared(project: Path, cache: Path) -> None:
    found = of_revision(project, "HEAD", cache=cache)
    touch(found.base.path, "a.cpython-311.pyc", b"code", 100)

    assert share_kernels(found.base.path, found.twin.path)

    assert not (found.twin.path / "pipelines" / "__pycache__").exists()


def test_checkouts_without_the_package_share_nothing(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert not share_kernels(tmp_path / "a", tmp_path / "b")
