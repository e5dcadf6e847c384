"""How many times a look-up in the clear each private protocol costs."""

from collections.abc import Sequence

from bench.drawing import Figure, FuncFormatter, LogLocator, NullFormatter
from bench.plot_style import (
    BLUE,
    INK,
    SMALL_POINTS,
    VERMILION,
    Margins,
    drawable,
    panels,
    put_caption,
    put_title,
    text_width_in,
    width_for,
)
from bench.report.quantities import byte_size, duration, number
from bench.report.scanning.private_table import (
    found_words,
    list_entries,
    private_rows,
    protocol_of,
    times_plaintext,
)
from bench.report.scanning.subjects import entries_words
from bench.results import PrivateSummary, Row

_ROW_IN = 0.34
_PANEL_IN = 4.6


def comparable_rows(rows: Sequence[Row]) -> tuple[tuple[Row, PrivateSummary], ...]:
    """Return the private look-ups that have a plaintext one beside them, by protocol and list."""
    known = [
        (row, row.private)
        for row in private_rows(rows)
        if row.error is None and row.private is not None and times_plaintext(row.private)
    ]
    return tuple(sorted(known, key=lambda pair: (protocol_of(pair[0]), list_entries(pair[0]))))


def draw_private(
    compared: Sequence[tuple[Row, PrivateSummary]], title: str, caption: str
) -> Figure:
    """Return one bar per protocol and list, from 1 (in the clear) on a logarithmic axis."""
    names = [
        drawable(f"{protocol_of(row)}, {entries_words(list_entries(row))}") for row, _ in compared
    ]
    words = [_words(summary) for _, summary in compared]
    left = max(text_width_in(name, SMALL_POINTS) for name in names) + 0.35
    right = max(text_width_in(word, SMALL_POINTS) for word in words) + 0.25
    margins = Margins(left=left, right=right, top=0.85, bottom=0.95)
    width_in = width_for(title, left + _PANEL_IN + right)
    height_in = margins.top + margins.bottom + _ROW_IN * max(len(names), 2)
    figure, (axes,) = panels(width_in, height_in, margins, 1)
    put_title(figure, "A private look-up costs this many in the clear", title)
    most = 1.0
    for place, ((_, summary), word) in enumerate(zip(compared, words, strict=True)):
        times = times_plaintext(summary) or 1.0
        most = max(most, times)
        axes.barh(
            place,
            max(times, 1.0) - 1.0,
            left=1.0,
            height=0.62,
            color=VERMILION if summary.radius else BLUE,
            hatch="" if summary.radius else "////",
            edgecolor="white",
            linewidth=0.6,
        )
        axes.annotate(
            word,
            (max(times, 1.0), place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL_POINTS,
            color=INK,
        )
    axes.set_xscale("log")
    axes.set_xlim(1, most * 1.05)
    axes.xaxis.set_major_locator(LogLocator(numticks=12))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda times, _: f"{times:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("times a plaintext look-up that finds the same (logarithmic)")
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    put_caption(figure, caption)
    return figure


def _words(summary: PrivateSummary) -> str:
    moved = byte_size(summary.up_bytes + summary.down_bytes)
    begun = f"set-up {duration(summary.setup_s * 1e9)}, {byte_size(summary.setup_bytes)}"
    return drawable(
        f"x {number(times_plaintext(summary) or 1.0, 2)}: {duration(summary.mean_ns.value)}, "
        f"{moved}, {found_words(summary)}; {begun}"
    )
