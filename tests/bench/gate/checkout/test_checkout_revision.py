"""What a revision may be, and what is said where there is none."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.gate.checkout import CheckoutError, of_revision

Git = Callable[..., str]


def state_of(repository: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(repository)): path.read_bytes()
        for path in (repository / ".git").rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("revision", ["v1.0", "main", "HEAD", "@", "refs/tags/v1.0", "main@{0}"])
def test_any_name_of_a_commit_is_a_revision(project: Path, cache: Path, revision: str) -> None:
    assert of_revision(project, revision, cache=cache).base.path.is_dir()


def test_annotated_tag_names_its_commit(project: Path, cache: Path, git: Git) -> None:
    git("tag", "--annotate", "--message=Release", "v2.0")
    short = git("rev-parse", "--short", "HEAD")
    assert of_revision(project, "v2.0", cache=cache).base.description == f"v2.0 ({short})"


@pytest.mark.parametrize(
    "revision",
    [
        "nothing",
        "",
        "-x",
        "--help",
        "--upload-pack=x",
        "--branches",
        "^HEAD",
        "v1.0...HEAD",
        "v1.0..",
        "a\0b",
    ],
)
def test_what_names_no_commit_is_unknown(project: Path, cache: Path, revision: str) -> None:
    with pytest.raises(CheckoutError, match="unknown revision") as raised:
        of_revision(project, revision, cache=cache)
    assert "\n" not in str(raised.value)


def test_id_of_an_absent_commit_is_unknown(project: Path, cache: Path) -> None:
    with pytest.raises(CheckoutError, match="unknown revision"):
        of_revision(project, "0123456789" * 4, cache=cache)


def test_misspelt_tag_is_guessed(project: Path, cache: Path, git: Git) -> None:
    git("tag", "release-1")
    with pytest.raises(CheckoutError, match=r"'relaese-1'; did you mean 'release-1'\?"):
        of_revision(project, "relaese-1", cache=cache)


def test_known_names_are_listed_where_none_is_near(project: Path, cache: Path) -> None:
    with pytest.raises(CheckoutError, match=r"there are (main, v1\.0|v1\.0, main)$"):
        of_revision(project, "zzz", cache=cache)


def test_folder_of_a_commit_is_no_commit(project: Path, cache: Path) -> None:
    with pytest.raises(CheckoutError, match="'HEAD:pipelines' names a tree, not a commit"):
        of_revision(project, "HEAD:pipelines", cache=cache)


def test_folder_outside_of_any_repository_is_refused(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(CheckoutError, match="not a git repository"):
        of_revision(tmp_path, "HEAD", cache=cache)


def test_absent_folder_is_refused(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(CheckoutError, match="No such file or directory"):
        of_revision(tmp_path / "absent", "HEAD", cache=cache)


def test_bare_repository_is_refused(tmp_path: Path, cache: Path, git: Git) -> None:
    bare = tmp_path / "bare.git"
    git("init", "--quiet", "--bare", str(bare), at=tmp_path)
    with pytest.raises(CheckoutError, match="a bare repository has no working tree"):
        of_revision(bare, "HEAD", cache=cache)


def test_repository_without_a_commit_is_refused(tmp_path: Path, cache: Path, git: Git) -> None:
    git("init", "--quiet", at=tmp_path)
    with pytest.raises(CheckoutError, match="no commits yet"):
        of_revision(tmp_path, "HEAD", cache=cache)


def test_missing_git_is_said(project: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CheckoutError, match="git is not installed"):
        of_revision(project, "HEAD", cache=cache)


def test_shallow_clone_is_named_as_a_reason(
    project: Path, tmp_path: Path, cache: Path, git: Git
) -> None:
    git("commit", "--quiet", "--allow-empty", "--message=Second")
    clone = tmp_path / "clone"
    git("clone", "--quiet", "--depth=1", project.as_uri(), str(clone), at=tmp_path)
    with pytest.raises(CheckoutError, match="shallow: git fetch --unshallow --tags"):
        of_revision(clone, "v1.0", cache=cache)


def test_missing_object_is_said(project: Path, cache: Path, git: Git) -> None:
    blob = git("rev-parse", "HEAD:README.md")
    (project / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert of_revision(project, "HEAD", cache=cache).base.path.is_dir()
    (project / "README.md").write_text("Edited, so that what was committed is needed.\n")
    with pytest.raises(CheckoutError, match=rf"git checkout-index: .*\({blob}\)"):
        of_revision(project, "HEAD", cache=cache)


def test_cache_that_cannot_be_written_is_said(project: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(CheckoutError, match="cannot make checkouts in"):
        of_revision(project, "HEAD", cache=tmp_path / "file" / "cache")


def test_full_disk_is_said_and_leaves_nothing(project: Path, cache: Path) -> None:
    (project / "large.bin").write_bytes(bytes(10_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
    try:
        with pytest.raises(CheckoutError, match=r"cannot make checkouts in .*File too large"):
            of_revision(project, "HEAD", cache=cache)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name[17:] for path in cache.iterdir()] == ["a"]


def commit_of_tree(git: Git, file: Path, *entries: tuple[bytes, str]) -> tuple[str, str]:
    """Write a tree that git itself would not make; return its id and that of a commit of it."""
    file.write_bytes(b"".join(name + b"\0" + bytes.fromhex(target) for name, target in entries))
    tree = git("hash-object", "-w", "--literally", "-t", "tree", str(file))
    return tree, git("commit-tree", "-m", "Evil", tree)


def test_path_that_leaves_the_checkout_is_refused(
    project: Path, cache: Path, git: Git, tmp_path: Path
) -> None:
    blob = git("rev-parse", "HEAD:README.md")
    inner, _ = commit_of_tree(git, tmp_path / "tree", (b"100644 evil", blob))
    _, commit = commit_of_tree(git, tmp_path / "tree", (b"40000 ..", inner))

    with pytest.raises(CheckoutError, match=r"'\.\./evil' is not a path"):
        of_revision(project, commit, cache=cache)

    assert not (cache / "evil").exists()


def test_no_file_is_written_through_a_link(
    project: Path, cache: Path, git: Git, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (project / "link").symlink_to(outside)
    git("add", "link")
    git("commit", "--quiet", "--message=Link")
    blob, link = git("rev-parse", "HEAD:README.md", "HEAD:link").split()
    inner, _ = commit_of_tree(git, tmp_path / "tree", (b"100644 evil", blob))
    _, commit = commit_of_tree(
        git, tmp_path / "tree", (b"120000 folder", link), (b"40000 folder", inner)
    )

    with pytest.raises(CheckoutError, match="git checkout-index: "):
        of_revision(project, commit, cache=cache)

    assert list(outside.iterdir()) == []


def test_attributes_do_not_change_what_was_committed(project: Path, cache: Path, git: Git) -> None:
    (project / ".gitattributes").write_text("README.md export-ignore\nid.txt export-subst\n")
    (project / "id.txt").write_text("$Format:%H$\n")
    git("add", "--all")
    git("commit", "--quiet", "--message=Attributes")

    base = of_revision(project, "HEAD", cache=cache).base.path

    assert (base / "README.md").is_file()
    assert (base / "id.txt").read_text() == "$Format:%H$\n"


def test_repository_is_only_read(project: Path, cache: Path) -> None:
    os.utime(project / "README.md", (1, 1))  # git would like to refresh its index now
    before = state_of(project)
    of_revision(project, "v1.0", cache=cache)
    assert state_of(project) == before


def test_hooks_of_the_repository_are_not_run(project: Path, cache: Path, git: Git) -> None:
    (project / "README.md").write_text("Second.\n")
    git("commit", "--quiet", "--all", "--message=Second")
    for name in ("post-index-change", "post-checkout"):
        hook = project / ".git" / "hooks" / name
        hook.write_text("#!/bin/sh\ntouch hook-was-run\n")
        hook.chmod(0o755)

    of_revision(project, "v1.0", cache=cache)

    assert not (project / "hook-was-run").exists()


def test_submodule_and_nested_repository_are_left_out_and_counted(
    project: Path, cache: Path, git: Git, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    git("init", "--quiet", str(other), at=tmp_path)
    git("commit", "--quiet", "--allow-empty", "--message=Other", at=other)
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "module")
    git("commit", "--quiet", "--message=Submodule")
    nested = project / "nested"
    git("init", "--quiet", str(nested), at=tmp_path)
    git("commit", "--quiet", "--allow-empty", "--message=Nested", at=nested)

    found = of_revision(project, "HEAD", cache=cache)

    assert found.base.description.endswith(", without 1 submodule")
    assert found.head.description.endswith(", nothing changed, without 2 submodules")
    assert not (found.base.path / "module").exists()
    assert not (found.head.path / "nested").exists()


def test_merge_conflict_is_taken_as_it_stands(project: Path, cache: Path, git: Git) -> None:
    git("checkout", "--quiet", "-b", "side")
    (project / "README.md").write_text("Side.\n")
    git("commit", "--quiet", "--all", "--message=Side")
    git("checkout", "--quiet", "main")
    (project / "README.md").write_text("Main.\n")
    git("commit", "--quiet", "--all", "--message=Main")
    with pytest.raises(subprocess.CalledProcessError):
        git("merge", "side")

    head = of_revision(project, "main", cache=cache).head.path

    assert (head / "README.md").read_text().startswith("<<<<<<< HEAD\nMain.\n")


def test_worktree_of_another_repository_has_its_own_head(
    project: Path, cache: Path, git: Git, tmp_path: Path
) -> None:
    assert (project / ".git").is_dir()
    linked = tmp_path / "linked"
    git("worktree", "add", "--quiet", "-b", "topic", str(linked))
    (linked / "README.md").write_text("Topic.\n")

    found = of_revision(linked, "main", cache=cache)

    assert (found.head.path / "README.md").read_text() == "Topic.\n"
    assert (found.base.path / "README.md").read_text() == "A project.\n"


def test_commit_hook_of_another_index_does_not_confuse(
    project: Path, cache: Path, git: Git, tmp_path: Path
) -> None:
    (project / "new.py").write_text("NEW = True\n")
    script = tmp_path / "in_hook.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from bench.gate.checkout import of_revision\n"
        "found = of_revision(Path('pipelines'), 'HEAD', cache=Path(sys.argv[1]))\n"
        "print(found.head.path, found.base.path, sep='\\n')\n"
    )
    hook = project / ".git" / "hooks" / "pre-commit"
    hook.write_text(f'#!/bin/sh\nexport GIT_DIR="$PWD/.git"\n"$PYTHON" "{script}" "{cache}" >&2\n')
    hook.chmod(0o755)
    (project / "README.md").write_text("Committed alone.\n")

    done = commit_only(project, "README.md")

    head, base = (Path(line) for line in done.splitlines()[-2:])
    assert (head / "new.py").is_file()
    assert (head / "README.md").read_text() == "Committed alone.\n"
    assert (base / "README.md").read_text() == "A project.\n"
    assert git("status", "--porcelain") == "?? new.py"


def commit_only(project: Path, name: str) -> str:
    """Commit a file by its name, for which git gives its hook an index of its own."""
    program = shutil.which("git")
    assert program is not None
    return subprocess.run(
        [program, "commit", "--message=Alone", name],
        cwd=project,
        check=True,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PYTHON": sys.executable,
            "PYTHONPATH": str(Path(__file__).parents[4]),
        },
    ).stderr
