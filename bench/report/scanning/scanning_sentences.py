"""What a run tells of scanning, in a few sentences."""

from collections import Counter
from collections.abc import Callable, Sequence

from bench.report.grouping import rung
from bench.report.outcome import remark
from bench.report.quantities import count, duration, number, percent
from bench.report.report_run import ReportRun, printable
from bench.report.scanning.hook_rows import HookGroup, hook_groups, point_of
from bench.report.scanning.plot_private import comparable_rows
from bench.report.scanning.private_table import found_words, protocol_of, times_plaintext
from bench.report.scanning.recall_cells import recall_cells
from bench.report.scanning.subjects import entries_words
from bench.results import HookSummary, PrivateSummary, Row
from pipelines.scanning.hook import Mode, Point

_NO_PLAINTEXT = "holds no plaintext"
"""What the refusal of a hook says where the relay passes on what it cannot read."""

_UNCHANGED = "none"


def scanning_sentences(run: ReportRun) -> tuple[str, ...]:
    """Return at most four findings of the scanning rows of `run`."""
    candidates: tuple[Callable[[Sequence[Row]], str | None], ...] = (
        _points,
        _refused_relay,
        _private,
        _exact_match,
    )
    found = [candidate(run.rows) for candidate in candidates]
    return tuple(sentence for sentence in found if sentence is not None)


def _points(rows: Sequence[Row]) -> str | None:
    """Return what the same scan costs at the cheapest and at the dearest point."""
    choices = [choice for group in hook_groups(rows) for choice in _same_scan(group)]
    if not choices:
        return None
    # The scan that was tried at most points says most about them.
    chosen = max(choices, key=lambda choice: len({point_of(row) for row, _ in choice}))
    ordered = sorted(chosen, key=lambda pair: pair[1].core_share.value)
    (row, cheapest), (_, dearest) = ordered[0], ordered[-1]
    what = f"Looking at every frame of {rung(row)} {printable(row.codec)} with {_scanner(cheapest)}"
    if cheapest.point == dearest.point:
        return f"{what} costs {_cost(cheapest, row)} at {printable(cheapest.point)}."
    return (
        f"{what} costs {_cost(cheapest, row)} at {printable(cheapest.point)} and "
        f"{_cost(dearest, row)} at {printable(dearest.point)}"
        f"{', which has to decode it first' if _decodes(dearest) else ''}."
    )


def _same_scan(group: HookGroup) -> list[list[tuple[Row, HookSummary]]]:
    """Return the whole scans of every frame in `group`, those of one pipeline and list together."""
    alike: dict[tuple[str, str, int], list[tuple[Row, HookSummary]]] = {}
    for row in group.finished:
        hook = row.hook
        if hook and hook.list_entries and hook.sampling == "every-1" and hook.mode == Mode.INLINE:
            key = (row.pipeline, hook.scanner, hook.list_entries)
            alike.setdefault(key, []).append((row, hook))
    return list(alike.values())


def _scanner(hook: HookSummary) -> str:
    return f"{printable(hook.scanner)} and a list of {hook.list_entries:,}"


def _cost(hook: HookSummary, row: Row) -> str:
    share = f" ({percent(hook.core_share.value)} of a core at {row.fps:.4g} fps)"
    return f"{duration(hook.mean_ns.value)} per frame{share}"


def _decodes(hook: HookSummary) -> bool:
    return hook.point in {Point.RELAY, Point.SENDER_AFTER_ENCODE}


def _refused_relay(rows: Sequence[Row]) -> str | None:
    reasons = Counter(
        reason
        for row in rows
        if point_of(row) == Point.RELAY and _NO_PLAINTEXT in (reason := remark(row) or "")
    )
    if not reasons:
        return None
    (reason, _), *others = reasons.most_common()
    return (
        f"Under end-to-end encryption a relay cannot scan: {count(reasons.total(), 'hook')} "
        f"{'for one ' if others else ''}{reason}."
    )


def _private(rows: Sequence[Row]) -> str | None:
    compared = [
        (times, protocol_of(row), summary)
        for row, summary in comparable_rows(rows)
        if (times := times_plaintext(summary)) is not None
    ]
    if not compared:
        return None
    least, most = min(compared, key=lambda each: each[0]), max(compared, key=lambda each: each[0])
    span = _factor(least) if least is most else f"from {_factor(least)} to {_factor(most)}"
    return (
        f"A private look-up takes {span} the time of one in the clear that finds the same, "
        "set-up not counted."
    )


def _factor(each: tuple[float, str, PrivateSummary]) -> str:
    times, protocol, summary = each
    entries = entries_words(summary.list_entries)
    return f"{number(times, 2)} times ({protocol}, {found_words(summary)}, {entries})"


def _exact_match(rows: Sequence[Row]) -> str | None:
    """Return how many frames keep their hash after nothing but re-encoding."""
    cells = [cell for cell in recall_cells(rows, by_codec=False) if cell.change == _UNCHANGED]
    if not cells:
        return None
    own = [cell for cell in cells if cell.hasher == cells[0].hasher]
    frames = sum(cell.frames for cell in own)
    recalled = sum(cell.recalled.share.value * cell.frames for cell in own) / frames
    identical = sum(cell.identical.share.value * cell.frames for cell in own) / frames
    best = max(own, key=lambda cell: cell.identical.share.value)
    kept = "none keeps its hash bit by bit"
    if identical:
        at_best = f"{percent(best.identical.share.value)} at best, {printable(best.rung)}"
        kept = f"only {percent(identical)} keep their hash bit by bit ({at_best})"
    return (
        f"After scaling and re-encoding alone {printable(own[0].hasher)} still recognises "
        f"{percent(recalled)} of {count(frames, 'frame')}, but {kept}: exact matching, which is "
        "all that private set intersection does, misses the rest."
    )
