"""The picture of a self-test."""

import xml.etree.ElementTree as ET

import pytest

from bench.gate.result import Verdict
from bench.gate.selftest.plot import draw_selftest
from bench.gate.selftest.rows import Condition, TrialRow
from bench.gate.selftest.summary import summarise

PNG = b"\x89PNG\r\n\x1a\n"
SVG_LINES = "{http://www.w3.org/2000/svg}g"


def trials(condition: Condition, *flags: str) -> list[TrialRow]:
    return [
        TrialRow(
            condition=condition,
            gate=place,
            benchmark="srtp protect",
            effect=effect,
            verdict=Verdict.REGRESSION if effect * place > 0.1 else Verdict.PASS,
            reason="",
            ratio=1 + effect,
            control=1.0,
            confirmed=False,
            seconds=1.0,
            pressure_percent=None,
            contrast=dict.fromkeys(flags, place % 2 == 0),
        )
        for effect in (0.0, 0.03, 0.1)
        for place in range(10)
    ]


def axes_in(svg: bytes) -> int:
    groups = ET.fromstring(svg).iter(SVG_LINES)  # noqa: S314 - our own picture
    return sum(group.get("id", "").startswith("axes_") for group in groups)


@pytest.mark.parametrize("conditions", [("noisy",), ("idle", "noisy")])
def test_each_condition_has_a_panel(conditions: tuple[Condition, ...]) -> None:
    rows = [row for condition in conditions for row in trials(condition, "mean:5%", "min:3%")]
    png, svg = draw_selftest(summarise(rows), "a machine")
    assert png.startswith(PNG)
    assert axes_in(svg) == len(conditions)


def test_same_rows_give_the_same_picture_with_or_without_flags() -> None:
    summary = summarise(trials("idle"))
    assert draw_selftest(summary, "a machine") == draw_selftest(summary, "a machine")


def test_conditions_may_have_other_effects_and_flags() -> None:
    idle = [row for row in trials("idle", "mean:5%") if row.effect]
    noisy = [row for row in trials("noisy", "min:3%") if row.effect != 0.1]
    png, _ = draw_selftest(summarise([*idle, *noisy]), "a machine")
    assert png.startswith(PNG)


def test_no_comparisons_have_no_picture() -> None:
    with pytest.raises(ValueError, match="no picture"):
        draw_selftest(summarise([]), "a machine")
