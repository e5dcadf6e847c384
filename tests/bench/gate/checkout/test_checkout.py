"""What stands in the three folders."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

import pipelines
from bench.gate.checkout import (
    Checkouts,
    Side,
    gate_cache,
    measured_folder,
    of_installed,
    of_revision,
)
from bench.gate.checkout.folders import KEPT_FOLDERS, checkouts_in

Git = Callable[..., str]


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def paths_of(checkouts: Checkouts) -> tuple[Path, Path, Path]:
    return checkouts.base.path, checkouts.head.path, checkouts.twin.path


def test_base_and_twin_hold_the_revision_and_head_the_working_tree(
    project: Path, cache: Path, git: Git
) -> None:
    (project / "pipelines" / "__init__.py").write_text("VERSION = 2\n")
    (project / "README.md").unlink()
    (project / "new.py").write_text("NEW = True\n")
    (project / "trace.log").write_text("ignored\n")
    (project / "staged.py").write_text("STAGED = 1\n")
    git("add", "staged.py")
    (project / "staged.py").write_text("STAGED = 2\n")

    found = of_revision(project, "v1.0", cache=cache)

    committed = {
        ".gitignore": b"*.log\n__pycache__/\n",
        "README.md": b"A project.\n",
        "pipelines/__init__.py": b"VERSION = 1\n",
        "pipelines/native/steps.py": b"def add(a, b): return a + b\n",
    }
    assert files_in(found.base.path) == committed
    assert files_in(found.twin.path) == committed
    assert files_in(found.head.path) == {
        ".gitignore": committed[".gitignore"],
        "new.py": b"NEW = True\n",
        "pipelines/__init__.py": b"VERSION = 2\n",
        "pipelines/native/steps.py": committed["pipelines/native/steps.py"],
        "staged.py": b"STAGED = 2\n",
    }


def test_paths_have_equal_length_and_differ(project: Path, cache: Path) -> None:
    found = of_revision(project, "HEAD", cache=cache)

    paths = paths_of(found)
    assert len(set(paths)) == 3
    assert len({len(str(path)) for path in paths}) == 1
    assert [path.name[16:] for path in paths] == ["-a", "-b", "-c"]
    assert (found.base.side, found.head.side, found.twin.side) == (
        Side.BASE,
        Side.HEAD,
        Side.TWIN,
    )


def test_descriptions_say_what_a_reader_knows(project: Path, cache: Path, git: Git) -> None:
    short = git("rev-parse", "--short", "HEAD")
    (project / "README.md").write_text("Another.\n")
    (project / "untracked").mkdir()
    (project / "untracked" / "one").write_text("1")
    (project / "untracked" / "two").write_text("2")

    found = of_revision(project, "v1.0", cache=cache)
    assert found.base.description == f"v1.0 ({short})"
    assert found.twin.description == found.base.description
    assert found.head.description == f"working tree at {short}, 3 files changed"

    git("add", "--all")
    git("commit", "--quiet", "--message=Second")
    found = of_revision(project, short, cache=cache)
    second = git("rev-parse", "--short", "HEAD")
    assert found.base.description == short
    assert found.head.description == f"working tree at {second}, nothing changed"


def test_whole_repository_is_checked_out_from_a_folder_within(project: Path, cache: Path) -> None:
    found = of_revision(project / "pipelines" / "native", "main", cache=cache)

    assert files_in(found.head.path) == files_in(found.base.path)
    assert (found.base.path / "README.md").is_file()


def test_unchanged_folders_are_used_again(project: Path, cache: Path) -> None:
    first = of_revision(project, "v1.0", cache=cache)
    for path in paths_of(first):
        (path / "pipelines" / "__pycache__").mkdir()
        (path / "pipelines" / "__pycache__" / "kept.pyc").write_bytes(b"compiled")

    second = of_revision(project, "v1.0", cache=cache)

    assert paths_of(second) == paths_of(first)
    for path in paths_of(second):
        assert (path / "pipelines" / "__pycache__" / "kept.pyc").is_file()


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("pipelines/__init__.py", b"VERSION = 9\n"),
        ("README.md", b"A projecT.\n"),
        ("added.py", b""),
        ("pipelines/native/steps.py", None),
    ],
)
def test_checkout_that_somebody_edited_is_made_again(
    project: Path, cache: Path, name: str, edit: bytes | None
) -> None:
    first = of_revision(project, "v1.0", cache=cache)
    before = files_in(first.base.path)
    edited = first.base.path / name
    if edit is None:
        edited.unlink()
    else:
        edited.write_bytes(edit)

    second = of_revision(project, "v1.0", cache=cache)

    assert second.base.path == first.base.path
    assert files_in(second.base.path) == before


def test_python_file_edited_at_its_old_time_is_seen(project: Path, cache: Path) -> None:
    first = of_revision(project, "v1.0", cache=cache)
    edited = first.twin.path / "pipelines" / "__init__.py"
    status = edited.stat()
    edited.write_bytes(b"VERSION = 7\n")
    os.utime(edited, ns=(status.st_atime_ns, status.st_mtime_ns))

    of_revision(project, "v1.0", cache=cache)

    assert edited.read_bytes() == b"VERSION = 1\n"


def test_time_of_a_file_follows_its_content_alone(project: Path, cache: Path) -> None:
    first = of_revision(project, "v1.0", cache=cache)
    file = Path("pipelines", "__init__.py")
    times = {(path / file).stat().st_mtime_ns for path in paths_of(first)}
    (project / file).write_text("VERSION = 2\n")

    second = of_revision(project, "v1.0", cache=cache)

    assert len(times) == 1
    assert (second.head.path / file).stat().st_mtime_ns not in times
    steps = Path("pipelines", "native", "steps.py")
    assert (second.head.path / steps).stat().st_mtime == (second.base.path / steps).stat().st_mtime


def test_nine_folders_stay_and_those_in_use_are_among_them(project: Path, cache: Path) -> None:
    first = of_revision(project, "v1.0", cache=cache)
    for version in range(KEPT_FOLDERS + 2):
        (project / "README.md").write_text(f"Edit {version}.\n")
        last = of_revision(project, "v1.0", cache=cache)

    kept = checkouts_in(cache)
    assert len(kept) == KEPT_FOLDERS
    assert set(paths_of(last)) <= set(kept)
    assert first.head.path not in kept
    assert sorted(path.name for path in cache.iterdir()) == sorted(path.name for path in kept)


def test_folder_that_is_used_again_counts_as_recent(project: Path, cache: Path) -> None:
    heads = {}
    for text in ("one", "two", "one"):
        (project / "README.md").write_text(text)
        heads[text] = of_revision(project, "v1.0", cache=cache).head.path

    recent = checkouts_in(cache)
    assert recent.index(heads["one"]) < recent.index(heads["two"])


def test_executable_bits_are_kept(project: Path, cache: Path, git: Git) -> None:
    script = project / "run.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o700)
    git("add", "run.sh")
    git("commit", "--quiet", "--message=Script")
    script.chmod(0o600)

    found = of_revision(project, "HEAD", cache=cache)

    assert stat.S_IMODE((found.base.path / "run.sh").stat().st_mode) == 0o755
    assert stat.S_IMODE((found.head.path / "run.sh").stat().st_mode) == 0o644


def test_links_stay_links_wherever_they_point(
    project: Path, cache: Path, git: Git, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("stays outside\n")
    (project / "to-file").symlink_to("README.md")
    (project / "to-nowhere").symlink_to("gone")
    (project / "to-folder").symlink_to(outside)
    git("add", "--all")
    git("commit", "--quiet", "--message=Links")

    found = of_revision(project, "HEAD", cache=cache)

    for path in paths_of(found):
        assert (path / "to-file").readlink() == Path("README.md")
        assert (path / "to-nowhere").readlink() == Path("gone")
        assert (path / "to-folder").readlink() == outside
    assert paths_of(of_revision(project, "HEAD", cache=cache)) == paths_of(found)


def test_folder_replaced_by_a_link_is_copied_as_the_link_only(
    project: Path, cache: Path, tmp_path: Path
) -> None:
    native = project / "pipelines" / "native"
    moved = tmp_path / "moved"
    native.rename(moved)
    native.symlink_to(moved)

    found = of_revision(project, "v1.0", cache=cache)

    copied = found.head.path / "pipelines" / "native"
    assert copied.is_symlink()
    committed = found.base.path / "pipelines" / "native" / "steps.py"
    assert committed.read_text() == "def add(a, b): return a + b\n"
    assert (moved / "steps.py").read_text() == "def add(a, b): return a + b\n"


def test_odd_names_are_kept(project: Path, cache: Path, git: Git) -> None:
    names = [b"line\nbreak.py", b"caf\xe9.txt", b"tab\there", b'quo"te', b"-n", "ä ö.py".encode()]
    for name in names:
        (project / os.fsdecode(name)).write_bytes(name)
    git("add", "--all")
    git("commit", "--quiet", "--message=Names")
    (project / os.fsdecode(b"untracked\xff")).write_bytes(b"x")

    found = of_revision(project, "HEAD", cache=cache)

    for name in names:
        for path in paths_of(found):
            assert (path / os.fsdecode(name)).read_bytes() == name
    assert (found.head.path / os.fsdecode(b"untracked\xff")).is_file()
    assert paths_of(of_revision(project, "HEAD", cache=cache)) == paths_of(found)


def test_cache_within_the_working_tree_is_not_part_of_it(project: Path) -> None:
    cache = project / "cache"
    first = of_revision(project, "v1.0", cache=cache)
    second = of_revision(project, "v1.0", cache=cache)

    assert paths_of(second) == paths_of(first)
    assert not (second.head.path / "cache").exists()
    assert second.head.description.endswith("nothing changed")


def test_three_copies_of_the_installed_package_are_the_same(cache: Path) -> None:
    found = of_installed(cache=cache)

    contents = [files_in(path) for path in paths_of(found)]
    assert contents[0] == contents[1] == contents[2]
    assert pipelines.__file__ is not None
    installed = files_in(Path(pipelines.__file__).parent)
    sources = {f"pipelines/{name}" for name in installed if name.endswith(".py")}
    assert sources <= contents[0].keys()
    assert not any("__pycache__" in name for name in contents[0])
    assert len({len(str(path)) for path in paths_of(found)}) == 1


def test_worker_looks_into_src_where_there_is_one(tmp_path: Path) -> None:
    assert measured_folder(tmp_path) == [str(tmp_path)]
    (tmp_path / "src").mkdir()
    assert measured_folder(tmp_path) == [str(tmp_path), str(tmp_path / "src")]


def test_checkouts_stand_in_the_cache_of_sealbench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEALBENCH_CACHE", str(tmp_path))
    assert gate_cache() == tmp_path / "gate"
