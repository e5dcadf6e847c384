"""How a verdict looks in a plot."""

from collections.abc import Collection

from bench.drawing import Line2D
from bench.gate.report.wording import WORST_FIRST
from bench.gate.result import Verdict
from bench.plot_style import BLACK, BLUE, GREEN, ORANGE, VERMILION

COLOURS = {
    Verdict.WRONG_ANSWER: BLACK,
    Verdict.REGRESSION: VERMILION,
    Verdict.INCONCLUSIVE: ORANGE,
    Verdict.IMPROVED: GREEN,
    Verdict.PASS: BLUE,
}
MARKERS = {
    Verdict.WRONG_ANSWER: "X",
    Verdict.REGRESSION: "s",
    Verdict.INCONCLUSIVE: "D",
    Verdict.IMPROVED: "^",
    Verdict.PASS: "o",
}


def verdict_handles(verdicts: Collection[Verdict]) -> list[Line2D]:
    """Return a legend's entry for each of `verdicts` that occurs, the worst first."""
    return [
        Line2D([], [], linestyle="", color=COLOURS[each], marker=MARKERS[each], label=each.value)
        for each in WORST_FIRST
        if each in verdicts
    ]
