"""What all plots share: sizes, colours that the colour-blind can tell apart, room for words."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

from bench.drawing import Artist, Axes, Figure, FT2Font, LoadFlags, findfont, get_font, mpl

if TYPE_CHECKING:
    # Newer than the oldest matplotlib that is supported, and only a name for the checker.
    from matplotlib.typing import RcKeyType

# Okabe & Ito, "Color Universal Design" (2008): eight colours all readers can tell apart.
BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"

INK = "#1d2126"
SOFT = "#59616b"
RULE = "#d9dcd7"
GREY = "#9aa1a8"
WARNING = "#9c3d00"

TEXT_POINTS = 10.0
SMALL_POINTS = 9.0

_PNG_DPI = 150
_WIDEST_TITLE_IN = 13.0
_POINTS_PER_INCH = 72.0

_SETTINGS: "dict[RcKeyType, Any]" = {
    # A clip called `$x$` is a name, not a formula.
    "text.parse_math": False,
    "svg.hashsalt": "sealbench",
    "svg.fonttype": "path",
    "font.family": ["DejaVu Sans"],
    "font.size": TEXT_POINTS,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.titlesize": TEXT_POINTS,
    "axes.labelsize": TEXT_POINTS,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": SMALL_POINTS,
    "ytick.labelsize": SMALL_POINTS,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "hatch.linewidth": 0.7,
    "legend.fontsize": SMALL_POINTS,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """Room around the axes, in inches."""

    left: float
    right: float
    top: float
    bottom: float


@contextmanager
def settings() -> Iterator[None]:
    """Enter the context that every plot is built and saved in.

    matplotlib reads its settings when an artist is made and again when it is drawn. Where tests of
    others draw in this process, they may be anybody's.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def width_for(title: str, least_in: float) -> float:
    """Return a figure's width in inches: `least_in`, or more where `title` needs it."""
    return max(least_in, min(text_width_in(drawable(title), TEXT_POINTS) + 0.4, _WIDEST_TITLE_IN))


def panels(
    width_in: float, height_in: float, margins: Margins, columns: int
) -> tuple[Figure, list[Axes]]:
    """Return a figure with `columns` axes side by side on a common y axis."""
    figure = Figure(figsize=(width_in, height_in))
    grid = figure.subplots(1, columns, sharey=True, squeeze=False)
    figure.subplots_adjust(
        left=margins.left / width_in,
        right=1 - margins.right / width_in,
        top=1 - margins.top / height_in,
        bottom=margins.bottom / height_in,
        wspace=0.09,
    )
    return figure, list(grid[0])


def put_title(figure: Figure, title: str, subtitle: str) -> None:
    """Write `title` and a smaller `subtitle` at the top left."""
    height_in = figure.get_figheight()
    left = 0.15 / figure.get_figwidth()
    figure.text(
        left,
        1 - 0.12 / height_in,
        drawable(title),
        va="top",
        fontsize=12.5,
        fontweight="bold",
        color=INK,
    )
    figure.text(
        left,
        1 - 0.40 / height_in,
        shortened(drawable(subtitle), figure.get_figwidth() - 0.3, TEXT_POINTS),
        va="top",
        fontsize=TEXT_POINTS,
        color=SOFT,
    )


def put_legend(figure: Figure, handles: Sequence[Artist], columns: int | None = None) -> None:
    """Write the legend under the title and its subtitle: in one line, or in `columns`."""
    width_in, height_in = figure.get_size_inches()
    figure.legend(
        handles=list(handles),
        loc="upper left",
        bbox_to_anchor=(0.15 / width_in, 1 - 0.67 / height_in),
        ncols=columns or len(handles),
        borderaxespad=0,
        borderpad=0,
        handlelength=1.6,
        columnspacing=1.4,
        labelcolor=SOFT,
    )


def put_caption(figure: Figure, caption: str) -> None:
    """Write `caption` at the bottom left, on two lines where one does not hold it."""
    width_in, height_in = map(float, figure.get_size_inches())
    first, *rest = wrapped(drawable(caption), width_in - 0.3, SMALL_POINTS)
    lines = [first, shortened(" ".join(rest), width_in - 0.3, SMALL_POINTS)] if rest else [first]
    figure.text(
        0.15 / width_in,
        0.1 / height_in,
        "\n".join(lines),
        va="bottom",
        fontsize=SMALL_POINTS,
        color=SOFT,
    )


def rendered(figure: Figure) -> tuple[bytes, bytes]:
    """Return `figure` as PNG (150 dpi) and SVG; the same figure gives the same bytes."""
    png, svg = BytesIO(), BytesIO()
    figure.savefig(png, format="png", dpi=_PNG_DPI, metadata={"Software": None})
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    return png.getvalue(), svg.getvalue()


def text_width_in(text: str, points: float) -> float:
    """Return the width of `text` in inches when set in `points`."""
    font = _font()
    font.set_size(points, _POINTS_PER_INCH)
    font.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    width_64ths, _ = font.get_width_height()
    return float(width_64ths) / 64 / _POINTS_PER_INCH


def shortened(text: str, width_in: float, points: float) -> str:
    """Return `text`, cut and ended with an ellipsis where it is wider than `width_in`."""
    if text_width_in(text, points) <= width_in:
        return text
    while text and text_width_in(f"{text}…", points) > width_in:
        text = text[: -max(1, len(text) // 20)]
    return f"{text}…"


def wrapped(text: str, width_in: float, points: float) -> list[str]:
    """Return `text` broken at blanks into lines of at most `width_in`, where words allow."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width_in(longer, points) <= width_in:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def drawable(text: str) -> str:
    """Return `text` with each character that the font lacks replaced by a question mark."""
    known = _characters()
    return "".join(char if ord(char) in known else "?" for char in text)


@cache
def _characters() -> frozenset[int]:
    return frozenset(_font().get_charmap())


def _font() -> FT2Font:
    return get_font(findfont("DejaVu Sans"))


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Return positions at least `gap` apart, in the order of `wanted` and near it.

    Positions that would overlap form a block around their common mean.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    blocks: list[list[int]] = []
    for index in order:
        blocks.append([index])
        while len(blocks) > 1 and _top(blocks[-2], wanted, gap) + gap > _bottom(
            blocks[-1], wanted, gap
        ):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    placed = [0.0] * len(wanted)
    for block in blocks:
        low = _bottom(block, wanted, gap)
        for place, index in enumerate(block):
            placed[index] = low + place * gap
    return placed


def _bottom(block: Sequence[int], wanted: Sequence[float], gap: float) -> float:
    mean = sum(wanted[index] for index in block) / len(block)
    return mean - gap * (len(block) - 1) / 2


def _top(block: Sequence[int], wanted: Sequence[float], gap: float) -> float:
    return _bottom(block, wanted, gap) + gap * (len(block) - 1)
