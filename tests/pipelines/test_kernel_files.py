"""A file of a kernel is believed only when every bit is as it was written."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.kernel_files import UNUSED_AFTER_S, Damaged, read_kernel, write_kernel

CONTENT = bytes(range(256)) * 3


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "kernels" / "seal-1"
    write_kernel(path, CONTENT)
    return path


def test_what_was_written_is_read_again(kept: Path) -> None:
    assert read_kernel(kept) == CONTENT
    write_kernel(kept, b"")
    assert read_kernel(kept) == b""
    assert [file.name for file in kept.parent.iterdir()] == [kept.name]


def test_nothing_is_there_before_anything_was_written(tmp_path: Path) -> None:
    assert read_kernel(tmp_path / "absent" / "seal-1") is None
    (tmp_path / "file").touch()
    assert read_kernel(tmp_path / "file" / "seal-1") is None


@given(data=st.data())
def test_no_damage_is_believed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "seal-1"
    write_kernel(path, CONTENT)
    whole = path.read_bytes()
    if data.draw(st.booleans(), label="cut"):
        damaged = whole[: data.draw(st.integers(0, len(whole) - 1))]
    else:
        bit = data.draw(st.integers(0, 8 * len(whole) - 1))
        flipped = whole[bit // 8] ^ (1 << bit % 8)
        damaged = whole[: bit // 8] + bytes([flipped]) + whole[bit // 8 + 1 :]
    path.write_bytes(damaged)
    with pytest.raises(Damaged, match="is damaged"):
        read_kernel(path)


def test_a_kernel_under_the_name_of_another_is_not_believed(kept: Path) -> None:
    other = kept.rename(kept.with_name("open-1"))
    with pytest.raises(Damaged):
        read_kernel(other)


def a_folder(path: Path) -> None:
    path.mkdir()
    (path / "something").touch()


def a_link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def a_link_to_a_file(path: Path) -> None:
    victim = path.parent.parent / "victim"
    victim.write_bytes(b"mine")
    path.symlink_to(victim)


@pytest.mark.parametrize("strange", [a_folder, a_link_to_itself, a_link_to_a_file, os.mkfifo])
def test_what_is_no_kernel_is_replaced(kept: Path, strange: Callable[[Path], None]) -> None:
    kept.unlink()
    strange(kept)
    with pytest.raises(Damaged):
        read_kernel(kept)
    write_kernel(kept, CONTENT)
    assert read_kernel(kept) == CONTENT
    victim = kept.parent.parent / "victim"
    assert not victim.exists() or victim.read_bytes() == b"mine"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_kernel_of_another_user_is_not_run(kept: Path) -> None:
    os.chown(kept, 12345, 12345)
    with pytest.raises(Damaged, match="another user"):
        read_kernel(kept)


def test_kernels_that_nobody_asks_for_go(kept: Path) -> None:
    old = kept.with_name("old-1")
    write_kernel(old, CONTENT)
    for path in (old, kept):
        os.utime(path, (0, path.stat().st_mtime - UNUSED_AFTER_S - 60))
    assert read_kernel(kept) == CONTENT
    write_kernel(kept.with_name("new-1"), CONTENT)
    assert sorted(file.name for file in kept.parent.iterdir()) == ["new-1", "seal-1"]


def test_many_that_write_at_once_leave_a_whole_kernel(kept: Path) -> None:
    writers = [threading.Thread(target=write_kernel, args=(kept, CONTENT)) for _ in range(8)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert read_kernel(kept) == CONTENT
    for writer in writers:
        writer.join()
    assert [file.name for file in kept.parent.iterdir()] == [kept.name]


def test_a_kernel_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "kernels").touch()
    with pytest.raises(OSError, match="exists"):
        write_kernel(tmp_path / "kernels" / "seal-1", CONTENT)
