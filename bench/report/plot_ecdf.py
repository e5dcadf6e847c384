"""How latency is spread over frames: one curve per pipeline, a few that stand for the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.drawing import Figure, FuncFormatter, LogLocator, NullFormatter, PercentFormatter
from bench.plot_style import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    RULE,
    SKY,
    SMALL_POINTS,
    VERMILION,
    YELLOW,
    Margins,
    drawable,
    panels,
    put_caption,
    put_title,
    text_width_in,
    width_for,
)
from bench.report.grouping import Group, family, is_baseline, total_p50_ns
from bench.report.quantities import duration
from bench.results import Row

MOST_CURVES = 7
"""More curves than this cannot be told apart."""

_LOOKS = (
    (SKY, "o"),
    (BLUE, "s"),
    (ORANGE, "^"),
    (VERMILION, "D"),
    (GREEN, "v"),
    (PURPLE, "P"),
    (YELLOW, "X"),
)
_PANEL_IN = 5.6
_HEIGHT_IN = 4.6
_MANY_DECADES = 500.0
"""Where the axis spans more than this, only powers of ten have room for their names."""
_POINTS = 400
"""Quantiles a curve is drawn with: finer than the eye, coarser than the samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The latencies of one pipeline, in ns."""

    name: str
    is_baseline: bool
    latency_ns: npt.NDArray[np.int64]


def chosen_rows(group: Group) -> tuple[Row, ...]:
    """Return the rows to draw: all where they are few, else as the caption says.

    That is the baselines, the fastest of each family, then the slowest while there is room.
    """
    if len(group.finished) <= MOST_CURVES:
        return group.finished
    families: dict[str, list[Row]] = {}
    for row in group.finished:
        if is_baseline(row):
            continue
        families.setdefault(family(row.pipeline), []).append(row)
    chosen: list[Row] = [row for row in group.finished if is_baseline(row)]
    chosen += [min(members, key=_typical_ns) for members in families.values()]
    # The slowest of the richest compositions first: that is the question people come with.
    chosen += [max(members, key=_typical_ns) for members in reversed(families.values())]
    distinct = {row.case + row.engine: row for row in chosen}
    return tuple(distinct.values())[:MOST_CURVES]


def _typical_ns(row: Row) -> float:
    return row.paced.p50_ns.value if row.paced else total_p50_ns(row)


def draw_ecdf(
    curves: Sequence[Curve], title: str, caption: str, *, deadline_ns: int | None
) -> Figure:
    """Return the empirical distribution of each curve; `deadline_ns` is marked if it is near."""
    ordered = sorted(curves, key=lambda curve: float(np.median(curve.latency_ns)))
    words = [_words(curve) for curve in ordered]
    room_in = max(text_width_in(word, SMALL_POINTS) for word in words) + 0.45
    margins = Margins(left=0.8, right=room_in, top=0.95, bottom=1.05)
    width_in = width_for(title, margins.left + _PANEL_IN + margins.right)
    figure, (axes,) = panels(width_in, _HEIGHT_IN, margins, 1)
    put_title(figure, "Share of frames done within a time", title)
    looks = iter(_LOOKS)
    share = np.linspace(0, 1, _POINTS)
    for place, (curve, word) in enumerate(zip(ordered, words, strict=True)):
        colour, marker = (BLACK, "h") if curve.is_baseline else next(looks)
        times_us = np.quantile(curve.latency_ns, share, method="inverted_cdf") / 1e3
        height = 0.12 + 0.76 * (place / max(len(ordered) - 1, 1) if len(ordered) > 1 else 0.5)
        axes.plot(
            times_us,
            share,
            color=colour,
            linewidth=1.8,
            linestyle="--" if curve.is_baseline else "-",
            drawstyle="steps-post",
        )
        own_us = float(np.quantile(curve.latency_ns, height)) / 1e3
        axes.plot([own_us], [height], color=colour, marker=marker, markersize=7)
        # A leader from the curve to its name; the height is where its marker sits.
        axes.annotate(
            word,
            (own_us, height),
            xytext=(1.03, height),
            textcoords="axes fraction",
            va="center",
            fontsize=SMALL_POINTS,
            color=BLACK,
            arrowprops={"arrowstyle": "-", "color": RULE, "linewidth": 0.8, "shrinkB": 5},
            zorder=1,
            annotation_clip=False,
        )
        axes.plot(
            [1.012],
            [height],
            transform=axes.transAxes,
            color=colour,
            marker=marker,
            markersize=7,
            clip_on=False,
        )
    if deadline_ns is not None:
        axes.axvline(deadline_ns / 1e3, color=VERMILION, linestyle=":", linewidth=1.4)
        axes.annotate(
            f"deadline {duration(deadline_ns)}",
            (deadline_ns / 1e3, 0.02),
            xytext=(-4, 0),
            textcoords="offset points",
            rotation=90,
            ha="right",
            va="bottom",
            fontsize=SMALL_POINTS,
            color=VERMILION,
        )
    axes.set_xscale("log")
    axes.set_ylim(0, 1.0)
    axes.grid(visible=False, axis="y")
    left_us, right_us = axes.get_xlim()
    steps = (1.0, 2.0, 5.0) if right_us / left_us < _MANY_DECADES else (1.0,)
    axes.xaxis.set_major_locator(LogLocator(subs=steps, numticks=12))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time_us, _: _tick(time_us)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))
    axes.set_xlabel("time per frame (logarithmic)")
    axes.set_ylabel("share of frames")
    put_caption(figure, caption)
    return figure


def _tick(time_us: float) -> str:
    for scale_us, unit in ((1e6, "s"), (1e3, "ms"), (1.0, "µs")):
        if time_us >= scale_us:
            return f"{time_us / scale_us:g} {unit}"
    return f"{time_us * 1e3:g} ns"


def _words(curve: Curve) -> str:
    p50_ns, p99_ns = np.quantile(curve.latency_ns, (0.5, 0.99), method="inverted_cdf")
    return drawable(f"{curve.name}: p50 {duration(float(p50_ns))}, p99 {duration(float(p99_ns))}")
