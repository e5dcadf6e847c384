"""Throughput against unit size: where the call costs more than the cipher, and where not."""

import math
from collections.abc import Sequence

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
    WARNING,
    drawable,
    put_caption,
    put_title,
    spread,
    text_width_in,
)
from bench.report.grouping import BASELINE
from bench.report.quantities import number
from bench.report.unit_throughput import Path, Series

_COLOURS = (
    ("ecb", PURPLE),
    ("chacha20", VERMILION),
    ("aes-128-gcm", SKY),
    ("aes-256-gcm", BLUE),
    ("cm-256", ORANGE),
    ("aes-", GREEN),
)
"""Colour by the first pattern a cipher's name contains; the last is AES in counter mode."""

_TAGS = (("-80", "o", "-"), ("-64", "s", "-."), ("-32", "^", "--"))
"""Marker and line by the length of a truncated tag."""

_TITLES = {
    Path.FRAME: "one call per frame (sframe, raw)",
    Path.PACKETS: "one call per packet (srtp), per frame's packets",
}
_PANEL_IN = 3.9
_LONE_PANEL_IN = 6.5
_MANY_DECADES = 100.0
"""Where the axis spans more than this, only powers of ten have room for their names."""
_HEIGHT_IN = 5.6
_ROOM_IN = 0.85
"""Beside the names: the leaders to them, and the next panel's ticks."""
_LABEL_STEP = 0.19 / 3.75
"""Height of one line of words, as a share of the axes' height."""


def draw_throughput(series: Sequence[Series], caption: str) -> Figure:
    """Return Gbit/s per core over unit bytes, one panel for each way a cipher is called."""
    paths = [path for path in Path if any(_is_cipher(each, path) for each in series)]
    paths = paths or [Path.FRAME]
    rooms_in = [_room_in(series, path) for path in paths]
    panel_in = _PANEL_IN if len(paths) > 1 else _LONE_PANEL_IN
    width_in = 0.85 + sum(rooms_in) + len(paths) * panel_in - 0.3
    figure = Figure(figsize=(width_in, _HEIGHT_IN))
    put_title(
        figure,
        "Sealing: throughput of one core against the size of the frame",
        "median of frames of like size, band from the first to the third quartile; "
        "all clips and codecs together",
    )
    left_in = 0.85
    first: Axes | None = None
    for path, room_in in zip(paths, rooms_in, strict=True):
        axes = figure.add_axes(
            (left_in / width_in, 0.95 / _HEIGHT_IN, panel_in / width_in, 3.75 / _HEIGHT_IN),
            sharex=first,
            sharey=first,
        )
        first = first or axes
        _draw_panel(axes, series, path)
        left_in += panel_in + room_in
    if first is not None:
        first.set_ylabel("Gbit/s per core (logarithmic)")
    for axes, path in zip(figure.axes, paths, strict=True):
        _name_ends(axes, _shown(series, path))
    put_caption(figure, caption)
    return figure


def _is_cipher(series: Series, path: Path) -> bool:
    return series.path is path and not _is_null(series)


def _is_null(series: Series) -> bool:
    return series.name.split(" ", 1)[0] == BASELINE


def _shown(series: Sequence[Series], path: Path) -> list[Series]:
    return [each for each in series if each.path is path or _is_null(each)]


def _words(series: Series) -> str:
    if _is_null(series):
        return "null: a copy"
    marked = f" [{', '.join(series.labels)}]" if series.labels else ""
    return drawable(f"{series.name}{marked}")


def _room_in(series: Sequence[Series], path: Path) -> float:
    widths = [text_width_in(_words(each), SMALL_POINTS) for each in _shown(series, path)]
    return max(widths, default=0.0) + _ROOM_IN


def _draw_panel(axes: Axes, series: Sequence[Series], path: Path) -> None:
    axes.set_title(_TITLES[path], loc="left", fontweight="bold", color=INK)
    for each in _shown(series, path):
        colour, marker, line = _look(each)
        axes.fill_between(
            each.unit_bytes,
            each.low_gbit_per_s,
            each.high_gbit_per_s,
            color=colour,
            alpha=0.13,
            linewidth=0,
        )
        axes.plot(
            each.unit_bytes,
            each.median_gbit_per_s,
            color=colour,
            marker=marker,
            markersize=4.5,
            linestyle=line,
            linewidth=1.5,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("bytes of the frame (logarithmic)")
    left, right = axes.get_xlim()
    steps = (1.0, 2.0, 5.0) if right / left < _MANY_DECADES else (1.0,)
    axes.xaxis.set_major_locator(LogLocator(subs=steps, numticks=12))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: _size(size)))
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _look(series: Series) -> tuple[str, str, str]:
    if _is_null(series):
        return BLACK, "", ":"
    colour = next((colour for key, colour in _COLOURS if key in series.name), ORANGE)
    tags = (tag[1:] for tag in _TAGS if series.name.split(" ", 1)[0].endswith(tag[0]))
    marker, line = next(tags, ("o", "-"))
    return colour, "X" if "insecure" in series.labels else marker, line


def _size(size: float) -> str:
    for scale, unit in ((1e6, "MB"), (1e3, "kB")):
        if size >= scale:
            return f"{number(size / scale, 1)} {unit}"
    return f"{size:g} B"


def _name_ends(axes: Axes, shown: Sequence[Series]) -> None:
    """Write each curve's name to the right of the panel, near where the curve ends."""
    bottom, top = (math.log10(limit) for limit in axes.get_ylim())
    ends = [(float(each.unit_bytes[-1]), float(each.median_gbit_per_s[-1])) for each in shown]
    wanted = [(math.log10(rate) - bottom) / (top - bottom) for _, rate in ends]
    for each, end, height in zip(shown, ends, spread(wanted, _LABEL_STEP), strict=True):
        colour, marker, _ = _look(each)
        axes.annotate(
            _words(each),
            end,
            xytext=(1.05, height),
            textcoords="axes fraction",
            va="center",
            fontsize=SMALL_POINTS,
            color=WARNING if each.labels and not _is_null(each) else INK,
            arrowprops={"arrowstyle": "-", "color": RULE, "linewidth": 0.8, "shrinkB": 3},
            annotation_clip=False,
        )
        axes.plot(
            [1.03],
            [height],
            transform=axes.transAxes,
            color=colour,
            marker=marker or "_",
            markersize=5,
            clip_on=False,
            scalex=False,
            scaley=False,
        )
