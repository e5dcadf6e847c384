"""What git does to files on their way to the disk is done to both sides, or to none."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.gate.checkout import CheckoutError, Checkouts, of_revision

Git = Callable[..., str]

REAL = b"the real data, which no repository would hold\n" * 100

SMUDGE = """#!/bin/sh
sed 's/^pointer to //' | while read -r name; do cat "$STORE/$name"; done
"""
CLEAN = """#!/bin/sh
cat > "$STORE/new"
name=$(cksum < "$STORE/new" | tr ' ' -)
mv "$STORE/new" "$STORE/$name"
echo "pointer to $name"
"""


@pytest.fixture
def large_files(project: Path, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Store `*.bin` outside of the repository, as Git LFS does; return one such file, committed."""
    store = tmp_path / "store"
    store.mkdir()
    monkeypatch.setenv("STORE", str(store))
    for name, script in (("smudge", SMUDGE), ("clean", CLEAN)):
        file = tmp_path / name
        file.write_text(script)
        file.chmod(0o755)
        git("config", f"filter.large.{name}", str(file))
    git("config", "filter.large.required", "true")
    (project / ".gitattributes").write_text("*.bin filter=large\n")
    (project / "data.bin").write_bytes(REAL)
    # Long ago: a file as new as the index is looked at again by git.
    os.utime(project / "data.bin", (9, 9))
    git("add", "--all")
    git("commit", "--quiet", "--message=Data")
    return project / "data.bin"


def uninstall(git: Git) -> None:
    """Let git remember what it found of the files, and take its filter away."""
    git("update-index", "--refresh")
    git("config", "filter.large.smudge", "/nowhere/smudge")
    git("config", "filter.large.clean", "/nowhere/clean")


def commit_other(file: Path, git: Git) -> None:
    file.write_bytes(b"other data\n")
    os.utime(file, (99, 99))
    git("commit", "--quiet", "--all", "--message=Other")


def contents(found: Checkouts, name: str) -> tuple[bytes, bytes, bytes]:
    base, head, twin = (side.path / name for side in (found.base, found.head, found.twin))
    return base.read_bytes(), head.read_bytes(), twin.read_bytes()


def test_unchanged_file_behind_a_filter_is_the_same_on_all_sides(
    project: Path, cache: Path, git: Git, large_files: Path
) -> None:
    assert git("show", f"HEAD:{large_files.name}").startswith("pointer to ")
    (project / "README.md").write_text("A comment.\n")
    found = of_revision(project, "HEAD", cache=cache)
    assert contents(found, "data.bin") == (REAL, REAL, REAL)
    assert (found.base.path / "README.md").read_text() == "A project.\n"


def test_unchanged_file_needs_no_filter_at_all(
    project: Path, cache: Path, git: Git, large_files: Path
) -> None:
    uninstall(git)
    assert contents(of_revision(project, "HEAD", cache=cache), large_files.name) == (REAL,) * 3


def test_pointers_that_were_never_filled_in_stay_pointers_on_all_sides(
    project: Path, cache: Path, git: Git, large_files: Path, tmp_path: Path
) -> None:
    assert large_files.is_file()
    clone = tmp_path / "clone"
    git("clone", "--quiet", str(project), str(clone), at=tmp_path)
    base, head, twin = contents(of_revision(clone, "HEAD", cache=cache), "data.bin")
    assert base == head == twin
    assert base.startswith(b"pointer to ")


def test_changed_file_behind_a_filter_is_filtered_for_the_base(
    project: Path, cache: Path, large_files: Path
) -> None:
    large_files.write_bytes(b"other data\n")
    other = b"other data\n"
    assert contents(of_revision(project, "HEAD", cache=cache), "data.bin") == (REAL, other, REAL)


def test_changed_file_whose_filter_is_missing_is_refused_by_name(
    project: Path, cache: Path, git: Git, large_files: Path
) -> None:
    commit_other(large_files, git)
    uninstall(git)
    with pytest.raises(CheckoutError, match=r"data\.bin: smudge filter large failed"):
        of_revision(project, "HEAD~1", cache=cache)


def test_filter_that_is_not_required_may_fail_as_git_allows_it(
    project: Path, cache: Path, git: Git, large_files: Path
) -> None:
    commit_other(large_files, git)
    uninstall(git)
    git("config", "filter.large.required", "false")
    base, head, _ = contents(of_revision(project, "HEAD~1", cache=cache), "data.bin")
    assert base.startswith(b"pointer to ")
    assert head == b"other data\n"


