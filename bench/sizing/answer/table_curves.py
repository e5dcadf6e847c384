"""The answer for other numbers of participants, and the delay at other loads."""

from collections.abc import Sequence

from bench.sizing.answer.document import Column, Grid, Line
from bench.sizing.answer.quantities import STACKED_NOTE, Shown, percent, share_shown, shown
from bench.sizing.answer.sources import source_notes
from bench.sizing.answer.values import CurvePoint, DelayPoint


def growth_grid(points: Sequence[CurvePoint], *, whole: bool) -> Grid:
    """Return servers and money, planned anew for each number of participants.

    Without `whole` intervals stand under their values: a terminal is narrow.
    """
    heads = ("participants", "servers", "EUR a year", "EUR to set up", "busiest, %")
    figures = [
        (point.servers, point.yearly_eur, point.setup_eur, point.busiest) for point in points
    ]
    return Grid(
        key="growth",
        title="Planned anew for more or fewer",
        columns=tuple(Column(head=head) for head in heads),
        lines=tuple(
            Line(
                cells=(
                    f"{point.participants:,.0f}",
                    *(_cell(shown(figure), whole=whole) for figure in of_point[:3]),
                    _cell(share_shown(of_point[3]), whole=whole),
                )
            )
            for point, of_point in zip(points, figures, strict=True)
        ),
        notes=(
            "Busiest: how full one server is of what it is fullest of, whole units included.",
            *(() if whole else (STACKED_NOTE,)),
        ),
        sources=source_notes(
            [pair for of_point in figures for pair in zip(heads[1:], of_point, strict=True)]
        ),
    )


def _cell(text: Shown, *, whole: bool) -> str:
    return text.without_unit if whole else text.stacked


def headroom_grid(points: Sequence[CurvePoint]) -> Grid:
    """Return how full the busiest resource of the planned servers becomes."""
    return Grid(
        key="headroom",
        title="Headroom of the planned servers",
        columns=tuple(Column(head=head) for head in ("participants", "busiest")),
        lines=tuple(
            Line(cells=(f"{point.participants:,.0f}", share_shown(point.busiest).in_brackets))
            for point in points
        ),
        sources=source_notes([("busiest", point.busiest) for point in points]),
        pages_only=True,
    )


def delay_grid(points: Sequence[DelayPoint]) -> Grid:
    """Return the delay that servers add at other loads."""
    heads = ("p50", "p95", "p99")
    figures = [(point.p50_ms, point.p95_ms, point.p99_ms) for point in points]
    return Grid(
        key="delay",
        title="Added delay against load, ms",
        columns=tuple(Column(head=head) for head in ("cores busy", *heads)),
        lines=tuple(
            Line(cells=(percent(point.load), *(shown(figure).without_unit for figure in of_point)))
            for point, of_point in zip(points, figures, strict=True)
        ),
        sources=source_notes(
            [pair for of_point in figures for pair in zip(heads, of_point, strict=True)]
        ),
        pages_only=True,
    )
