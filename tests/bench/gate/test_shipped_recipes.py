"""The recipes that are there to be copied do what is said of them."""

import os
import re
import subprocess
import textwrap
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"
WORKFLOW = (DOCS / "ci" / "github-gate.yml").read_text()
MANUAL = (DOCS / "gate.md").read_text()

STAND_IN = """#!/bin/sh
echo "$@" > "$TOLD"
exit "$CODE"
"""


def run_as_github_does(script: str, folder: Path, code: int) -> tuple[int, str, str]:
    """Return what a shell line ends with where `sealbench` ends with `code`, and what was said."""
    program = folder / "sealbench"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    told = folder / "told"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],  # noqa: S607 - on the path
        env={
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": "/runner/temp",
            "CODE": str(code),
            "TOLD": str(told),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, told.read_text()


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (1, 1), (2, 2), (3, 0), (5, 5), (70, 70)])
def test_workflow_fails_for_all_but_an_inconclusive_gate(
    tmp_path: Path, code: int, ends: int
) -> None:
    found = re.search(r"run: \|\n((?: {10}.*\n)+)", WORKFLOW)
    assert found is not None
    ended, said, told = run_as_github_does(textwrap.dedent(found[1]), tmp_path, code)
    assert ended == ends
    assert ("::warning::" in said) is (code == 3)
    assert told == "gate --base HEAD^1 --out /runner/temp/gate\n"


def test_workflow_keeps_the_cache_that_the_gate_uses_under_a_path_that_can_be_kept() -> None:
    kept = re.findall(r"^ +path: (.+)$", WORKFLOW, re.MULTILINE)
    used = re.findall(r"^ +SEALBENCH_CACHE: (.+)$", WORKFLOW, re.MULTILINE)
    assert kept == ["${{ runner.temp }}/sealbench-cache", "${{ runner.temp }}/gate"]
    assert used == kept[:1]
    # actions/cache refuses relative parts.
    assert not {".", ".."} & set("/".join(kept).split("/"))


def test_workflow_fetches_the_base_that_it_names() -> None:
    assert "--base 'HEAD^1'" in WORKFLOW
    assert "fetch-depth: 2\n" in WORKFLOW


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (1, 1), (2, 2), (3, 0), (5, 5)])
def test_push_goes_on_where_the_machine_cannot_tell(tmp_path: Path, code: int, ends: int) -> None:
    found = re.search(r"^ +entry: (.+)$", MANUAL, re.MULTILINE)
    assert found is not None
    ended, _, told = run_as_github_does(found[1], tmp_path, code)
    assert ended == ends
    assert told == "gate --base origin/main\n"


def test_session_of_nox_is_whole_python() -> None:
    (recipe,) = re.findall(r"```python\n(.+?)```", MANUAL, re.DOTALL)
    compile(recipe, "noxfile.py", "exec")
    assert "import nox\n" in recipe
    assert "success_codes=[0, 3]" in recipe
