"""What it takes and costs, over the number of participants."""

from collections.abc import Sequence

import msgspec

from bench.drawing import Axes, FuncFormatter, LogLocator, MaxNLocator, NullLocator
from bench.drawing import Figure as Drawing
from bench.plot_style import BLUE, INK, VERMILION, Margins, put_caption, put_title
from bench.sizing.answer.plot_frame import (
    curve,
    mark,
    participants_axis,
    rests_on,
    short,
    side_by_side,
    title_line,
)
from bench.sizing.answer.quantities import euros
from bench.sizing.answer.values import Answer, Figure

_WIDE = 12.0
_FAR = 3.0


def draw_growth(answer: Answer) -> Drawing:
    """Return servers and euros a year over participants, the planned number marked."""
    points = answer.growth
    drawing, (servers, money) = side_by_side(
        2,
        panel_in=3.7,
        height_in=3.2,
        margins=Margins(left=0.85, right=0.35, top=1.35, bottom=0.95),
        gap_in=0.95,
    )
    put_title(drawing, "Servers and money against participants", title_line(answer))
    for axes, name, colour, marker, figures in (
        (servers, "servers, spare ones included", BLUE, "o", [each.servers for each in points]),
        (money, "EUR a year", VERMILION, "s", [each.yearly_eur for each in points]),
    ):
        participants = [point.participants for point in points]
        curve(axes, participants, figures, colour=colour, marker=marker)
        participants_axis(axes, participants)
        _amounts(axes, [*figures, *_of_budget(answer)] if axes is money else figures)
        mark(axes, x=answer.participants, text=f"planned: {short(answer.participants)}")
        axes.set_title(name, loc="left", fontweight="bold", color=INK, pad=18)
    for budget in _of_budget(answer):
        mark(money, y=budget.value, text=f"budget: {euros(budget.value)} EUR")
    put_caption(drawing, f"Bands are 90 % intervals. {rests_on(answer)}")
    return drawing


def _of_budget(answer: Answer) -> list[Figure]:
    """Return the yearly budget, unless the curve would be a line on the ground beside it."""
    budget, total = answer.money.yearly_budget_eur, answer.money.yearly_eur
    highest = max(point.yearly_eur.high for point in answer.growth)
    if budget is None or budget > _FAR * highest:
        return []
    return [msgspec.structs.replace(total, value=budget, low=budget, high=budget)]


def _amounts(axes: Axes, figures: Sequence[Figure]) -> None:
    """Scale the y axis: from zero, or logarithmic where amounts lie far apart."""
    least, most = min(each.low for each in figures), max(each.high for each in figures)
    if least > 0 and most / least >= _WIDE:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0), numticks=14))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(0, (most or 1.0) * 1.12)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
