"""What the plots of an answer share: axes side by side, each with its own scale; bands; ticks."""

from collections.abc import Sequence

from bench.drawing import Axes, FuncFormatter, LogLocator, NullLocator
from bench.drawing import Figure as Drawing
from bench.plot_style import SMALL_POINTS, SOFT, Margins
from bench.sizing.answer.plain_table import plain
from bench.sizing.answer.values import Answer, Figure

_WIDE = 20.0
"""From this ratio of the largest to the smallest on, an axis is logarithmic."""

_TICK_ROOM = 0.12
"""Of an axis, between two ticks."""


def side_by_side(
    columns: int, *, panel_in: float, height_in: float, margins: Margins, gap_in: float
) -> tuple[Drawing, list[Axes]]:
    """Return a drawing with `columns` axes of `panel_in` by `height_in`, `gap_in` apart."""
    width_in = margins.left + columns * panel_in + (columns - 1) * gap_in + margins.right
    drawing = Drawing(figsize=(width_in, height_in + margins.top + margins.bottom))
    grid = drawing.subplots(1, columns, squeeze=False)
    total_in = drawing.get_figheight()
    drawing.subplots_adjust(
        left=margins.left / width_in,
        right=1 - margins.right / width_in,
        top=1 - margins.top / total_in,
        bottom=margins.bottom / total_in,
        wspace=gap_in / panel_in,
    )
    return drawing, list(grid[0])


def curve(
    axes: Axes,
    x: Sequence[float],
    figures: Sequence[Figure],
    *,
    colour: str,
    marker: str,
    scale: float = 1.0,
    dashes: str = "-",
    label: str = "",
) -> None:
    """Draw `figures` times `scale` over `x`, with the band of their 90 % intervals."""
    axes.fill_between(
        x,
        [figure.low * scale for figure in figures],
        [figure.high * scale for figure in figures],
        color=colour,
        alpha=0.18,
        linewidth=0,
    )
    axes.plot(
        x,
        [figure.value * scale for figure in figures],
        color=colour,
        marker=marker,
        markersize=4.5,
        linewidth=1.5,
        linestyle=dashes,
        label=label,
    )


def participants_axis(axes: Axes, participants: Sequence[float]) -> None:
    """Scale and label the x axis for numbers of participants."""
    most, least = max(participants), min(participants)
    if least > 0 and most / least >= _WIDE:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0), numticks=12))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.set_xticks(_apart(participants))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axes.set_xlabel("participants at the peak")


def _apart(values: Sequence[float]) -> list[float]:
    """Return those of `values` that leave room for each other's labels."""
    kept: list[float] = []
    for value in sorted(values):
        if not kept or value - kept[-1] >= _TICK_ROOM * (max(values) - min(values)):
            kept.append(value)
    return kept


def mark(axes: Axes, *, x: float | None = None, y: float | None = None, text: str) -> None:
    """Draw a dashed line at `x` or at `y` across `axes`, and say what it is."""
    if y is not None:
        axes.axhline(y, color=SOFT, linewidth=1.2, linestyle=(0, (5, 3)))
        axes.annotate(
            text,
            (0.01, y),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            fontsize=SMALL_POINTS,
            color=SOFT,
            # Another line may pass behind the words.
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )
    if x is not None:
        axes.axvline(x, color=SOFT, linewidth=1.2, linestyle=(0, (1, 2)))
        axes.annotate(
            text,
            (x, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=SMALL_POINTS,
            color=SOFT,
        )


def short(value: float) -> str:
    """Return a number as a tick says it: `250`, `12k`, `2.5M`."""
    if abs(value) < 1e4:
        return f"{value:,.4g}"
    scale, letter = next((s, c) for s, c in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if value >= s)
    return f"{value / scale:,.3g}{letter}"


def title_line(answer: Answer) -> str:
    """Return the scenario as the second line of a plot's title."""
    return plain(f"{answer.name}: {answer.title}")


def rests_on(answer: Answer) -> str:
    """Return on what the figures of a plot rest, for its caption."""
    return plain(f"Profile {answer.profile}, of {answer.machine}.")
