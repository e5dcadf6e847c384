"""Bytes that a pipeline adds to a frame on the wire, and their share of the stream."""

from bench.drawing import Figure
from bench.plot_style import (
    GREY,
    INK,
    SKY,
    SMALL_POINTS,
    SOFT,
    panels,
    put_caption,
    put_title,
    width_for,
)
from bench.report.grouping import Group
from bench.report.plot_rows import name_rows, row_margins, row_names, rows_height_in, write_errors
from bench.report.quantities import number, percent
from bench.results import Row

_PANEL_IN = 5.0
_NUMBER_ROOM = 1.25
"""The axis ends this much beyond the longest bar, so that its number fits."""


def draw_overhead(group: Group, title: str, caption: str) -> Figure:
    """Return the mean overhead bytes per frame of every row of `group`."""
    names = row_names(group)
    margins = row_margins(names, top=1.0)
    width_in = width_for(title, margins.left + _PANEL_IN + margins.right)
    figure, (axes,) = panels(width_in, rows_height_in(len(names), margins), margins, 1)
    put_title(figure, "Bytes added to a frame on the wire (mean)", title)
    longest = 1.0
    baselines = [group.baseline_of(row) for row in group.rows]
    for place, (row, baseline) in enumerate(zip(group.rows, baselines, strict=True)):
        if row.error is not None:
            continue
        floor = min(baseline.overhead_bytes_mean if baseline else 0.0, row.overhead_bytes_mean)
        added = row.overhead_bytes_mean - floor
        axes.barh(place, floor, height=0.66, color=GREY, edgecolor="white", linewidth=0.6)
        axes.barh(
            place,
            added,
            left=floor,
            height=0.66,
            color=SKY,
            hatch="////",
            edgecolor="white",
            linewidth=0.6,
        )
        axes.annotate(
            _share(row),
            (row.overhead_bytes_mean, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_POINTS,
            color=INK,
        )
        longest = max(longest, row.overhead_bytes_mean)
    axes.set_xlim(0, longest * _NUMBER_ROOM)
    axes.set_xlabel("bytes per frame, and their share of the media stream")
    name_rows(axes, group, names)
    write_errors(figure, axes, group)
    figure.text(
        0.15 / width_in,
        1 - 0.62 / figure.get_figheight(),
        "grey: what the null pipeline adds too (RTP and payload headers); hatched: protection",
        va="top",
        fontsize=SMALL_POINTS,
        color=SOFT,
    )
    put_caption(figure, caption)
    return figure


def _share(row: Row) -> str:
    bytes_shown = f"{number(row.overhead_bytes_mean)} B"
    if not row.unit_bytes_mean:
        return bytes_shown
    return f"{bytes_shown} ({percent(row.overhead_bytes_mean / row.unit_bytes_mean)})"
