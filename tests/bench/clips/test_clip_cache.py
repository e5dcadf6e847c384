import os
from pathlib import Path

import pytest

from bench.clips.cache import (
    STALE_AFTER_S,
    cache_dir,
    new_file,
    read_checked,
    sweep_partial,
    write_checked,
)
from bench.clips.errors import ClipError


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
    assert read_checked(path) == b"onetwo"


def test_any_damage_to_a_checked_file_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "kind" / "entry"
    write_checked(path, [b"payload"])
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(bytes(b ^ (at == position) for at, b in enumerate(whole)))
        assert read_checked(path) is None
        path.write_bytes(whole[:position])
        assert read_checked(path) is None


def test_missing_checked_file_reads_as_none(tmp_path: Path) -> None:
    assert read_checked(tmp_path / "nothing") is None


def test_interrupted_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "kind" / "entry"
    write_checked(path, [b"old"])

    def stop_half_way() -> None:
        with new_file(path) as file:
            file.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_half_way()
    assert read_checked(path) == b"old"
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
