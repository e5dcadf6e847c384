"""The paired-ratio plot: every pair, as measured, beside the pairs of two equal copies."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bench.drawing import Axes, Figure, FuncFormatter, Line2D, MaxNLocator
from bench.gate.blocks import Blocks
from bench.gate.report.deciding import deciding
from bench.gate.report.plot_verdicts import COLOURS, verdict_handles
from bench.gate.report.wording import plain, shortened_middle, title_text, worst_first
from bench.gate.result import Finding, GateResult
from bench.plot_style import (
    GREY,
    INK,
    RULE,
    SMALL_POINTS,
    SOFT,
    drawable,
    put_caption,
    put_legend,
    put_title,
    rendered,
    settings,
)

MOST = 8
"""Benchmarks that are drawn: the worst verdicts first, then the slowest changes."""

_WIDTH_IN, _ROW_IN = 10.0, 1.55
_TOP_IN, _BOTTOM_IN = 1.25, 1.05
_LONGEST_NAME = 90
_SHOWN_PERCENT = (5.0, 95.0)
"""The axis spans these percentiles and half as much on either side; the rest is at its edge."""

_F64 = npt.NDArray[np.float64]


def draw_ratios(result: GateResult, blocks: Mapping[str, Sequence[Blocks]]) -> tuple[bytes, bytes]:
    """Return the paired-ratio plot of at most 8 benchmarks as PNG and SVG."""
    with settings():
        return rendered(_figure(result, blocks))


def _figure(result: GateResult, blocks: Mapping[str, Sequence[Blocks]]) -> Figure:
    measured = most_interesting(result, blocks)
    count = max(1, len(measured))
    height_in = count * _ROW_IN + _TOP_IN + _BOTTOM_IN
    figure = Figure(figsize=(_WIDTH_IN, height_in))
    grid = figure.subplots(count, 2, sharey="row", squeeze=False)
    figure.subplots_adjust(
        left=0.75 / _WIDTH_IN,
        right=1 - 0.2 / _WIDTH_IN,
        top=1 - _TOP_IN / height_in,
        bottom=_BOTTOM_IN / height_in,
        wspace=0.04,
        hspace=0.42,
    )
    for (head, twin), (finding, restarts) in zip(grid, measured, strict=False):
        _panel(head, [each[0] for each in restarts], COLOURS[finding.verdict])
        _panel(twin, [each[1] for each in restarts], GREY)
        _frame(head, finding, np.concatenate([part for pair in restarts for part in pair]))
        twin.set_title("twin / base", loc="right", fontsize=SMALL_POINTS, color=SOFT)
        twin.tick_params(axis="y", length=0)
    for bottom in grid[-1]:
        bottom.set_xlabel("pairs in the order of measuring")
    if not measured:
        for empty in grid.flat:
            empty.set_axis_off()
        figure.text(0.5, 0.5, "no benchmark was measured", ha="center")
    put_title(figure, "Every pair: time of head, and of a twin, against base", title_text(result))
    put_legend(figure, _handles([finding for finding, _ in measured]))
    put_caption(
        figure,
        "Left head / base, right twin / base: two equal copies. Each band is a restart: three new"
        " processes. Interrupted pairs are left out; the few far off are drawn at the edge.",
    )
    return figure


def most_interesting(
    result: GateResult, blocks: Mapping[str, Sequence[Blocks]]
) -> list[tuple[Finding, list[tuple[_F64, _F64]]]]:
    """Return what is drawn, the worst first, with the changes in % of head and twin by restart."""
    found = [
        (finding, _restarts(finding, blocks.get(finding.benchmark, ())))
        for finding in worst_first(result.findings)
    ]
    return [(finding, restarts) for finding, restarts in found if restarts][:MOST]


def _restarts(finding: Finding, every: Sequence[Blocks]) -> list[tuple[_F64, _F64]]:
    """Return the changes in % of head and of twin against base, a pair of arrays per restart."""
    found = []
    for one in deciding(finding, every):
        usable = ~one.interrupted & (one.base_ns > 0)
        base = one.base_ns[usable]
        if len(base):
            head, twin = one.head_ns[usable] / base, one.twin_ns[usable] / base
            found.append((100 * (head - 1), 100 * (twin - 1)))
    return found


def _panel(axes: Axes, restarts: Sequence[_F64], colour: str) -> None:
    """Draw the pairs of each restart in a band of its own, with their median."""
    start = 0
    for number, changes in enumerate(restarts):
        end = start + len(changes)
        if number % 2:
            axes.axvspan(start, end, color=RULE, alpha=0.45, linewidth=0, zorder=0)
        axes.plot(
            np.arange(start, end) + 0.5,
            changes,
            ".",
            color=colour,
            markersize=4,
            alpha=0.7,
            markeredgewidth=0,
        )
        axes.hlines(float(np.median(changes)), start, end, color=INK, linewidth=1.4, zorder=3)
        start = end
    axes.axhline(0, color=SOFT, linewidth=0.8)
    axes.set_xlim(0, start)
    axes.grid(visible=False, axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def _frame(axes: Axes, finding: Finding, changes: _F64) -> None:
    """Set the y axis, which both panels of a row share, and what stands above it."""
    low, high = np.percentile(changes, _SHOWN_PERCENT).tolist()
    threshold = 100 * finding.threshold
    spare = (high - low) / 2
    low, high = min(low - spare, -1.5 * threshold), max(high + spare, 1.5 * threshold)
    room = 0.06 * (high - low)
    bounds = low - room, high + room
    for panel in axes.get_shared_y_axes().get_siblings(axes):
        for side in (-threshold, threshold):
            panel.axhline(side, color=SOFT, linewidth=1, linestyle="--")
        for line in panel.lines:
            if line.get_marker() == ".":
                inside = np.clip(np.asarray(line.get_ydata(), dtype=float), low, high)
                line.set_ydata(inside)
    axes.set_ylim(*bounds)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(_tick))
    name = shortened_middle(drawable(plain(finding.benchmark)), _LONGEST_NAME)
    axes.set_title(name, loc="left", fontsize=SMALL_POINTS, fontweight="bold", color=INK)


def _tick(value: float, _: int | None) -> str:
    return f"{value:+g} %" if value else "0"


def _handles(findings: Sequence[Finding]) -> list[Line2D]:
    verdicts = verdict_handles({finding.verdict for finding in findings})
    for handle in verdicts:
        handle.set_marker("o")
    return [
        *verdicts,
        Line2D([], [], linestyle="", color=GREY, marker="o", label="twin"),
        Line2D([], [], color=INK, linewidth=1.6, label="median of a restart"),
        Line2D([], [], color=SOFT, linewidth=1, linestyle="--", label="threshold"),
    ]
