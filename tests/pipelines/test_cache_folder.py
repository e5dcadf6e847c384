from pathlib import Path

import pytest

from pipelines.cache_folder import CACHE_VARIABLE, cache_folder


def test_the_variable_names_the_folder_wherever_one_goes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.chdir(tmp_path)
    for named, expected in (
        ("/there", Path("/there")),
        ("here", tmp_path / "here"),
        ("~/cache", Path("/home/me/cache")),
        ("~nobody-here/cache", tmp_path / "~nobody-here" / "cache"),
    ):
        monkeypatch.setenv(CACHE_VARIABLE, named)
        assert cache_folder() == expected


@pytest.mark.parametrize("empty", [None, "", " "])
def test_without_it_the_users_cache_folder_is_taken(
    monkeypatch: pytest.MonkeyPatch, empty: str | None
) -> None:
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    if empty is not None:
        monkeypatch.setenv(CACHE_VARIABLE, empty)
    monkeypatch.setenv("HOME", "/home/me")
    for user, expected in (
        ("", "/home/me/.cache"),
        ("caches", "/home/me/.cache"),
        ("/var/me", "/var/me"),
    ):
        monkeypatch.setenv("XDG_CACHE_HOME", user)
        assert cache_folder() == Path(expected) / "sealbench"


@pytest.mark.parametrize("home", ["", "somewhere"])
def test_a_user_without_a_home_gets_no_folder_called_tilde(
    monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", home)
    assert cache_folder() == Path("/.cache/sealbench")
