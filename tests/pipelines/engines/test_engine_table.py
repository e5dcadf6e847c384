import pytest

from pipelines.engines.native import library as native_library
from pipelines.engines.table import AUTO, ENGINE_NAMES, ENGINES, choose_engine


@pytest.mark.parametrize("name", ENGINES)
def test_each_engine_is_here_with_its_name_and_its_library(name: str) -> None:
    choice = choose_engine(name)
    assert choice.fallback is None
    assert choice.engine.name == name
    assert "OpenSSL" in str(choice.engine.library())


def test_auto_takes_compiled_batches() -> None:
    assert choose_engine(AUTO).engine.name == "libcrypto"


def test_an_unknown_engine_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        choose_engine("openssl")
    assert AUTO in ENGINE_NAMES


def test_a_missing_library_falls_back_and_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(native_library.PATH_VARIABLE, "/nonexistent/libcrypto.so")
    choose_engine.cache_clear()
    try:
        choice = choose_engine(AUTO)
    finally:
        choose_engine.cache_clear()
    assert choice.engine.name == "cryptography"
    assert choice.fallback is not None
    assert "/nonexistent/libcrypto.so" in choice.fallback
    assert "\n" not in choice.fallback
