"""A kill at any point leaves whole checkouts only."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.gate.checkout import of_revision
from bench.gate.checkout.folders import checkouts_in

Git = Callable[..., str]

ROOT = Path(__file__).parents[4]

# Copies the working tree, and is killed when the given number of files was taken from it.
COPY = """
import os, signal, sys
from pathlib import Path
from bench.gate.checkout.folders import place, survey
from bench.gate.checkout.git import open_repository
from bench.gate.checkout.sources import working_files

project, cache, files = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
paths = open_repository(project).working_paths()

def source():
    return working_files(project, paths)

def cut_short():
    for number, file in enumerate(source()):
        if number == files:
            os.kill(os.getpid(), signal.SIGKILL)
        yield file
    os.kill(os.getpid(), signal.SIGKILL)

cache.mkdir(exist_ok=True)
place(cut_short, survey(source), cache, "b")
"""


def killed_copy(project: Path, cache: Path, files: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COPY, str(project), str(cache), str(files)],
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == -signal.SIGKILL


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("files", [0, 2, 1000])
def test_killed_copy_is_no_checkout_and_is_swept(project: Path, cache: Path, files: int) -> None:
    killed_copy(project, cache, files)
    assert checkouts_in(cache) == []
    assert len(names_in(cache)) == 1  # what the copy left

    found = of_revision(project, "HEAD", cache=cache)

    assert names_in(cache) == {found.base.path.name, found.head.path.name, found.twin.path.name}
    assert {path.name for path in found.head.path.iterdir()} == {
        ".gitignore",
        "README.md",
        "pipelines",
    }


def test_kill_while_an_edited_checkout_is_made_again_leaves_it_to_the_next(
    project: Path, cache: Path
) -> None:
    found = of_revision(project, "HEAD", cache=cache)
    edited = found.head.path / "pipelines" / "__init__.py"
    edited.write_text("EDITED = True\n")

    killed_copy(project, cache, 1)
    of_revision(project, "HEAD", cache=cache)

    assert edited.read_text() == "VERSION = 1\n"
    assert len(names_in(cache)) == 3
