"""The same scenario with other settings: small multiples of bars."""

from bench.drawing import Axes, FuncFormatter, MaxNLocator, Patch
from bench.drawing import Figure as Drawing
from bench.plot_style import (
    BLUE,
    INK,
    SMALL_POINTS,
    SOFT,
    VERMILION,
    WARNING,
    Margins,
    drawable,
    put_caption,
    put_legend,
    put_title,
    shortened,
    text_width_in,
    wrapped,
)
from bench.sizing.answer.cells import cell_name
from bench.sizing.answer.compared import HEADS, main_figures, why_impossible
from bench.sizing.answer.plain_table import plain
from bench.sizing.answer.plot_frame import rests_on, short, side_by_side
from bench.sizing.answer.quantities import shown
from bench.sizing.answer.values import Answer, Comparison, Figure
from bench.sizing.answer.wording import only_participants, plaintext_text

_PANEL_IN = 1.4
_GAP_IN = 0.2
_ROW_IN = 0.5
_NUMBER_ROOM = 1.7
_WIDEST_NAME_IN = 2.6
_WHO_IN = 1.9
_CLOSED, _OPEN = BLUE, VERMILION


def draw_compared(comparison: Comparison) -> Drawing:
    """Return one panel per figure, one bar per setting, and who sees plaintext with each.

    Impossible ones say why.
    """
    cells = comparison.cells
    names = [
        shortened(drawable(plain(cell_name(cell, comparison))), _WIDEST_NAME_IN, SMALL_POINTS)
        for cell in cells
    ]
    left = max(text_width_in(name, SMALL_POINTS) for name in names) + 0.35
    drawing, panels = side_by_side(
        len(HEADS),
        panel_in=_PANEL_IN,
        height_in=max(2, len(cells)) * _ROW_IN + 0.1,
        margins=Margins(left=left, right=_WHO_IN + 0.3, top=1.35, bottom=0.8),
        gap_in=_GAP_IN,
    )
    put_title(
        drawing,
        f"What each setting of {' and '.join(comparison.fields)} costs, and who sees plaintext",
        plain(f"{comparison.name}: {comparison.title}"),
    )
    for column, axes in enumerate(panels):
        figures = [
            None if cell.answer is None else main_figures(cell.answer)[column][1] for cell in cells
        ]
        for place, (cell, figure) in enumerate(zip(cells, figures, strict=True)):
            if cell.answer is not None and figure is not None:
                _bar(axes, place, figure, _colour(cell.answer))
            elif cell.answer is not None:
                _number(axes, place, 0.0, "none")
        longest = max((figure.high for figure in figures if figure is not None), default=1.0)
        axes.set_xlim(0, (longest or 1.0) * _NUMBER_ROOM)
        axes.set_ylim(max(2, len(cells)) - 0.45, -0.55)
        axes.set_yticks(range(len(cells)), names if column == 0 else ["" for _ in names])
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=3, prune="upper"))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        axes.set_title(plain(HEADS[column]), loc="left", fontweight="bold", color=INK)
    room_in = len(HEADS) * (_PANEL_IN + _GAP_IN) - _GAP_IN - 0.1
    for place, cell in enumerate(cells):
        if cell.answer is None:
            _why(panels[0], place, why_impossible(cell, comparison), room_in)
        else:
            _who(panels[-1], place, plaintext_text(cell.answer))
    panels[-1].annotate(
        "who sees plaintext",
        (1, 1),
        xycoords="axes fraction",
        xytext=(10, 6),
        textcoords="offset points",
        fontweight="bold",
        color=INK,
    )
    answers = [cell.answer for cell in cells if cell.answer is not None]
    if answers:
        drawn = {_colour(answer) for answer in answers}
        kinds = ((_CLOSED, "only participants see plaintext"), (_OPEN, "others see plaintext too"))
        put_legend(
            drawing,
            [Patch(facecolor=each, label=label) for each, label in kinds if each in drawn],
        )
    rests = rests_on(answers[0]) if answers else ""
    put_caption(drawing, f"Black lines are 90 % intervals. {rests}")
    return drawing


def _colour(answer: Answer) -> str:
    """Return how bars of `answer` are coloured: by whether it keeps others out."""
    return _CLOSED if only_participants(answer) else _OPEN


def _who(axes: Axes, place: int, text: str) -> None:
    """Write who sees plaintext to the right of the last panel."""
    lines = wrapped(drawable(plain(text)), _WHO_IN, SMALL_POINTS)
    axes.annotate(
        "\n".join(lines),
        (1, place),
        xycoords=("axes fraction", "data"),
        xytext=(10, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_POINTS,
        color=INK,
        annotation_clip=False,
    )


def _bar(axes: Axes, place: int, figure: Figure, colour: str) -> None:
    axes.barh(place, figure.value, height=0.5, color=colour)
    axes.plot([figure.low, figure.high], [place, place], color=INK, linewidth=1.3)
    _number(axes, place, figure.high, shown(figure).value)


def _number(axes: Axes, place: int, left: float, text: str) -> None:
    axes.annotate(
        text,
        (left, place),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_POINTS,
        color=INK,
    )


def _why(axes: Axes, place: int, why: str, room_in: float) -> None:
    """Write why there is no answer, over all panels."""
    text = axes.annotate(
        shortened(drawable(plain(why)), room_in, SMALL_POINTS),
        (0, place),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_POINTS,
        color=WARNING,
        annotation_clip=False,
        bbox={"facecolor": "white", "edgecolor": SOFT, "linewidth": 0.4, "pad": 2},
    )
    text.set_zorder(10)
    # The panels to the right are drawn later and would cover it.
    axes.set_zorder(10)
    axes.patch.set_visible(False)
