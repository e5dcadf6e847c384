import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Git = Callable[..., str]


@pytest.fixture(autouse=True)
def own_git_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Somebody")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "somebody@example.org")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Run git in the project, or in another folder named by `at`."""
    program = shutil.which("git")
    assert program is not None

    def run(*arguments: str, at: Path = tmp_path / "project") -> str:
        command = [program, "-C", str(at), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    return run


@pytest.fixture
def project(tmp_path: Path, git: Git) -> Path:
    """A repository with one commit, tagged v1.0, on branch main."""
    folder = tmp_path / "project"
    (folder / "pipelines" / "native").mkdir(parents=True)
    (folder / "pipelines" / "__init__.py").write_text("VERSION = 1\n")
    (folder / "pipelines" / "native" / "steps.py").write_text("def add(a, b): return a + b\n")
    (folder / "README.md").write_text("A project.\n")
    (folder / ".gitignore").write_text("*.log\n__pycache__/\n")
    git("init", "--quiet", "--initial-branch=main", at=folder)
    git("add", "--all")
    git("commit", "--quiet", "--message=First")
    git("tag", "v1.0")
    return folder
