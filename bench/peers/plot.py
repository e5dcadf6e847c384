"""The pictures of a comparison; the only module here that knows matplotlib."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.drawing import Axes, Figure, FixedLocator, FuncFormatter, Line2D, NullLocator
from bench.peers.cell import Direction, Memory, Part
from bench.peers.cpus import CpusReport, by_contender, gain_of_chacha
from bench.peers.rows import PeerRow, PeersReport
from bench.plot_style import (
    BLACK,
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    SMALL_POINTS,
    SOFT,
    VERMILION,
    Margins,
    drawable,
    panels,
    put_caption,
    put_legend,
    put_title,
    rendered,
    settings,
    text_width_in,
)

Drawn = dict[str, tuple[bytes, bytes]]
"""PNG and SVG by the stem of their file name."""

_PANEL_IN = 3.1
_ROW_IN = 0.42
_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of point: which rows, how it is drawn, what the legend says."""

    direction: Direction
    memory: Memory
    marker: str
    colour: str
    filled: bool

    @property
    def label(self) -> str:
        """Return what the legend says."""
        return f"{self.direction}, {self.memory}"


_SERIES = (
    Series(Direction.SEAL, Memory.HOT, "o", BLUE, filled=True),
    Series(Direction.SEAL, Memory.COLD, "o", BLUE, filled=False),
    Series(Direction.OPEN, Memory.HOT, "s", VERMILION, filled=True),
    Series(Direction.OPEN, Memory.COLD, "s", VERMILION, filled=False),
)


def draw_peers(report: PeersReport) -> Drawn:
    """Return the plots of a session: SRTP by contender, AEAD and SFrame by size."""
    machine = report.machine
    subtitle = f"{machine.cpu_model or machine.architecture}, {report.started_utc}"
    drawn: Drawn = {}
    with settings():
        for size in sorted({row.size_bytes for row in report.rows if row.part == Part.SRTP}):
            rows = [row for row in report.rows if row.part == Part.SRTP and row.size_bytes == size]
            title = f"SRTP, {size:,} bytes of payload: ns per packet (median)"
            drawn[f"peers-srtp-{size}"] = rendered(_dots(rows, title, subtitle))
        for part, title in (
            (Part.AEAD, "Bare AEAD: ns per unit, sealing, hot (median)"),
            (Part.SFRAME, "SFrame: ns per unit, sealing, hot (median)"),
        ):
            rows = [
                row
                for row in report.rows
                if row.part in {part, Part.COPY}
                and (row.direction, row.memory) == (Direction.SEAL, Memory.HOT)
            ]
            if any(row.part == part for row in rows):
                drawn[f"peers-{part}"] = rendered(_lines(rows, title, subtitle))
    return drawn


def _dots(rows: Sequence[PeerRow], title: str, subtitle: str) -> Figure:
    """Return one panel per profile with a line of points per contender, the fastest on top."""
    profiles = list(dict.fromkeys(row.cipher for row in rows))
    names = sorted(
        dict.fromkeys(row.contender for row in rows),
        key=lambda name: min(_ns(row) for row in rows if row.contender == name),
    )
    left = max(text_width_in(drawable(name), SMALL_POINTS) for name in names) + 0.35
    margins = Margins(left=left, right=0.25, top=1.15, bottom=1.0)
    figure, axes = panels(
        left + len(profiles) * _PANEL_IN + margins.right,
        len(names) * _ROW_IN + margins.top + margins.bottom,
        margins,
        len(profiles),
    )
    put_title(figure, title, subtitle)
    for each, profile in zip(axes, profiles, strict=True):
        for series in _SERIES:
            for row in rows:
                if row.cipher == profile and row.median_ns is not None and _in(row, series):
                    _point(each, row, series, names.index(row.contender))
        each.set_xscale("log")
        _plain_log(each, [200, 500, 1000, 2000, 5000, 10_000])
        each.set_title(drawable(profile), loc="left", fontweight="bold", color=INK)
        each.set_xlabel("ns per packet")
        each.set_ylim(len(names) - 0.4, -0.6)
    axes[0].set_yticks(range(len(names)), [drawable(name) for name in names])
    handles = [
        _handle(series.marker, series.colour, series.label, filled=series.filled)
        for series in _SERIES
    ]
    put_legend(figure, handles)
    put_caption(
        figure,
        "Engines are whole stages: header, index, replay window, nonce, cipher, tag. libsrtp by"
        " pointer works in place. Bars span the middle half of the rounds. Log axis.",
    )
    return figure


