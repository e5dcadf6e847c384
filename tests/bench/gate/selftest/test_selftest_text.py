"""The words of a self-test, against golden files.

To accept new output: SEALBENCH_UPDATE_GOLDEN=1 pytest tests/bench/gate, then read the diff.
"""

import os
from pathlib import Path

import pytest

from bench.gate.result import Verdict
from bench.gate.selftest.contrast import FLAGS
from bench.gate.selftest.rows import Condition, TrialRow
from bench.gate.selftest.summary import summarise
from bench.gate.selftest.text import WIDTH, to_markdown, to_text

GOLDEN = Path(__file__).parents[3] / "golden" / "gate"

REGRESSION_PERCENT = {0.0: 0, 0.01: 3, 0.02: 90, 0.03: 99, 0.05: 100, 0.1: 100}


def check_golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("SEALBENCH_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def trial(condition: Condition, effect: float, place: int, verdict: Verdict) -> TrialRow:
    wobble = (place % 21 - 10) / 2000
    return TrialRow(
        condition=condition,
        gate=place // 20,
        benchmark=f"benchmark {place % 20}",
        effect=effect,
        verdict=verdict,
        reason="",
        ratio=None if verdict is Verdict.WRONG_ANSWER else (1 + effect) * (1 + wobble),
        control=1.0,
        confirmed=verdict is not Verdict.PASS,
        seconds=1.0 if verdict is Verdict.PASS else 2.6,
        pressure_percent=3.0,
        contrast={flag: place % (index + 3) == 0 for index, flag in enumerate(FLAGS)},
    )


def trials(condition: Condition, *, per_effect: int) -> list[TrialRow]:
    found = []
    for effect, percent in REGRESSION_PERCENT.items():
        for place in range(per_effect * (1 if effect else 3)):
            caught = place * 37 % 100 < percent
            verdict = Verdict.REGRESSION if caught else Verdict.PASS
            found.append(trial(condition, effect, place, verdict))
    return found


@pytest.fixture(scope="module")
def rows() -> list[TrialRow]:
    return [
        *trials("idle", per_effect=100),
        trial("idle", 0.0, 301, Verdict.IMPROVED),
        trial("idle", 0.05, 302, Verdict.WRONG_ANSWER),
        *trials("noisy", per_effect=20),
        trial("noisy", 0.0, 61, Verdict.REGRESSION),
        trial("noisy", 0.0, 62, Verdict.INCONCLUSIVE),
    ]


def test_terminal_text_is_as_reviewed(rows: list[TrialRow]) -> None:
    check_golden("selftest.txt", to_text(summarise(rows)))


def test_markdown_is_as_reviewed(rows: list[TrialRow]) -> None:
    check_golden("selftest.md", to_markdown(summarise(rows)))


def test_thousands_of_comparisons_fit_the_width() -> None:
    many = trials("idle", per_effect=1100) + trials("noisy", per_effect=5)
    assert max(map(len, to_text(summarise(many)).splitlines())) <= WIDTH


def test_one_in_many_is_neither_none_nor_all() -> None:
    many = [trial("idle", 0.0, place, Verdict.PASS) for place in range(2500)]
    one = trial("idle", 0.0, 0, Verdict.REGRESSION)
    lines = to_text(summarise([*many, one])).splitlines()
    assert any(line.startswith("none") and " <0.1 [" in line for line in lines)
    caught = [trial("idle", 0.1, place, Verdict.REGRESSION) for place in range(2500)]
    lines = to_text(summarise([*caught, trial("idle", 0.1, 0, Verdict.PASS)])).splitlines()
    assert any(line.startswith("+10 %") and " >99.9 [" in line for line in lines)


def test_nothing_compared_says_so_and_passes_nothing() -> None:
    text = to_text(summarise([]))
    assert text.startswith("0 comparisons")
    assert text.count("too few") == 5
