"""One horizontal bar per pipeline: names, labels and failures down the left side."""

from collections.abc import Sequence

from bench.drawing import Axes, Figure
from bench.plot_style import (
    INK,
    SMALL_POINTS,
    WARNING,
    Margins,
    drawable,
    shortened,
    text_width_in,
)
from bench.report.grouping import Group, is_baseline
from bench.report.outcome import failure, remark

_ROW_IN = 0.3
_BOTTOM_IN = 0.95
_LEFT_PAD_IN = 0.35
_WIDEST_NAME_IN = 5.5


def row_names(group: Group) -> list[str]:
    """Return each row's pipeline with its labels."""
    names: list[str] = []
    for row in group.rows:
        labels = group.own_labels(row)
        marked = f" [{', '.join(labels)}]" if labels else ""
        # Labels are never cut, and a plug-in may have any name.
        name = shortened(drawable(group.display_name(row)), _WIDEST_NAME_IN, SMALL_POINTS)
        names.append(f"{name}{drawable(marked)}")
    return names


def row_margins(names: Sequence[str], *, top: float) -> Margins:
    """Return margins that leave room for `names`."""
    widest = max((text_width_in(name, SMALL_POINTS) for name in names), default=0.0)
    return Margins(left=widest + _LEFT_PAD_IN, right=0.25, top=top, bottom=_BOTTOM_IN)


def rows_height_in(rows: int, margins: Margins) -> float:
    """Return the height of a figure with one bar per row."""
    return margins.top + margins.bottom + _ROW_IN * max(rows, 2)


def name_rows(axes: Axes, group: Group, names: Sequence[str]) -> None:
    """Name the rows of the leftmost `axes`; the first row is on top."""
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    for label, row in zip(axes.get_yticklabels(), group.rows, strict=True):
        label.set_color(WARNING if group.own_labels(row) and not is_baseline(row) else INK)
        label.set_fontweight("bold" if is_baseline(row) else "normal")
    axes.grid(visible=False, axis="y")


def write_errors(figure: Figure, axes: Axes, group: Group) -> None:
    """Write the error of each failed row where its bar would be; the tables have all of it."""
    room_in = axes.get_window_extent().width / figure.dpi - 0.15
    for place, row in enumerate(group.rows):
        if row.error is None:
            continue
        words = remark(row) or f"error: {failure(row)}"
        axes.annotate(
            shortened(drawable(words), room_in, SMALL_POINTS),
            (0, place),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_POINTS,
            color=WARNING,
            annotation_clip=False,
            zorder=5,
        )
