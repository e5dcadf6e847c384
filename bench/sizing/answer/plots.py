"""Every plot of an answer or a comparison: which there are, and the words that stand under them."""

from collections.abc import Callable, Iterator

from bench.drawing import Figure as Drawing
from bench.plot_style import rendered, settings
from bench.sizing.answer.compared import compared_sources
from bench.sizing.answer.picture import Picture
from bench.sizing.answer.plot_compared import draw_compared
from bench.sizing.answer.plot_cpu import draw_cpu
from bench.sizing.answer.plot_delay import draw_delay
from bench.sizing.answer.plot_growth import draw_growth
from bench.sizing.answer.plot_headroom import draw_headroom
from bench.sizing.answer.sources import SourceNote, source_notes
from bench.sizing.answer.values import Answer, Comparison


def pictures_of(told: Answer | Comparison) -> tuple[Picture, ...]:
    """Draw the plots of `told` and return them in the order of the pages."""
    drawn = _of_comparison(told) if isinstance(told, Comparison) else _of_answer(told)
    return tuple(drawn)


def _of_answer(answer: Answer) -> Iterator[Picture]:
    if any(role.stages for role in answer.roles):
        yield _picture(
            beside="stages",
            stem="cpu",
            drawn="Stacked bars: how many cores each stage keeps busy, by role",
            sources=source_notes(
                [(role.role, stage.cores) for role in answer.roles for stage in role.stages]
            ),
            draw=lambda: draw_cpu(answer),
        )
    if answer.delay_curve:
        yield _picture(
            beside="delay",
            stem="delay",
            drawn="Curves: delay added to packets (p50, p95, p99) over how busy the cores are",
            sources=source_notes(
                [
                    pair
                    for point in answer.delay_curve
                    for pair in (
                        ("p50", point.p50_ms),
                        ("p95", point.p95_ms),
                        ("p99", point.p99_ms),
                    )
                ]
            ),
            draw=lambda: draw_delay(answer),
        )
    # Without servers there is nothing to count or to fill.
    if answer.growth and answer.servers.value:
        yield _picture(
            beside="growth",
            stem="growth",
            drawn="Curves: servers and euros a year over participants",
            sources=source_notes(
                [
                    pair
                    for point in answer.growth
                    for pair in (("servers", point.servers), ("EUR a year", point.yearly_eur))
                ]
            ),
            draw=lambda: draw_growth(answer),
        )
    if answer.headroom and answer.servers.value:
        yield _picture(
            beside="headroom",
            stem="headroom",
            drawn="Curve: how full the busiest resource of a server is, over participants",
            sources=source_notes([("busiest", point.busiest) for point in answer.headroom]),
            draw=lambda: draw_headroom(answer),
        )


def _of_comparison(comparison: Comparison) -> Iterator[Picture]:
    yield _picture(
        beside="compared",
        stem="compared",
        drawn="Bars: servers, cores, delay and euros, and who sees plaintext, by"
        f" {' and '.join(comparison.fields)}",
        sources=compared_sources(comparison),
        draw=lambda: draw_compared(comparison),
    )


def _picture(
    *,
    beside: str,
    stem: str,
    drawn: str,
    sources: tuple[SourceNote, ...],
    draw: Callable[[], Drawing],
) -> Picture:
    with settings():
        drawing = draw()
        png, svg = rendered(drawing)
    return Picture(
        beside=beside,
        stem=stem,
        drawn=drawn,
        sources=sources,
        width_in=drawing.get_figwidth(),
        png=png,
        svg=svg,
    )
