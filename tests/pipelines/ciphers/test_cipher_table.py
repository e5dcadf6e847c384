"""The table of ciphers and looking one up."""

import pytest

from pipelines.ciphers.table import CIPHERS, cipher_named


def test_every_cipher_stands_under_its_own_name() -> None:
    assert all(name == cipher.name for name, cipher in CIPHERS.items())
    assert all(cipher_named(name) is cipher for name, cipher in CIPHERS.items())


def test_unauthenticated_and_insecure_ciphers_say_so() -> None:
    labels = {name: cipher.labels for name, cipher in CIPHERS.items() if cipher.labels}
    assert labels == {
        "null": ("unauthenticated",),
        "aes-128-ecb": ("insecure", "unauthenticated"),
    }
    assert all(c.authenticated == ("unauthenticated" not in c.labels) for c in CIPHERS.values())


def test_every_cipher_names_its_source() -> None:
    assert all(cipher.source and cipher.summary.endswith(".") for cipher in CIPHERS.values())


def test_an_unknown_name_gets_the_known_ones_and_a_guess() -> None:
    with pytest.raises(
        ValueError, match="unknown cipher 'aes-128-gmc'; did you mean 'aes-128-gcm'"
    ):
        cipher_named("aes-128-gmc")
    with pytest.raises(
        ValueError, match=r"unknown cipher 'rot13' \(known: null, .*, aes-128-ecb\)"
    ):
        cipher_named("rot13")


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CIPHERS["mine"] = cipher_named("null")  # type: ignore[index]
