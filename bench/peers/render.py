"""A session as text: the tables and verdicts for a terminal, and the same as Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.peers.cell import Memory, Part
from bench.peers.rows import PeerRow, PeersReport, Ratio

NONE = "-"
LIBRARY = "by"
"""The head of the column that names who does the work."""

PART_TITLES = {
    Part.COPY: "The floor: memcpy",
    Part.AEAD: "Bare AEAD, 12 bytes of associated data",
    Part.SRTP: "SRTP, one sender's stream",
    Part.SFRAME: "SFrame units",
    Part.RELAY: "Relay, per packet that leaves",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A grid of text: a title, column heads and lines of as many cells."""

    title: str
    head: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


def tables(rows: Sequence[PeerRow]) -> Iterator[Table]:
    """Yield one table per part, cipher and direction: contenders down, sizes across."""
    for part in Part:
        of_part = [row for row in rows if row.part == part]
        groups = dict.fromkeys((row.cipher, row.direction) for row in of_part)
        for cipher, direction in groups:
            chosen = [row for row in of_part if (row.cipher, row.direction) == (cipher, direction)]
            yield _table(PART_TITLES[part], cipher, direction, chosen)


def _table(title: str, cipher: str, direction: str, rows: Sequence[PeerRow]) -> Table:
    sizes = sorted({row.size_bytes for row in rows})
    names = dict.fromkeys((row.contender, row.library) for row in rows)
    lines = []
    for name, library in names:
        cells = [name]
        for size in sizes:
            for memory in Memory:
                found = [
                    row
                    for row in rows
                    if (row.contender, row.size_bytes, row.memory) == (name, size, memory)
                ]
                cells.append(figure(found[0]) if found else NONE)
        lines.append((*cells, library))
    heads = [f"{size:,} B {memory}" for size in sizes for memory in Memory]
    return Table(
        title=f"{title}: {cipher}, {direction}, ns per unit",
        head=("", *heads, LIBRARY),
        lines=tuple(lines),
    )


def figure(row: PeerRow) -> str:
    """Return the median with half of the middle half's width: `347 ±2%`."""
    if row.median_ns is None:
        return "error"
    value = row.median_ns.value
    spread = (row.p75_ns - row.p25_ns) / 2 / value if value else 0.0
    return f"{value:,.0f} ±{100 * spread:.0f}%"


def verdicts(ratios: Sequence[Ratio]) -> Table:
    """Return the table of ratios: hot and cold side by side, with the target and the verdict."""
    lines = []
    for name in dict.fromkeys(ratio.name for ratio in ratios):
        both = [ratio for ratio in ratios if ratio.name == name]
        found = {ratio.memory: ratio for ratio in both}
        cells = [
            f"{found[memory].value.value:.2f} ({found[memory].value.low:.2f} to"
            f" {found[memory].value.high:.2f})"
            if memory in found
            else NONE
            for memory in Memory
        ]
        target = f"{'at most' if both[0].at_most else 'at least'} {both[0].target:g}"
        lines.append((name, *cells, target, verdict(both)))
    return Table(
        title="Ratios, median of paired rounds (95 % interval)",
        head=("", *Memory, "target", ""),
        lines=tuple(lines),
    )


def verdict_lines(ratios: Sequence[Ratio]) -> list[str]:
    """Return one line for each claim: `PASS  …: 1.31 hot, 1.28 cold (at least 1.25)`."""
    lines = []
    for name in dict.fromkeys(ratio.name for ratio in ratios):
        both = [ratio for ratio in ratios if ratio.name == name]
        values = ", ".join(f"{ratio.value.value:#.3g} {ratio.memory}" for ratio in both)
        bound = "at most" if both[0].at_most else "at least"
        head = "PASS " if all(ratio.met for ratio in both) else "short"
        lines.append(f"{head}  {name}: {values} ({bound} {both[0].target:g})")
    return lines


def fitting(table: Table, width: int) -> tuple[int, ...]:
    """Return the columns to show in `width` characters, cold ones only where there is room.

    Libraries are never among them; what is left out stands in the files.
    """
    shown = tuple(index for index, name in enumerate(table.head) if name != LIBRARY)
    needed = sum(
        2 + max(len(line[index]) for line in (*table.lines, _broken(table.head))) for index in shown
    )
    if needed <= width:
        return shown
    return tuple(index for index in shown if not table.head[index].endswith(Memory.COLD))


