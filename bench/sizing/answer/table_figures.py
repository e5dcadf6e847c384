"""The figures that answer the question, each with its interval and source."""

from bench.sizing.answer.document import Column, Grid, Line
from bench.sizing.answer.quantities import shown
from bench.sizing.answer.sources import short_source, source_notes
from bench.sizing.answer.values import Answer

_DELAY_NOTE = "Delay: what a server adds at most to half, 95 % and 99 % of packets."


def figures_grid(answer: Answer) -> Grid:
    """Return servers, traffic, delay and money; without servers only what there is."""
    of_servers = (
        ("servers with spare ones", answer.servers),
        ("cores busy at the peak", answer.cores),
        ("traffic into servers", answer.bps_in),
        ("traffic out of servers", answer.bps_out),
        ("delay of half (p50)", answer.delay_p50_ms),
        ("delay of 95 % (p95)", answer.delay_p95_ms),
        ("delay of 99 % (p99)", answer.delay_p99_ms),
    )
    wanted = (
        *(of_servers if answer.servers.value else ()),
        ("money to set up", answer.money.setup_eur),
        ("money for a year", answer.money.yearly_eur),
    )
    there = [(name, figure) for name, figure in wanted if figure is not None]
    lines = []
    for name, figure in there:
        text = shown(figure)
        cells = (name, text.value, text.interval, text.unit, short_source(figure))
        lines.append(Line(cells=cells))
    return Grid(
        key="figures",
        title="The answer in figures",
        columns=(
            Column(head="figure", numeric=False),
            Column(head="value"),
            Column(head="90 % interval"),
            Column(head="unit", numeric=False),
            Column(head="source", numeric=False),
        ),
        lines=tuple(lines),
        notes=(_DELAY_NOTE,) if answer.delay_p99_ms is not None else (),
        sources=source_notes(there),
        sources_in_cells=True,
    )
