"""Delay that servers add, over how busy their cores are."""

from collections.abc import Callable

from bench.drawing import Figure as Drawing
from bench.drawing import FuncFormatter, Line2D, LogLocator, NullLocator
from bench.plot_style import BLUE, GREEN, VERMILION, Margins, put_caption, put_legend, put_title
from bench.sizing.answer.plot_frame import curve, mark, rests_on, side_by_side, title_line
from bench.sizing.answer.quantities import given, number
from bench.sizing.answer.values import Answer, DelayPoint, Figure
from bench.sizing.answer.wording import scenario_of

_FAR = 10.0
"""Bands are cut at so many times what has to be seen."""

_LINES: tuple[tuple[str, str, str, Callable[[DelayPoint], Figure]], ...] = (
    ("99 % of packets (p99)", VERMILION, "s", lambda point: point.p99_ms),
    ("95 % (p95)", BLUE, "o", lambda point: point.p95_ms),
    ("half (p50)", GREEN, "^", lambda point: point.p50_ms),
)


def draw_delay(answer: Answer) -> Drawing:
    """Return p50, p95 and p99 of the delay over load, the budget and the planned load."""
    points = _with_planned(answer)
    drawing, (axes,) = side_by_side(
        1,
        panel_in=7.2,
        height_in=3.6,
        margins=Margins(left=0.85, right=0.35, top=1.25, bottom=0.95),
        gap_in=0,
    )
    put_title(drawing, "Delay that the servers add to packets, against load", title_line(answer))
    for _, colour, marker, of in _LINES:
        curve(
            axes,
            [100 * point.load for point in points],
            [of(point) for point in points],
            colour=colour,
            marker=marker,
        )
    budget = scenario_of(answer).targets.relay_delay_p99_ms
    mark(axes, y=budget, text=f"budget for p99: {given(budget)} ms")
    if answer.planned_load is not None:
        mark(axes, x=100 * answer.planned_load, text="planned load")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0), numticks=14))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    # An interval that ends in a queue without end would press all else to the ground.
    top = _FAR * max(budget, *(point.p99_ms.value for point in points))
    highest = max(point.p99_ms.high for point in points)
    axes.set_ylim(top=min(top, 1.8 * max(budget, highest)))
    axes.set_xlim(0, 100)
    axes.set_xlabel("cores busy, % of the time")
    axes.set_ylabel("added delay, ms")
    put_legend(
        drawing,
        [
            Line2D([], [], color=colour, marker=marker, markersize=4.5, label=name)
            for name, colour, marker, _ in _LINES
        ],
    )
    cut = f" One reaches up to {number(highest, 2)} ms." if highest > top else ""
    put_caption(drawing, f"Bands are 90 % intervals.{cut} Logarithmic delay. {rests_on(answer)}")
    return drawing


def _with_planned(answer: Answer) -> list[DelayPoint]:
    """Return the curve with the delay at the planned load in its place."""
    points = list(answer.delay_curve)
    load, p50, p95, p99 = (
        answer.planned_load,
        answer.delay_p50_ms,
        answer.delay_p95_ms,
        answer.delay_p99_ms,
    )
    if load is not None and p50 is not None and p95 is not None and p99 is not None:
        points.append(DelayPoint(load=load, p50_ms=p50, p95_ms=p95, p99_ms=p99))
    return sorted(points, key=lambda point: point.load)