def _broken(head: tuple[str, ...]) -> tuple[str, ...]:
    """Return the longer line of each head that is set in two."""
    return tuple(max(broken_head(name).split("\n"), key=len) for name in head)


def broken_head(name: str) -> str:
    """Return a column's head with its memory on a line of its own."""
    size, blank, memory = name.rpartition(" ")
    return f"{size}\n{memory}" if blank and memory in set(Memory) else name


def verdict(ratios: Sequence[Ratio]) -> str:
    """Return PASS where every ratio meets its target, else where it falls short."""
    short = [ratio.memory for ratio in ratios if not ratio.met]
    return f"short ({', '.join(short)})" if short else "PASS"


def scaling_table(report: PeersReport) -> Table:
    """Return how two at once compare with one alone."""
    return Table(
        title="Two at once over one alone, aes-128-gcm protect, 1200 B, 64 a call",
        head=("", "ratio", LIBRARY),
        lines=tuple(
            (
                row.workers,
                f"{row.ratio.value:.2f} ({row.ratio.low:.2f} to {row.ratio.high:.2f})",
                row.library,
            )
            for row in report.scaling
        ),
    )


def facts(report: PeersReport) -> list[str]:
    """Return on what, how and how quietly it was measured."""
    machine = report.machine
    pinned = "not pinned" if report.pinned_core is None else f"pinned to core {report.pinned_core}"
    before, after = report.conditions_before, report.conditions_after
    lines = [
        (
            f"sealbench {report.sealbench_version}, {report.started_utc}, {report.seconds:.0f} s,"
            f" seed {report.seed}"
        ),
        (
            f"{machine.cpu_model or machine.architecture}, {machine.usable_cores} usable cores,"
            f" {' '.join(machine.isa or ())}; {machine.os}, {machine.kernel}, {machine.python}"
        ),
        (
            f"{report.rounds} rounds in random order, {pinned}; {report.disturbed_passes} of"
            f" {report.passes} passes disturbed by other processes"
        ),
        (
            f"load {before.load_1min} before, {after.load_1min} after; CPU pressure"
            f" {before.cpu_pressure_percent} % before, {after.cpu_pressure_percent} % after"
        ),
        (
            f"a read of the clock takes {report.clock_read_ns.value:.0f} ns; it is shared by the"
            " units of a pass, or of a burst of 64 where each packet may come only once"
        ),
        (
            "hot: the units were just written or read; cold: the core's own caches were emptied"
            " first (a shared L3 keeps them)"
        ),
        "± is half the interquartile range over the rounds",
        (
            "openssl speed stays in one hot buffer, makes key or IV anew each time, does one size"
            " at a time for a second, and its opening is given a made-up tag"
        ),
    ]
    libraries = sorted((k, v) for k, v in machine.libraries.items() if v is not None)
    lines.append("; ".join(f"{name} {version}" for name, version in libraries))
    lines += [f"absent: {each.contender}: {each.reason}" for each in report.absent]
    lines += [
        f"error: {row.contender}, {row.cipher} {row.direction} {row.size_bytes} B {row.memory}:"
        f" {row.error}"
        for row in report.rows
        if row.error is not None
    ]
    return lines


def all_tables(report: PeersReport) -> list[Table]:
    """Return every table of figures in `report`."""
    scaling = [scaling_table(report)] if report.scaling else []
    return [*tables(report.rows), *scaling]


def markdown(title: str, shown: Sequence[Table], lines: Iterable[str], plots: Iterable[str]) -> str:
    """Return a report as one Markdown text; `plots` are the stems of the pictures beside it."""
    blocks = [f"# {title}"]
    blocks += [f"[![{stem}]({stem}.png)]({stem}.svg)" for stem in plots]
    for table in shown:
        rule = ["---", *("---:" for _ in table.head[1:])]
        grid = [table.head, tuple(rule), *table.lines]
        blocks.append(f"**{table.title}**")
        blocks.append("\n".join(f"| {' | '.join(map(_cell, line))} |" for line in grid))
    blocks.append("\n".join(f"- {_cell(line)}" for line in lines))
    return "\n\n".join(blocks) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;") or " "
