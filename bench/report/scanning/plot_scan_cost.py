"""What each hook costs, step by step, and what it adds to the way of a frame."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.drawing import Axes, Figure, Line2D, Patch
from bench.plot_style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    SMALL_POINTS,
    SOFT,
    VERMILION,
    WARNING,
    Margins,
    drawable,
    panels,
    put_caption,
    put_legend,
    put_title,
    shortened,
    text_width_in,
    width_for,
)
from bench.report.outcome import failure, remark
from bench.report.quantities import duration, percent
from bench.report.scanning.hook_notes import FEWEST_FOR_P99
from bench.report.scanning.hook_rows import HookGroup, hook_name, pipeline_name
from bench.report.scanning.hook_steps import COPY, DECODE, HASH, LOOKUP, REST, WORKER, step_means_ns
from bench.results import Estimate, HookSummary, Row

_LOOKS = {
    DECODE: (PURPLE, ".."),
    HASH: (BLUE, ""),
    LOOKUP: (ORANGE, "////"),
    COPY: (SKY, "xxxx"),
    REST: (GREY, ""),
    WORKER: (GREEN, "\\\\\\\\"),
}
_P50, _P99 = (BLUE, "o"), (VERMILION, "D")
_ROW_IN = 0.27
_PANEL_IN = 3.9
_WIDEST_NAME_IN = 4.5
_NUMBER_ROOM = 1.5
"""The axis ends this much beyond the longest bar, so that its number fits."""
_BOLD = 1.16
"""How much wider bold letters are."""
_LONG_NS = 2e6
"""From here on the axis counts milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One line of the picture: a hook, or the name of the pipeline whose hooks follow."""

    name: str
    row: Row | None


def draw_scan_cost(group: HookGroup, title: str, caption: str) -> Figure:
    """Return the cost per frame of every hook of `group`, and the latency that it adds."""
    places = _places(group)
    left = max(_width_in(place) for place in places) + 0.35
    margins = Margins(left=left, right=0.3, top=1.28, bottom=0.95)
    width_in = width_for(title, left + 2 * _PANEL_IN + margins.right)
    height_in = margins.top + margins.bottom + _ROW_IN * max(len(places), 2)
    figure, (cost, added) = panels(width_in, height_in, margins, 2)
    put_title(figure, "What each hook costs, and what it adds to a frame's way", title)
    _draw_costs(cost, places, group.fps)
    _draw_added(added, places)
    cost.set_ylim(len(places) - 0.4, -0.6)
    cost.set_yticks(range(len(places)), [place.name for place in places])
    for label, place in zip(cost.get_yticklabels(), places, strict=True):
        label.set_fontweight("bold" if place.row is None else "normal")
    for axes in (cost, added):
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
    _write_instead(cost, places)
    _put_legend(figure, group)
    put_caption(figure, caption)
    return figure


def _places(group: HookGroup) -> list[_Place]:
    places: list[_Place] = []
    pipelines = [pipeline_name(row, group.rows) for row in group.rows]
    for pipeline, row in zip(pipelines, group.rows, strict=True):
        if pipeline not in {place.name for place in places if place.row is None}:
            places.append(_Place(name=_fitting(pipeline), row=None))
        labels = f" [{', '.join(row.labels)}]" if row.labels else ""
        places.append(_Place(name=f"{_fitting(hook_name(row))}{drawable(labels)}", row=row))
    return places


def _width_in(place: _Place) -> float:
    return text_width_in(place.name, SMALL_POINTS) * (_BOLD if place.row is None else 1.0)


def _fitting(name: str) -> str:
    return shortened(drawable(name), _WIDEST_NAME_IN, SMALL_POINTS)


def _measured(places: Sequence[_Place]) -> list[tuple[int, Row, HookSummary]]:
    return [
        (at, place.row, place.row.hook)
        for at, place in enumerate(places)
        if place.row is not None and place.row.error is None and place.row.hook is not None
    ]


def _unit(longest_ns: float) -> tuple[str, float]:
    return ("ms", 1e6) if longest_ns > _LONG_NS else ("µs", 1e3)


def _draw_costs(axes: Axes, places: Sequence[_Place], fps: float) -> None:
    steps = [(at, step_means_ns(row), hook) for at, row, hook in _measured(places)]
    longest_ns = max((sum(means.values()) for _, means, _ in steps), default=0.0) or 1e3
    unit, unit_ns = _unit(longest_ns)
    for at, means, hook in steps:
        left = 0.0
        for step, mean_ns in means.items():
            colour, hatch = _LOOKS[step]
            axes.barh(
                at,
                mean_ns / unit_ns,
                left=left,
                height=0.66,
                color=colour,
                hatch=hatch,
                edgecolor="white",
                linewidth=0.6,
            )
            left += mean_ns / unit_ns
        total_ns = sum(means.values())
        share = f" ({percent(total_ns * fps / 1e9)})" if fps else ""
        share = share if hook.sampled else "; none sampled"
        _annotate(axes, f"{duration(total_ns)}{share}", left, at)
    axes.set_xlim(0, longest_ns / unit_ns * _NUMBER_ROOM)
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel(f"{unit} per frame of the stream (mean)")
    if fps:
        to_percent = unit_ns * fps / 1e7
        top = axes.secondary_xaxis(
            "top",
            functions=(
                lambda time: np.asarray(time, np.float64) * to_percent,
                lambda share: np.asarray(share, np.float64) / to_percent,
            ),
        )
        top.set_xlabel(f"% of a core at {fps:.4g} fps", fontsize=SMALL_POINTS)
        top.tick_params(labelsize=SMALL_POINTS)


def _draw_added(axes: Axes, places: Sequence[_Place]) -> None:
    rows = _measured(places)
    longest_ns = max(
        (
            (hook.added_p99_ns if row.frames >= FEWEST_FOR_P99 else hook.added_p50_ns).high
            for _, row, hook in rows
        ),
        default=0.0,
    )
    unit, unit_ns = _unit(max(longest_ns, 1e3))
    for at, row, hook in rows:
        _dot(axes, hook.added_p50_ns, (at - 0.12, unit_ns), _P50)
        if row.frames >= FEWEST_FOR_P99:
            _dot(axes, hook.added_p99_ns, (at + 0.12, unit_ns), _P99)
    axes.axvline(0, color=SOFT, linewidth=0.8)
    axes.locator_params(axis="x", nbins=6)
    axes.set_xlabel(f"{unit} added to a frame's way (lines: 95 %)")


def _dot(axes: Axes, time: Estimate, place: tuple[float, float], look: tuple[str, str]) -> None:
    """Draw `time` with its interval; `place` is its height and the ns of the axis's unit."""
    at, unit_ns = place
    colour, marker = look
    axes.errorbar(
        time.value / unit_ns,
        at,
        xerr=[
            [max(0.0, time.value - time.low) / unit_ns],
            [max(0.0, time.high - time.value) / unit_ns],
        ],
        color=colour,
        marker=marker,
        markersize=4.5,
        linewidth=1.2,
    )