def _lines(rows: Sequence[PeerRow], title: str, subtitle: str) -> Figure:
    """Return one panel per cipher, a line per contender over the sizes."""
    ciphers = list(dict.fromkeys(row.cipher for row in rows if row.part != Part.COPY))
    names = list(dict.fromkeys(row.contender for row in rows if row.part != Part.COPY))
    sizes = sorted({row.size_bytes for row in rows})
    legend_rows = -(-(len(names) + 1) // 3)
    margins = Margins(left=0.85, right=0.25, top=0.95 + 0.22 * legend_rows, bottom=0.95)
    figure, axes = panels(
        margins.left + max(2, len(ciphers)) * _PANEL_IN + margins.right,
        3.2 + margins.top + margins.bottom,
        margins,
        len(ciphers),
    )
    put_title(figure, title, subtitle)
    looks = dict(zip(names, zip(_COLOURS, _MARKERS, strict=True), strict=False))
    for each, cipher in zip(axes, ciphers, strict=True):
        for name, (colour, marker) in looks.items():
            _line(
                each, [r for r in rows if (r.cipher, r.contender) == (cipher, name)], colour, marker
            )
        _line(each, [row for row in rows if row.part == Part.COPY], SOFT, "", dashed=True)
        each.set_xscale("log")
        each.set_yscale("log")
        each.set_title(drawable(cipher), loc="left", fontweight="bold", color=INK)
        _sizes_axis(each, sizes)
    axes[0].set_ylabel("ns per unit")
    axes[0].yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    handles = [_handle(marker, colour, name) for name, (colour, marker) in looks.items()]
    handles.append(Line2D([], [], color=SOFT, linestyle="--", label="memcpy"))
    put_legend(figure, handles, columns=3)
    put_caption(figure, "Both axes are logarithmic. Bars span the middle half of the rounds.")
    return figure


def draw_cpus(report: CpusReport) -> Drawn:
    """Return the plot of AES-256-GCM against ChaCha20-Poly1305 under every mask, if any."""
    sealing = {
        contender: rows
        for (contender, direction), rows in by_contender(report).items()
        if direction == Direction.SEAL
    }
    if not sealing:
        return {}
    machine = report.machine
    sizes = sorted({each.row.size_bytes for each in report.rows})
    names = [mask.name for mask in report.masks]
    with settings():
        margins = Margins(left=0.85, right=0.25, top=1.2, bottom=1.0)
        figure, axes = panels(
            margins.left + len(sealing) * _PANEL_IN + margins.right,
            3.2 + margins.top + margins.bottom,
            margins,
            len(sealing),
        )
        put_title(
            figure,
            "Where ChaCha20-Poly1305 overtakes AES-256-GCM (sealing, hot)",
            f"{machine.cpu_model or machine.architecture}, {report.started_utc}",
        )
        looks = list(zip(names, _COLOURS, _MARKERS, strict=False))
        for each, (contender, rows) in zip(axes, sealing.items(), strict=True):
            _gains(each, rows, sizes, looks)
            each.set_title(
                drawable(contender),
                loc="left",
                fontweight="bold",
                fontsize=SMALL_POINTS,
                color=INK,
            )
        axes[0].set_ylabel("time of AES / time of ChaCha20")
        put_legend(figure, [_handle(marker, colour, name) for name, colour, marker in looks])
        put_caption(
            figure,
            "Above 1 ChaCha20-Poly1305 is the faster one. Each mask hides instructions from OpenSSL"
            " only; clock rate, caches and execution units stay those of this CPU.",
        )
        return {"cpus": rendered(figure)}


def _gains(
    axes: Axes,
    rows: Mapping[tuple[str, str, int], PeerRow],
    sizes: Sequence[int],
    looks: Sequence[tuple[str, str, str]],
) -> None:
    for name, colour, marker in looks:
        gains = [gain_of_chacha(dict(rows), name, size) for size in sizes]
        known = [(size, gain) for size, gain in zip(sizes, gains, strict=True) if gain is not None]
        axes.plot(*zip(*known, strict=True), color=colour, marker=marker, markersize=5)
    axes.axhline(1.0, color=INK, linewidth=1)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator([0.2, 0.5, 1, 2, 5, 10, 20]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.annotate(
        "ChaCha20 faster ↑",
        (0.03, 1.0),
        xycoords=("axes fraction", "data"),
        xytext=(0, 4),
        textcoords="offset points",
        fontsize=SMALL_POINTS,
        color=SOFT,
    )
    _sizes_axis(axes, sizes)


def _point(axes: Axes, row: PeerRow, series: Series, place: int) -> None:
    offset = 0.13 if series.direction is Direction.OPEN else -0.13
    axes.errorbar(
        _ns(row),
        place + offset,
        xerr=[[max(0.0, _ns(row) - row.p25_ns)], [max(0.0, row.p75_ns - _ns(row))]],
        marker=series.marker,
        markersize=5.5,
        color=series.colour,
        markerfacecolor=series.colour if series.filled else "white",
        linewidth=1,
    )


def _line(
    axes: Axes, rows: Sequence[PeerRow], colour: str, marker: str, *, dashed: bool = False
) -> None:
    known = sorted((row for row in rows if row.median_ns is not None), key=lambda r: r.size_bytes)
    if not known:
        return
    axes.errorbar(
        [row.size_bytes for row in known],
        [_ns(row) for row in known],
        yerr=[
            [max(0.0, _ns(row) - row.p25_ns) for row in known],
            [max(0.0, row.p75_ns - _ns(row)) for row in known],
        ],
        color=colour,
        marker=marker,
        markersize=5,
        linewidth=1.4,
        linestyle="--" if dashed else "-",
    )


def _sizes_axis(axes: Axes, sizes: Sequence[int]) -> None:
    axes.xaxis.set_major_locator(FixedLocator(list(sizes)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlabel("bytes")


def _plain_log(axes: Axes, ticks: Sequence[float]) -> None:
    axes.xaxis.set_major_locator(FixedLocator(list(ticks)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _handle(marker: str, colour: str, label: str, *, filled: bool = True) -> Line2D:
    return Line2D(
        [],
        [],
        color=colour,
        marker=marker,
        markerfacecolor=colour if filled else "white",
        label=drawable(label),
    )


def _in(row: PeerRow, series: Series) -> bool:
    return (row.direction, row.memory) == (series.direction, series.memory)


def _ns(row: PeerRow) -> float:
    return float("inf") if row.median_ns is None else row.median_ns.value
