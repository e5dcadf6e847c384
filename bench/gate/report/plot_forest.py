"""The forest plot: each benchmark's change with its interval, beside what counts as one."""

from collections.abc import Sequence

from bench.drawing import Axes, Figure, FixedLocator, FuncFormatter, Line2D, NullLocator
from bench.gate.design import Comparison
from bench.gate.report.plot_verdicts import COLOURS, MARKERS, verdict_handles
from bench.gate.report.wording import (
    change_text,
    plain,
    shortened_middle,
    stored_text,
    title_text,
)
from bench.gate.result import Finding, GateResult, StoredRatio
from bench.plot_style import (
    GREY,
    INK,
    SMALL_POINTS,
    SOFT,
    Margins,
    drawable,
    panels,
    put_caption,
    put_legend,
    put_title,
    rendered,
    settings,
    shortened,
    text_width_in,
)

_ROW_IN = 0.22
_AXES_IN = 5.0
_RIGHT_IN = 1.9
_REASON_IN = 2.9
_LONGEST_NAME = 64
_LINEAR_THRESHOLDS = 6
"""Changes of more thresholds than these are drawn on an axis that is logarithmic further out."""

_BARS = (
    "Bars are 95 % intervals over restarts; right of 0 head is slower. The twin is a second copy of"
    " the base: what it is off by is noise."
)
_POINTS = (
    "Right of 0 is slower than stored. The two were not measured side by side, so there are no"
    " intervals, and no slowdown is confirmed."
)

_Dashes = tuple[float, tuple[float, float]]
_DASHES: tuple[_Dashes, ...] = ((0, (5, 3)), (0, (1, 2)), (0, (9, 3)))
"""A line style for each threshold in use."""

_TICKS, _FAR_TICKS = (10, 30, 100), (10, 100, 1000, 10_000)
"""Of the logarithmic part: one that ends before the last tick, and one that goes further."""


def draw_forest(result: GateResult) -> tuple[bytes, bytes]:
    """Return the forest plot of `result` as PNG and SVG."""
    with settings():
        return rendered(_figure(result))


def _figure(result: GateResult) -> Figure:
    ordered = sorted(result.findings, key=_place)
    names = [shortened_middle(drawable(plain(each.benchmark)), _LONGEST_NAME) for each in ordered]
    left = max((text_width_in(name, SMALL_POINTS) for name in names), default=0.5) + 0.3
    margins = Margins(left=left, right=_RIGHT_IN, top=1.1, bottom=1.05)
    figure, (axes,) = panels(
        left + _AXES_IN + _RIGHT_IN,
        max(3, len(ordered)) * _ROW_IN + margins.top + margins.bottom,
        margins,
        1,
    )
    what = "time of head against base" if result.stored is None else "least times, now and stored"
    put_title(figure, f"{result.verdict}: {what}", title_text(result))
    linear = _scale(axes, result)
    _thresholds(axes, result)
    for row, finding in enumerate(ordered):
        _row(axes, row, finding)
    axes.set_ylim(max(2.4, len(ordered) - 0.4), -0.6)
    axes.set_yticks(range(len(ordered)), names)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("change of the time per unit, %")
    if not ordered:
        axes.text(0.5, 0.5, "no benchmark was compared", transform=axes.transAxes, ha="center")
    put_legend(figure, _handles(result))
    bend = "" if linear else " The axis is logarithmic further out."
    put_caption(figure, f"{_BARS if result.stored is None else _POINTS}{bend}")
    return figure


def _place(finding: Finding) -> float:
    """Return what rows are sorted by: the slowest change on top, what has none at the bottom."""
    if finding.stored is not None:
        return -finding.stored.judged
    return -finding.comparison.ratio.value if finding.comparison else 0.0


