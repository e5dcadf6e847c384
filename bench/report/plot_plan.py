"""A plot before it is drawn: what it is called, what stands under it, how to draw it."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.drawing import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotPlan:
    """One plot to draw; the fields are those of `PublishedPlot`."""

    section: str | None
    name: str
    drawn: str
    caption: str
    draw: Callable[[], Figure]
