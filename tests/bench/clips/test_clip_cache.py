import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.clips.cache import (
    STALE_AFTER_S,
    cache_dir,
    file_sha256,
    keep_checked,
    new_file,
    read_checked,
    sweep_partial,
    write_checked,
)
from bench.clips.errors import ClipError
from bench.progress import Silent


def test_cache_folder_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SEALBENCH_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path
    monkeypatch.delenv("SEALBENCH_CACHE")
    assert cache_dir().name == "sealbench"


def test_checked_file_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "kind" / "entry"
    write_checked(path, [b"one", b"two"])
    assert read_checked(path, Silent()) == b"onetwo"


def test_any_damage_to_a_checked_file_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "kind" / "entry"
    write_checked(path, [b"payload"])
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(bytes(b ^ (at == position) for at, b in enumerate(whole)))
        assert read_checked(path, Silent()) is None
        path.write_bytes(whole[:position])
        assert read_checked(path, Silent()) is None


def test_missing_checked_file_reads_as_none(tmp_path: Path) -> None:
    assert read_checked(tmp_path / "nothing", Silent()) is None


def test_interrupted_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "kind" / "entry"
    write_checked(path, [b"old"])

    def stop_half_way() -> None:
        with new_file(path) as file:
            file.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_half_way()
    assert read_checked(path, Silent()) == b"old"
    assert list((tmp_path / "partial").iterdir()) == []


def test_cache_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file where the folder should be")
    with pytest.raises(ClipError, match="cannot write to the clip cache"):
        write_checked(tmp_path / "cache" / "kind" / "entry", [b"x"])


def test_only_old_rests_are_swept(tmp_path: Path) -> None:
    sweep_partial(tmp_path)
    partial = tmp_path / "partial"
    partial.mkdir()
    (partial / "young").touch()
    (partial / "old").touch()
    long_ago = (partial / "old").stat().st_mtime - STALE_AFTER_S - 60
    os.utime(partial / "old", (long_ago, long_ago))
    sweep_partial(tmp_path)
    assert [file.name for file in partial.iterdir()] == ["young"]


class Heard(Silent):
    """Keeps the notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, line: str) -> None:
        self.notes.append(line)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def made_a_folder(path: Path) -> None:
    path.unlink()
    (path / "inner").mkdir(parents=True)


def made_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def made_a_link_to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nowhere")


def made_an_endless_device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def taken_from_another_name(path: Path) -> None:
    other = path.with_name("other")
    write_checked(other, [b"what the other is made of"])
    other.replace(path)


@pytest.mark.parametrize(
    "damage",
    [
        emptied,
        cut,
        made_a_folder,
        made_a_pipe,
        made_a_link_to_nowhere,
        made_an_endless_device,
        taken_from_another_name,
    ],
)
def test_damaged_entry_is_deleted_said_once_and_can_be_made_again(
    damage: Callable[[Path], None], tmp_path: Path
) -> None:
    path, heard = tmp_path / "kind" / "entry", Heard()
    write_checked(path, [b"payload"])
    damage(path)
    assert read_checked(path, heard) is None
    assert heard.notes == [f"sealbench: {path} is damaged; it is made again"]
    assert not os.path.lexists(path)
    assert read_checked(path, heard) is None
    assert len(heard.notes) == 1
    write_checked(path, [b"payload"])
    assert read_checked(path, heard) == b"payload"


def test_file_takes_the_place_of_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "kind" / "entry"
    (path / "inner").mkdir(parents=True)
    write_checked(path, [b"payload"])
    assert read_checked(path, Silent()) == b"payload"


def test_what_cannot_be_kept_is_said_and_work_goes_on(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file where the folder should be")
    heard = Heard()
    for _ in range(3):
        keep_checked(tmp_path / "cache" / "kind" / "entry", [b"x"], heard)
    assert len(heard.notes) == 1
    assert heard.notes[0].startswith("sealbench: cannot write to the clip cache")


def test_file_is_hashed_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"first")
    monkeypatch.setattr("bench.clips.cache.SETTLED_NS", -1)
    read: list[str] = []
    digest = hashlib.file_digest

    def counted(file: io.BufferedReader, name: str) -> object:
        read.append(name)
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    assert len({file_sha256(path) for _ in range(5)}) == 1
    assert len(read) == 1
    before = file_sha256(path)
    path.write_bytes(b"other words")
    assert file_sha256(path) != before
    assert len(read) == 2


def test_file_that_was_just_written_is_not_believed_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    for content in (b"first", b"other"):
        path.write_bytes(content)
        assert file_sha256(path) == hashlib.sha256(content).hexdigest()
