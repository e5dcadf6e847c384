"""Time of a look-up against the length of the list: in the clear, and by private protocols."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.drawing import Axes, Figure, FuncFormatter, LogLocator, NullFormatter
from bench.plot_style import (
    BLACK,
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    RULE,
    SKY,
    SMALL_POINTS,
    VERMILION,
    Margins,
    drawable,
    panels,
    put_caption,
    put_title,
    spread,
    text_width_in,
    width_for,
)
from bench.report.quantities import duration
from bench.report.scanning.lookup_rows import lookups_of
from bench.report.scanning.private_table import found_words, list_entries, private_rows, protocol_of
from bench.results import Estimate, Row

_LOOKS = (
    (BLUE, "o"),
    (SKY, "s"),
    (GREEN, "^"),
    (ORANGE, "D"),
    (PURPLE, "v"),
    (BLACK, "P"),
)
_PRIVATE_MARKERS = ("X", "*", "p", "h", "<", ">")
_PANEL_IN = 5.4
_HEIGHT_IN = 5.4
_LABEL_STEP = 0.06
"""Height of one line of words, as a share of the axes' height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupCurve:
    """One way to look up: its time per query at each length of the list, shortest first."""

    name: str
    is_private: bool
    points: tuple[tuple[int, Estimate], ...]


def lookup_curves(rows: Sequence[Row]) -> tuple[LookupCurve, ...]:
    """Return a curve for each index, single queries only, and each private protocol."""
    points: dict[tuple[str, bool], list[tuple[int, Estimate]]] = {}
    lookups = lookups_of(rows)
    subjects = {each.question.subject for each in lookups}
    for each in lookups:
        summary = each.row.lookup
        if summary is None or each.question.batch > 1 or each.row.error is not None:
            continue
        exact = "" if summary.exact else " (may miss some)"
        subject = f", {each.question.subject}" if len(subjects) > 1 else ""
        name = f"{each.index}{subject}{exact}"
        points.setdefault((name, False), []).append((summary.list_entries, summary.p50_ns))
    for row in private_rows(rows):
        if row.private is None or row.error is not None:
            continue
        name = f"private: {protocol_of(row)}, {found_words(row.private)}"
        points.setdefault((name, True), []).append((list_entries(row), row.private.p50_ns))
    return tuple(
        LookupCurve(
            name=drawable(name),
            is_private=private,
            points=tuple(sorted(known, key=lambda point: point[0])),
        )
        for (name, private), known in points.items()
    )


def draw_lookups(curves: Sequence[LookupCurve], title: str, caption: str) -> Figure:
    """Return the median time per query of each of `curves` over the entries of the list."""
    words = [f"{curve.name}: {duration(curve.points[-1][1].value)}" for curve in curves]
    room_in = max(text_width_in(word, SMALL_POINTS) for word in words) + 0.55
    margins = Margins(left=0.85, right=room_in, top=0.9, bottom=1.05)
    width_in = width_for(title, margins.left + _PANEL_IN + margins.right)
    figure, (axes,) = panels(width_in, _HEIGHT_IN, margins, 1)
    put_title(figure, "Time of one look-up, by length of the list (median)", title)
    looks, private_markers = iter(_LOOKS * 3), iter(_PRIVATE_MARKERS * 3)
    drawn: list[tuple[LookupCurve, str, str]] = []
    for curve in curves:
        colour, marker = (VERMILION, next(private_markers)) if curve.is_private else next(looks)
        drawn.append((curve, colour, marker))
        entries = [size for size, _ in curve.points]
        times = [time for _, time in curve.points]
        axes.errorbar(
            entries,
            [time.value for time in times],
            yerr=[
                [max(0.0, time.value - time.low) for time in times],
                [max(0.0, time.high - time.value) for time in times],
            ],
            color=colour,
            marker=marker,
            markersize=6,
            linewidth=1.6,
            linestyle="--" if curve.is_private else "-",
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    _axes_of(axes, curves)
    _name(axes, drawn, words)
    put_caption(figure, caption)
    return figure


def _axes_of(axes: Axes, curves: Sequence[LookupCurve]) -> None:
    sizes = sorted({size for curve in curves for size, _ in curve.points})
    axes.set_xlim(sizes[0] / 1.6, sizes[-1] * 1.6)
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", which="minor", length=0)
    axes.yaxis.set_major_locator(LogLocator(numticks=14))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda time_ns, _: _tick(time_ns)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("entries of the list (both axes are logarithmic)")
    axes.set_ylabel("time per query")


def _tick(time_ns: float) -> str:
    for scale_ns, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if time_ns >= scale_ns:
            return f"{time_ns / scale_ns:g} {unit}"
    return f"{time_ns:g} ns"


def _name(axes: Axes, drawn: Sequence[tuple[LookupCurve, str, str]], words: Sequence[str]) -> None:
    """Write each curve's name at the right, a leader from its last point to it."""
    to_axes = (axes.transData + axes.transAxes.inverted()).transform
    ends = [to_axes((curve.points[-1][0], curve.points[-1][1].value)) for curve, _, _ in drawn]
    heights = spread([float(end[1]) for end in ends], _LABEL_STEP)
    for (_, colour, marker), end, height, word in zip(drawn, ends, heights, words, strict=True):
        axes.annotate(
            word,
            (float(end[0]), float(end[1])),
            xycoords="axes fraction",
            xytext=(1.05, height),
            textcoords="axes fraction",
            va="center",
            fontsize=SMALL_POINTS,
            color=INK,
            arrowprops={
                "arrowstyle": "-",
                "color": RULE,
                "linewidth": 0.8,
                "shrinkA": 11,
                "relpos": (0, 0.5),
            },
            zorder=1,
            annotation_clip=False,
        )
        axes.plot(
            [1.03],
            [height],
            transform=axes.transAxes,
            color=colour,
            marker=marker,
            markersize=6,
            clip_on=False,
        )
