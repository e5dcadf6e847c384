"""How full the busiest resource is, over the number of participants."""

from bench.drawing import Figure as Drawing
from bench.plot_style import BLUE, Margins, put_caption, put_title
from bench.sizing.answer.plot_frame import (
    curve,
    mark,
    participants_axis,
    rests_on,
    short,
    side_by_side,
    title_line,
)
from bench.sizing.answer.quantities import percent
from bench.sizing.answer.values import Answer
from bench.sizing.answer.wording import scenario_of


def draw_headroom(answer: Answer) -> Drawing:
    """Return the busiest resource's use over participants, with the limit that was set."""
    points = answer.headroom
    participants = [point.participants for point in points]
    drawing, (axes,) = side_by_side(
        1,
        panel_in=7.2,
        height_in=3.2,
        margins=Margins(left=0.85, right=0.35, top=1.1, bottom=0.95),
        gap_in=0,
    )
    put_title(drawing, "Headroom: how full the busiest resource of a server is", title_line(answer))
    curve(axes, participants, [p.busiest for p in points], colour=BLUE, marker="o", scale=100)
    limit = scenario_of(answer).targets.utilisation
    mark(axes, y=100 * limit, text=f"limit: {percent(limit)}")
    mark(axes, x=answer.participants, text=f"planned: {short(answer.participants)}")
    participants_axis(axes, participants)
    axes.set_ylim(0, max(100.0, 105 * max(point.busiest.high for point in points)))
    axes.set_ylabel("of one server, %")
    put_caption(
        drawing,
        f"Band: 90 % interval. The servers stay those that are planned. {rests_on(answer)}",
    )
    return drawing
