"""Recall as a map of change and rung, and beside what exact matching would find."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.drawing import Axes, Figure, LinearSegmentedColormap
from bench.plot_style import (
    BLACK,
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    SMALL_POINTS,
    SOFT,
    VERMILION,
    Margins,
    drawable,
    panels,
    put_caption,
    put_legend,
    put_title,
    text_width_in,
    width_for,
)
from bench.report.scanning.recall_cells import RecallCell, changes_of, rungs_of, share_words

_CELL_IN = 0.46
_NARROWEST_COLUMN_IN = 0.54
_LEAST_PANEL_IN = 1.5
_PALE, _DARK = "#f7f7f4", "#003a5c"
_MAP = LinearSegmentedColormap.from_list("recall", [_PALE, _DARK])
_WHITE_FROM = 0.55
"""From here on a cell is so dark that its number must be white."""

_LOOKS = (
    (BLUE, "o"),
    (VERMILION, "s"),
    (GREEN, "^"),
    (ORANGE, "D"),
    (PURPLE, "v"),
    (SKY, "P"),
    (BLACK, "X"),
)
_SCATTER_IN = 5.6
_NARROWEST_IN = 8.0
"""So that the caption fits on its two lines."""
_LABEL_IN = 0.5
"""How far under the maps their common label stands: below two lines of small print."""
_SCALE = "; in %, the darker the more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One map: its title and its cells."""

    title: str
    cells: tuple[RecallCell, ...]


def draw_recall(maps: Sequence[Panel], title: str, subtitle: str, caption: str) -> Figure:
    """Return one map of recall per panel, changes down and rungs across, a number in each cell."""
    cells = [cell for panel in maps for cell in panel.cells]
    changes, rungs = changes_of(cells), rungs_of(cells)
    names = [drawable(change) for change in changes]
    column_in = max(
        _NARROWEST_COLUMN_IN,
        *(text_width_in(part, SMALL_POINTS) + 0.12 for rung in rungs for part in _parts(rung)),
    )
    left = max(text_width_in(name, SMALL_POINTS) for name in names) + 0.35
    margins = Margins(left=left, right=0.25, top=0.95, bottom=1.3)
    panel_in = max(column_in * len(rungs) * 1.09, _LEAST_PANEL_IN)
    width_in = width_for(
        f"{subtitle}{_SCALE}", max(left + panel_in * len(maps) + margins.right, _NARROWEST_IN)
    )
    height_in = margins.top + margins.bottom + _CELL_IN * len(changes)
    figure, axes = panels(width_in, height_in, margins, len(maps))
    put_title(figure, title, f"{subtitle}{_SCALE}")
    for each, panel in zip(axes, maps, strict=True):
        _draw_map(each, panel.cells, changes, rungs)
        each.set_title(drawable(panel.title), loc="left", fontweight="bold", color=INK)
        each.set_xticks(range(len(rungs)), ["\n".join(_parts(rung)) for rung in rungs])
        each.tick_params(length=0)
        each.grid(visible=False)
        each.spines[["left", "bottom"]].set_visible(False)
        each.set_xlim(-0.5, len(rungs) - 0.5)
    axes[0].set_ylim(len(changes) - 0.5, -0.5)
    axes[0].set_yticks(range(len(changes)), names)
    figure.text(
        (left + (width_in - left - margins.right) / 2) / width_in,
        (margins.bottom - _LABEL_IN) / height_in,
        "size and bitrate that was sent",
        ha="center",
        va="top",
        color=INK,
    )
    put_caption(figure, caption)
    return figure


def _parts(rung: str) -> list[str]:
    """Return the lines that a rung is written on: its size, and its bitrate where it has one."""
    size, at, rate = drawable(rung).partition("@")
    return [size, f"@{rate}"] if at else [size]


def _draw_map(
    axes: Axes, cells: Sequence[RecallCell], changes: Sequence[str], rungs: Sequence[str]
) -> None:
    for cell in cells:
        x, y, value = rungs.index(cell.rung), changes.index(cell.change), cell.recalled.share.value
        axes.fill(
            [x - 0.48, x + 0.48, x + 0.48, x - 0.48],
            [y - 0.46, y - 0.46, y + 0.46, y + 0.46],
            color=_MAP(value),
            linewidth=0,
        )
        axes.annotate(
            share_words(value),
            (x, y),
            ha="center",
            va="center",
            fontsize=SMALL_POINTS,
            color="white" if value > _WHITE_FROM else INK,
        )


def draw_identical(cells: Sequence[RecallCell], subtitle: str, caption: str) -> Figure:
    """Return the share of bit-identical hashes over the recall: one point per cell."""
    hashers = list(dict.fromkeys(cell.hasher for cell in cells))
    margins = Margins(left=0.85, right=0.35, top=1.1, bottom=1.05)
    width_in = width_for(subtitle, margins.left + _SCATTER_IN + margins.right)
    figure, (axes,) = panels(
        width_in, margins.top + margins.bottom + _SCATTER_IN * 0.72, margins, 1
    )
    put_title(figure, "What exact matching would find of what is recognised", subtitle)
    axes.plot([0, 100], [0, 100], color=SOFT, linestyle="--", linewidth=1.1)
    axes.annotate(
        "all that is recognised",
        (60, 60),
        xytext=(-6, 4),
        textcoords="offset points",
        ha="right",
        fontsize=SMALL_POINTS,
        color=SOFT,
    )
    for hasher, (colour, marker) in zip(hashers, _LOOKS, strict=False):
        own = [cell for cell in cells if cell.hasher == hasher]
        axes.plot(
            [100 * cell.recalled.share.value for cell in own],
            [100 * cell.identical.share.value for cell in own],
            color=colour,
            marker=marker,
            markersize=6,
            markerfacecolor="none",
            markeredgewidth=1.4,
            linestyle="",
            clip_on=False,
            label=drawable(hasher),
        )
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xlabel("frames recalled within the hash's distance, %")
    axes.set_ylabel("frames with the hash bit by bit, %")
    put_legend(figure, axes.get_legend_handles_labels()[0])
    put_caption(figure, caption)
    return figure