def _annotate(axes: Axes, words: str, x: float, y: float) -> None:
    axes.annotate(
        words,
        (x, y),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_POINTS,
        color=INK,
    )


def _write_instead(axes: Axes, places: Sequence[_Place]) -> None:
    """Write how a hook ended that has no bar; the table tells why, for reasons are long."""
    room_in = _PANEL_IN - 0.5
    for at, place in enumerate(places):
        if place.row is None or place.row.error is None:
            continue
        finding = remark(place.row)
        words = finding.partition(":")[0] if finding else f"error: {failure(place.row)}"
        axes.annotate(
            shortened(drawable(words), room_in, SMALL_POINTS),
            (0, at),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_POINTS,
            color=SOFT if finding else WARNING,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
            annotation_clip=False,
            zorder=5,
        )


def _put_legend(figure: Figure, group: HookGroup) -> None:
    used = {step for row in group.finished for step in step_means_ns(row)}
    handles: list[Patch | Line2D] = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=step)
        for step, (colour, hatch) in _LOOKS.items()
        if step in used
    ]
    added = [(_P50, "added p50")]
    if any(row.frames >= FEWEST_FOR_P99 for row in group.finished):
        added.append((_P99, "added p99"))
    handles += [
        Line2D([], [], color=colour, marker=marker, markersize=4.5, label=label)
        for (colour, marker), label in added
    ]
    put_legend(figure, handles)
