"""Where the CPU goes: one stacked bar per role, servers apart from participants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.drawing import Axes, FuncFormatter, Patch
from bench.drawing import Figure as Drawing
from bench.plot_style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    SMALL_POINTS,
    VERMILION,
    YELLOW,
    Margins,
    drawable,
    put_caption,
    put_legend,
    put_title,
    shortened,
    text_width_in,
)
from bench.sizing.answer.plain_table import plain
from bench.sizing.answer.plot_frame import rests_on, short, side_by_side, title_line
from bench.sizing.answer.quantities import percent, shown
from bench.sizing.answer.values import Answer, RoleAnswer

_PANEL_IN = 3.9
_ROW_IN = 0.62
_GAP_IN = 0.35
_NUMBER_ROOM = 1.45
"""The axis ends this much beyond the longest bar, so that its number fits."""

_SMALL = 0.02
"""Stages of less than this share of their role are drawn as one."""

_OTHERS = "smaller ones together"
_COLOURS = {
    "encode": BLUE,
    "decode": ORANGE,
    "send": GREEN,
    "receive": PURPLE,
    "rewrite and protect": VERMILION,
    "unprotect": SKY,
    "feedback": YELLOW,
}
"""Of the stages that most plots have, so that they look alike in all of them."""

_HATCHES = ("////", "....", "xxxx")
_DARK = frozenset({BLUE, GREEN, VERMILION})
_NAMED_IN = 0.45
"""A part of a bar that is at least so wide says its share."""

_HALVES = frozenset({"publisher", "receiver"})
_WIDEST_LABEL_IN = 2.1


@dataclass(frozen=True, slots=True)
class Look:
    """How a stage is drawn: hatches tell apart what a grey copy would not."""

    colour: str
    hatch: str


def draw_cpu(answer: Answer) -> Drawing:
    """Return cores by stage: of the servers together, and of one participant."""
    groups = [
        (title, roles)
        for title, roles in (
            ("all servers", [role for role in answer.roles if role.role not in _HALVES]),
            ("one participant", [role for role in answer.roles if role.role in _HALVES]),
        )
        if roles
    ]
    looks = _looks([role for _, roles in groups for role in roles])
    names_in = max(text_width_in(drawable(r.role), SMALL_POINTS) for _, rs in groups for r in rs)
    legend_columns = 4
    legend_rows = -(-len(looks) // legend_columns)
    rows = max(len(roles) for _, roles in groups)
    margins = Margins(left=names_in + 0.35, right=0.3, top=1.1 + 0.21 * legend_rows, bottom=0.95)
    drawing, axes = side_by_side(
        len(groups),
        panel_in=_PANEL_IN if len(groups) > 1 else 2 * _PANEL_IN,
        height_in=rows * _ROW_IN + 0.15,
        margins=margins,
        gap_in=names_in + _GAP_IN,
    )
    put_title(drawing, "Where the CPU goes at the peak", title_line(answer))
    for each, (title, roles) in zip(axes, groups, strict=True):
        longest = max(role.cores.value for role in roles) or 1.0
        for place, role in enumerate(roles):
            _bar(each, place, role, looks, longest)
        each.set_xlim(0, longest * _NUMBER_ROOM)
        each.set_ylim(rows - 0.45, -0.55)
        each.set_yticks(range(len(roles)), [drawable(role.role) for role in roles])
        each.tick_params(axis="y", length=0)
        each.grid(visible=False, axis="y")
        each.locator_params(axis="x", nbins=5)
        each.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        each.set_xlabel("cores busy")
        each.set_title(title, loc="left", fontweight="bold", color=INK)
    put_legend(
        drawing,
        [
            Patch(
                facecolor=look.colour,
                hatch=look.hatch,
                edgecolor="white",
                label=shortened(drawable(plain(stage)), _WIDEST_LABEL_IN, SMALL_POINTS),
            )
            for stage, look in looks.items()
        ],
        columns=legend_columns,
    )
    put_caption(
        drawing,
        "Cores like those calibrated, busy all the time; beside bars stand whole roles with"
        f" their 90 % intervals. {rests_on(answer)}",
    )
    return drawing


def _looks(roles: Sequence[RoleAnswer]) -> dict[str, Look]:
    """Return a look for every stage that is drawn, the largest ones first."""
    largest: dict[str, float] = {}
    for role in roles:
        for stage, cores in drawn_stages(role):
            share = cores / role.cores.value if role.cores.value else 0.0
            largest[stage] = max(largest.get(stage, 0.0), share)
    stages = sorted((s for s in largest if s != _OTHERS), key=lambda stage: -largest[stage])
    colours = list(_COLOURS.values())
    looks = {stage: Look(_COLOURS[stage], "") for stage in stages if stage in _COLOURS}
    for place, stage in enumerate(stage for stage in stages if stage not in _COLOURS):
        hatch = _HATCHES[place // len(colours) % len(_HATCHES)]
        looks[stage] = Look(colours[place % len(colours)], hatch)
    return looks | ({_OTHERS: Look(GREY, "")} if _OTHERS in largest else {})


def drawn_stages(role: RoleAnswer) -> list[tuple[str, float]]:
    """Return the stages of `role` with their cores, in order; small ones together at the end."""
    least = _SMALL * role.cores.value
    large = [(s.stage, s.cores.value) for s in role.stages if s.cores.value >= least > 0]
    rest = sum(s.cores.value for s in role.stages if s.cores.value < least)
    return [*large, (_OTHERS, rest)] if rest > 0 else large


def _bar(
    axes: Axes, place: int, role: RoleAnswer, looks: Mapping[str, Look], longest: float
) -> None:
    left = 0.0
    for stage, cores in drawn_stages(role):
        look = looks[stage]
        axes.barh(
            place,
            cores,
            left=left,
            height=0.6,
            color=look.colour,
            hatch=look.hatch,
            edgecolor="white",
            linewidth=0.6,
        )
        if cores / longest * _PANEL_IN / _NUMBER_ROOM >= _NAMED_IN:
            axes.annotate(
                percent(cores / role.cores.value),
                (left + cores / 2, place),
                ha="center",
                va="center",
                fontsize=SMALL_POINTS,
                color="white" if look.colour in _DARK and not look.hatch else INK,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1} if look.hatch else None,
            )
        left += cores
    axes.annotate(
        shown(role.cores).without_unit,
        (left, place),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_POINTS,
        color=INK,
    )
