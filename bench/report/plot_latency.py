"""Latency per stage, stacked, one bar per pipeline and one panel per role."""

from dataclasses import dataclass

from bench.drawing import Axes, Figure, Patch
from bench.plot_style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    SMALL_POINTS,
    drawable,
    panels,
    put_caption,
    put_legend,
    put_title,
    width_for,
)
from bench.report.grouping import Group, role_of, stages_of
from bench.report.plot_rows import name_rows, row_margins, row_names, rows_height_in, write_errors
from bench.report.quantities import duration
from bench.results import Row, StageSummary

_ROLES = ("sender", "relay", "receiver")
_PANEL_IN = 2.55
_LONG_NS = 2e6
"""From here on the axis counts milliseconds."""
_NUMBER_ROOM = 1.32
"""The axis ends this much beyond the longest bar, so that its number fits."""


@dataclass(frozen=True, slots=True)
class Look:
    """How one sort of work is drawn: hatches tell apart what a grey copy would not."""

    name: str
    colour: str
    hatch: str


CODEC = Look("codec", PURPLE, "..")
PACKETS = Look("packets", ORANGE, "")
COPY = Look("copy (where crypto would be)", GREY, "")
END_TO_END = Look("crypto, end to end (sframe)", BLUE, "")
HOP_BY_HOP = Look("crypto, hop by hop (srtp)", SKY, "////")
OTHER_CRYPTO = Look("crypto, other", GREEN, "\\\\\\\\")

LOOKS = (CODEC, END_TO_END, HOP_BY_HOP, OTHER_CRYPTO, COPY, PACKETS)


def look_of(stage: StageSummary) -> Look:
    """Return how `stage` is drawn."""
    if stage.kind == "codec":
        return CODEC
    if stage.kind == "packets":
        return PACKETS
    by_stem = {"sframe": END_TO_END, "srtp": HOP_BY_HOP, "copy": COPY}
    return by_stem.get(stage.stage.split("-", 1)[0], OTHER_CRYPTO)


def draw_latency(group: Group, title: str, caption: str) -> Figure:
    """Return the stacked medians of every row of `group`."""
    names = row_names(group)
    margins = row_margins(names, top=1.2)
    width_in = width_for(title, margins.left + len(_ROLES) * _PANEL_IN + margins.right)
    figure, axes = panels(width_in, rows_height_in(len(names), margins), margins, len(_ROLES))
    put_title(figure, "Service time per frame, by stage (median)", title)
    longest_ns = max((_total_ns(row, role) for row in group.finished for role in _ROLES), default=0)
    unit, unit_ns = ("ms", 1e6) if longest_ns > _LONG_NS else ("µs", 1e3)
    for each, role in zip(axes, _ROLES, strict=True):
        _draw_role(each, group, role, unit_ns)
        each.set_xlim(0, (longest_ns / unit_ns or 1.0) * _NUMBER_ROOM)
        each.set_title(role, loc="left", fontweight="bold", color=INK)
        each.set_xlabel(f"{unit} per frame")
        each.locator_params(axis="x", nbins=5)
    name_rows(axes[0], group, names)
    write_errors(figure, axes[0], group)
    _put_legend(figure, group)
    put_caption(figure, caption)
    return figure


def _draw_role(axes: Axes, group: Group, role: str, unit_ns: float) -> None:
    for place, row in enumerate(group.rows):
        left = 0.0
        for stage in stages_of(row, role):
            look, width = look_of(stage), stage.p50_ns.value / unit_ns
            axes.barh(
                place,
                width,
                left=left,
                height=0.66,
                color=look.colour,
                hatch=look.hatch,
                edgecolor="white",
                linewidth=0.6,
            )
            left += width
        total = role_of(row, role)
        if total is not None:
            axes.annotate(
                duration(total.p50_ns.value),
                (left, place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=SMALL_POINTS,
                color=INK,
            )
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


def _total_ns(row: Row, role: str) -> float:
    return sum(stage.p50_ns.value for stage in stages_of(row, role))


def _put_legend(figure: Figure, group: Group) -> None:
    used = {look_of(stage) for row in group.finished for stage in row.stages}
    handles = [
        Patch(facecolor=look.colour, hatch=look.hatch, edgecolor="white", label=drawable(look.name))
        for look in LOOKS
        if look in used
    ]
    if handles:
        put_legend(figure, handles)
