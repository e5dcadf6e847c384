"""`sealbench gate` as users have it: what it refuses, and what it leaves behind."""

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Finished = CompletedProcess[str]
OneAfterAnother = Callable[[Sequence[tuple[str | Path, ...]]], list[Finished]]

GIT = (shutil.which("git") or "git", "-c", "user.name=A", "-c", "user.email=a@example.org")

RAW = """
schema = 1
summary = "One family, nothing to compile."
seconds = 0.1
rounds = 2

[[case]]
why = "Is there anything to compare?"
model = "stage"
clips = ["webcam-360p"]
codecs = ["raw"]
pipelines = ["raw-null"]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit and nothing to measure, and its folder the current one."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "README").write_text("nothing\n")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "a start")):
        subprocess.run(
            [*GIT, *words],
            cwd=folder,
            check=True,
        )
    monkeypatch.chdir(folder)
    return folder


def test_mistakes_end_with_2_and_say_what_to_do(
    one_after_another: OneAfterAnother, folder: Path
) -> None:
    refused = {
        ("gate", "compare"): "give either --base REV or --baseline FILE",
        ("gate", "--base", "HEAD", "--baseline", "x"): "give either",
        ("gate", "--base", "no-such-revision-1"): "no-such-revision-1",
        ("gate", "nosuchsuite", "--base", "HEAD"): "nosuchsuite",
        (
            "gate",
            "--base",
            "HEAD",
            "--accept",
            "bytes",
        ): "unknown counter 'bytes'; known: bytes_copi",
        ("gate", "--base", "HEAD", "--only", "nothing-is-called-so"): "matches none",
        ("gate", "--base", "HEAD", "--out", folder): "--out wants a new folder",
        ("gate", "--baseline", folder / "none.json"): "none.json",
        ("gate", "selftest", "--trials", "0"): "trials",
        ("gate", "selftest", "--condition", "windy"): "windy",
        ("gate", "selftest", "--slowdown", "4"): "unknown 4 %; known: 0, 1, 2, 3, 5, 10",
    }
    for arguments, finished in zip(refused, one_after_another(list(refused)), strict=True):
        assert finished.returncode == 2, (arguments, finished.stderr)
        assert refused[arguments] in " ".join(finished.stderr.split()), arguments
        assert "Traceback" not in finished.stderr


def test_help_shows_examples(one_after_another: OneAfterAnother) -> None:
    (finished,) = one_after_another([("gate", "--help")])
    assert finished.returncode == 0
    assert "sealbench gate --base main" in finished.stdout


def test_folder_without_git_is_refused(
    sealbench: Callable[..., Finished], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    finished = sealbench("gate", "--base", "HEAD")
    assert finished.returncode == 2
    assert "git" in finished.stderr


def test_code_that_is_the_same_on_both_sides_is_not_passed_but_named(
    sealbench: Callable[..., Finished], project: Path, tmp_path: Path
) -> None:
    suite = tmp_path / "raw.toml"
    suite.write_text(RAW)
    summary, out = tmp_path / "step.md", tmp_path / "out"
    finished = sealbench(
        "gate",
        suite,
        "--base",
        "HEAD",
        "--out",
        out,
        GITHUB_STEP_SUMMARY=str(summary),
    )
    assert finished.returncode == 3, finished.stderr
    assert "nothing to compare" in " ".join(finished.stdout.split())
    assert "INCONCLUSIVE" in summary.read_text()
    names = {path.name for path in out.iterdir()}
    assert {"gate.json", "junit.xml", "summary.md", "summary.txt", "forest.png"} <= names
    stored = json.loads((out / "gate.json").read_text())
    assert stored["sealbench"]["result"]["verdict"] == "INCONCLUSIVE"
    assert {"machine_info", "commit_info", "benchmarks", "datetime", "version"} <= set(stored)
    assert project.is_dir()