def _row(axes: Axes, row: int, finding: Finding) -> None:
    colour, marker = COLOURS[finding.verdict], MARKERS[finding.verdict]
    comparison = finding.comparison
    if finding.stored is not None:
        _second(axes, row, finding.stored.measured)
        axes.plot([_change(finding.stored.judged)], [row], marker, color=colour, markersize=5)
        _write_change(axes, row, stored_text(finding.stored))
        return
    if comparison is None:
        axes.plot([0], [row], marker, color=colour, markersize=5)
        _write_reason(axes, row, finding.reason)
        return
    ratio = comparison.ratio
    axes.plot([_change(ratio.low), _change(ratio.high)], [row, row], color=colour, linewidth=1.6)
    _second(axes, row, comparison.control.value)
    axes.plot([_change(ratio.value)], [row], marker, color=colour, markersize=5)
    _write_change(axes, row, change_text(comparison))


def _second(axes: Axes, row: int, ratio: float) -> None:
    """Mark what stands beside the change: the twin's, or the stored ratio as measured."""
    axes.plot([_change(ratio)], [row], "|", color=GREY, markersize=9, markeredgewidth=2)


def _write_change(axes: Axes, row: int, text: str) -> None:
    axes.text(
        1.02,
        row,
        text,
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=SMALL_POINTS,
        color=INK,
    )


def _write_reason(axes: Axes, row: int, reason: str) -> None:
    """Write why there is nothing to draw, from 0 on and over the lines of the plot."""
    axes.annotate(
        shortened(drawable(plain(reason)) or "not measured", _REASON_IN, SMALL_POINTS),
        (0, row),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_POINTS,
        color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )


def _thresholds(axes: Axes, result: GateResult) -> None:
    axes.axvline(0, color=INK, linewidth=1)
    for threshold, dashes in _drawn_thresholds(result):
        for side in (-1, 1):
            axes.axvline(100 * side * threshold, color=SOFT, linewidth=1, linestyle=dashes)


def _drawn_thresholds(result: GateResult) -> list[tuple[float, _Dashes]]:
    """Return the thresholds in use with their dashes: that of threads only where there are any."""
    used = {finding.threshold for finding in result.findings} or {result.design.threshold}
    return list(zip(sorted(used), _DASHES, strict=False))


def _scale(axes: Axes, result: GateResult) -> bool:
    """Set the x axis so that all intervals fit; return whether it is linear throughout."""
    widest = 100 * max(threshold for threshold, _ in _drawn_thresholds(result))
    ends = [_change(ratio) for finding in result.findings for ratio in _drawn(finding)]
    low, high = (1.08 * pick([-2 * widest, *ends, 2 * widest]) for pick in (min, max))
    reach = max(-low, high)
    linear = reach <= _LINEAR_THRESHOLDS * widest
    if not linear:
        axes.set_xscale("symlog", linthresh=2 * widest, linscale=1.5)
        far = _TICKS if reach < _TICKS[-1] else _FAR_TICKS
        ticks = [widest, *(each for each in far if 2 * widest < each < reach)]
        axes.xaxis.set_major_locator(FixedLocator([*(-each for each in ticks), 0, *ticks]))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(_tick))
    axes.set_xlim(low, high)
    return linear


def _drawn(finding: Finding) -> Sequence[float]:
    """Return the ratios that a row must have room for."""
    match finding:
        case Finding(stored=StoredRatio() as stored):
            return stored.measured, stored.judged
        case Finding(comparison=Comparison() as comparison):
            ratio = comparison.ratio
            return ratio.low, ratio.high, comparison.control.value
        case _:
            return ()


def _handles(result: GateResult) -> Sequence[Line2D]:
    second = Line2D([], [], linestyle="", color=GREY, marker="|", markersize=9, markeredgewidth=2)
    second.set_label("twin" if result.stored is None else "as measured")
    return [
        *verdict_handles({finding.verdict for finding in result.findings}),
        second,
        *(
            Line2D([], [], color=SOFT, linewidth=1, linestyle=dashes, label=f"±{100 * each:g} %")
            for each, dashes in _drawn_thresholds(result)
        ),
    ]


def _tick(value: float, _: int | None) -> str:
    return f"{value:+,.4g}" if value else "0"


def _change(ratio: float) -> float:
    return 100 * (ratio - 1)