@pytest.mark.parametrize(
    ("attributes", "written", "on_disk"),
    [
        ("", b"a\nb\n", b"a\r\nb\r\n"),
        ("*.txt text eol=crlf\n", b"a\nb\n", b"a\r\nb\r\n"),
        ("*.txt ident\n", b"$Id$\n", b"$Id: "),
        ("*.txt text eol=lf working-tree-encoding=UTF-16LE\n", b"a\0\n\0", b"a\0\n\0"),
    ],
    ids=["autocrlf", "eol", "ident", "encoding"],
)
def test_old_version_is_converted_as_the_new_one_is(
    project: Path, git: Git, attributes: str, written: bytes, on_disk: bytes
) -> None:
    cache = project.parent / "cache"
    if not attributes:
        git("config", "core.autocrlf", "true")
    (project / ".gitattributes").write_text(attributes)
    (project / "note.txt").write_bytes(written)
    git("add", "--all")
    git("commit", "--quiet", "--message=Note")
    (project / "note.txt").unlink()
    git("checkout", "--", "note.txt")
    there = (project / "note.txt").read_bytes()
    assert there.startswith(on_disk)

    unchanged = contents(of_revision(project, "HEAD", cache=cache), "note.txt")
    assert unchanged == (there, there, there)

    (project / "note.txt").write_bytes(there * 2)
    assert contents(of_revision(project, "HEAD", cache=cache), "note.txt")[0] == there


def test_line_endings_that_git_does_not_mind_are_those_of_the_working_tree(
    project: Path, cache: Path, git: Git
) -> None:
    (project / ".gitattributes").write_text("* text=auto\n")
    git("add", "--all")
    git("commit", "--quiet", "--message=Attributes")
    (project / "README.md").write_bytes(b"A project.\r\n")
    assert git("diff", "--name-only") == ""
    assert contents(of_revision(project, "HEAD", cache=cache), "README.md") == (
        (b"A project.\r\n",) * 3
    )


def test_touched_file_is_unchanged(project: Path, cache: Path, git: Git, large_files: Path) -> None:
    os.utime(large_files, (5, 5))
    assert contents(of_revision(project, "HEAD", cache=cache), "data.bin") == (REAL,) * 3
    uninstall(git)
    os.utime(large_files, (7, 7))
    with pytest.raises(CheckoutError, match=r"data\.bin: clean filter 'large' failed"):
        of_revision(project, "HEAD", cache=cache)


def test_staged_and_reverted_edits_are_told_apart(project: Path, cache: Path, git: Git) -> None:
    (project / "README.md").write_text("Staged.\n")
    git("add", "README.md")
    (project / "README.md").write_text("A project.\n")
    found = contents(of_revision(project, "HEAD", cache=cache), "README.md")
    assert found == (b"A project.\n",) * 3


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_edit_that_git_was_told_to_overlook_is_seen(
    project: Path, cache: Path, git: Git, flag: str
) -> None:
    git("update-index", flag, "README.md")
    (project / "README.md").write_text("Edited all the same.\n")
    base, head, _ = contents(of_revision(project, "HEAD", cache=cache), "README.md")
    assert (base, head) == (b"A project.\n", b"Edited all the same.\n")


def test_files_outside_of_a_sparse_checkout_are_left_out_on_all_sides(
    project: Path, cache: Path, git: Git
) -> None:
    (project / "docs").mkdir()
    (project / "docs" / "page.md").write_text("A page.\n")
    git("add", "--all")
    git("commit", "--quiet", "--message=Docs")
    git("sparse-checkout", "set", "pipelines")
    assert not (project / "docs").exists()
    found = of_revision(project, "HEAD", cache=cache)
    for side in (found.base, found.head, found.twin):
        assert not (side.path / "docs").exists()
        assert (side.path / "pipelines" / "__init__.py").is_file()
    left_out = ", without 1 file that this sparse checkout leaves out"
    assert found.base.description.endswith(left_out)


def test_executable_bits_that_git_overlooks_are_those_of_the_working_tree(
    project: Path, cache: Path, git: Git
) -> None:
    git("config", "core.fileMode", "false")
    (project / "README.md").chmod(0o755)
    found = of_revision(project, "HEAD", cache=cache)
    modes = {(side.path / "README.md").stat().st_mode for side in (found.base, found.head)}
    assert modes == {0o100755}
