"""Masks that hide instructions from OpenSSL, and how to tell that they took effect."""

from itertools import pairwise

import pytest

from bench.peers.cpu_masks import MASKS, capability_words
from bench.peers.cpus import not_x86, overtakes, run_masked

FULL = "OPENSSL_ia32cap=0xfffa3203078bffff:0x405fc6f1bf07ab"


def test_each_mask_hides_what_the_one_before_hides() -> None:
    for weaker, stronger in pairwise(MASKS):
        for fewer, more in zip(weaker.hidden, stronger.hidden, strict=True):
            assert fewer & more == fewer
        assert weaker.hidden != stronger.hidden


def test_variables_name_the_words_they_change() -> None:
    assert [mask.variable for mask in MASKS] == [
        "",
        ":~0x60000000000",
        ":~0x5e42dc230000",
        "~0x200000200000000:~0x5e42dc230000",
    ]


def test_settings_without_the_hidden_bits_show_the_effect() -> None:
    no_vaes = MASKS[1]
    assert no_vaes.took_effect(FULL) is False
    words = [
        word & ~hidden for word, hidden in zip(capability_words(FULL), no_vaes.hidden, strict=True)
    ]
    assert no_vaes.took_effect(f"OPENSSL_ia32cap={words[0]:#x}:{words[1]:#x} env:~0x1") is True


@pytest.mark.parametrize("text", ["", "N/A", "OPENSSL_armcap=0x7d", "OPENSSL_ia32cap=0x1"])
def test_settings_that_tell_nothing_prove_nothing(text: str) -> None:
    assert MASKS[1].took_effect(text) is None


def test_other_architectures_get_one_line() -> None:
    assert not_x86("x86_64") is None
    assert not_x86("aarch64") == "OPENSSL_ia32cap exists on x86 only; this machine is aarch64"


@pytest.mark.parametrize(
    ("gains", "text"),
    [
        ([0.3, 1.02, None], "at no size"),
        ([1.5, 2.0, 9.0], "at every size"),
        ([0.9, 1.2, 3.0], "at 1,200, 65,536 B"),
    ],
)
def test_overtaking_needs_a_clear_lead(gains: list[float | None], text: str) -> None:
    assert overtakes([172, 1200, 65_536], gains) == text


@pytest.mark.skipif(not_x86() is not None, reason="masks exist on x86 only")
def test_masked_process_measures_and_says_that_the_mask_took_effect() -> None:
    mask = MASKS[2]
    result = run_masked(mask, 1, 1)
    assert {mask.took_effect(text) for text in result.settings.values()} == {True}
    assert {each.cipher for each in result.measured} == {
        "aes-128-gcm",
        "aes-256-gcm",
        "chacha20-poly1305",
    }
    assert all(len(each.ns) == 1 and each.ns[0] > 0 for each in result.measured)
