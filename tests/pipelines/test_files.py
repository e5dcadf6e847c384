"""Files that others may have left in the way: links, pipes, devices, what is too large."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from pipelines.files import (
    TEMPORARY,
    UnsafeFile,
    make_folder,
    names_in,
    open_in_place,
    opened_folder,
    read_plain,
    remove,
    replace_file,
)


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "victim").write_bytes(b"precious, without a line's end")
    return outside / "victim"


@pytest.fixture
def received(tmp_path: Path) -> Path:
    folder = tmp_path / "received"
    folder.mkdir()
    return folder


def content(data: bytes) -> Callable[[BinaryIO], None]:
    def write(file: BinaryIO) -> None:
        file.write(data)

    return write


@pytest.mark.parametrize("name", ["page", "page" + TEMPORARY])
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_file_replaces_a_link_and_never_what_it_leads_to(
    received: Path, victim: Path, name: str, link: Callable[[Path, Path], None]
) -> None:
    link(victim, received / name)
    replace_file(received / "page", content(b"new"))
    assert victim.read_bytes() == b"precious, without a line's end"
    assert (received / "page").read_bytes() == b"new"
    assert not (received / "page").is_symlink()
    assert names_in(received, within=received) == ["page"]


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(received: Path) -> None:
    (received / "page").write_bytes(b"old")

    def fail(file: BinaryIO) -> None:
        file.write(b"half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        replace_file(received / "page", fail)
    assert (received / "page").read_bytes() == b"old"
    assert names_in(received, within=received) == ["page"]


def test_a_folder_that_is_a_link_is_neither_written_listed_nor_emptied(
    received: Path, victim: Path
) -> None:
    (received / "plots").symlink_to(victim.parent)
    inside = received / "plots" / "victim"
    for attempt in (
        lambda: replace_file(inside, content(b"new"), within=received, make=True),
        lambda: open_in_place(inside, within=received, make=True),
        lambda: remove(inside, within=received),
        lambda: names_in(inside.parent, within=received),
        lambda: make_folder(inside.parent, within=received),
        lambda: make_folder(inside.parent / "more", within=received),
    ):
        with pytest.raises(UnsafeFile, match="is a symbolic link") as refused:
            attempt()
        assert refused.value.filename == str(received / "plots")
    assert [path.name for path in victim.parent.iterdir()] == ["victim"]
    assert victim.read_bytes() == b"precious, without a line's end"


def test_the_way_to_a_folder_is_the_users_own(received: Path, tmp_path: Path) -> None:
    (tmp_path / "shortcut").symlink_to(received)
    named = tmp_path / "shortcut"
    replace_file(named / "a" / "b" / "page", content(b"new"), within=named, make=True)
    assert (received / "a" / "b" / "page").read_bytes() == b"new"


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_what_is_changed_in_place_has_one_name(
    received: Path, victim: Path, link: Callable[[Path, Path], None]
) -> None:
    link(victim, received / "lock")
    with pytest.raises(UnsafeFile, match=r"symbolic link|hard link"):
        open_in_place(received / "lock")
    assert victim.read_bytes() == b"precious, without a line's end"


def test_a_link_that_leads_nowhere_creates_nothing(received: Path, tmp_path: Path) -> None:
    (received / "lock").symlink_to(tmp_path / "made")
    with pytest.raises(UnsafeFile, match="is a symbolic link"):
        open_in_place(received / "lock")
    assert not (tmp_path / "made").exists()


def test_a_folder_is_never_replaced(received: Path) -> None:
    (received / "page").mkdir()
    with pytest.raises(UnsafeFile, match="is no plain file but a folder"):
        replace_file(received / "page", content(b"new"))


def test_what_is_no_plain_file_is_neither_read_nor_written(received: Path) -> None:
    os.mkfifo(received / "pipe")
    (received / "folder").mkdir()
    (received / "zero").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(received / "socket"))
        for name, kind in {
            "pipe": "pipe",
            "folder": "folder",
            "zero": "device",
            "socket": "socket",
        }.items():
            with pytest.raises(UnsafeFile, match=f"is no plain file but a {kind}"):
                read_plain(received / name, most_bytes=1000)
            with pytest.raises(
                OSError, match=r"plain file|symbolic link|directory|device or address"
            ):
                open_in_place(received / name)


def test_a_pipe_whose_writer_says_nothing_is_not_waited_for() -> None:
    reading, writing = os.pipe()
    try:
        with pytest.raises(UnsafeFile, match="save what comes out of it first"):
            read_plain(Path(f"/dev/fd/{reading}"), most_bytes=1000)
    finally:
        os.close(reading)
        os.close(writing)


def test_no_more_is_read_than_the_caller_says(received: Path) -> None:
    (received / "file").write_bytes(bytes(1000))
    assert read_plain(received / "file", most_bytes=1000) == bytes(1000)
    with pytest.raises(UnsafeFile, match=r"has more than 0\.000999 MB"):
        read_plain(received / "file", most_bytes=999)
    # It says that it has no bytes, and then gives some.
    with pytest.raises(UnsafeFile, match="has more than 1e-05 MB"):
        read_plain(Path("/proc/self/status"), most_bytes=10)


def test_no_descriptor_is_left_open(received: Path, victim: Path) -> None:
    (received / "plots").symlink_to(victim.parent)
    os.mkfifo(received / "pipe")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(UnsafeFile):
            read_plain(received / "pipe", most_bytes=1)
        with pytest.raises(UnsafeFile):
            open_in_place(received / "pipe")
        with pytest.raises(UnsafeFile):
            make_folder(received / "plots", within=received)
        with opened_folder(received):
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before
