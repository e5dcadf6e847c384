"""What a run tells of scanning, in a few sentences."""

from collections import Counter
from collections.abc import Callable, Sequence

from bench.recall_pooling import pool
from bench.report.grouping import rung
from bench.report.outcome import remark
from bench.report.quantities import count, duration, number, percent
from bench.report.report_run import ReportRun, printable
from bench.report.scanning.hook_rows import HookGroup, hook_groups, point_of
from bench.report.scanning.plot_private import comparable_rows
from bench.report.scanning.private_table import found_words, protocol_of, times_plaintext
from bench.report.scanning.recall_cells import share_words
from bench.report.scanning.subjects import entries_words, rows_of
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
    """Return how many frames are recognised, and keep their hash, after nothing but re-encoding."""
    unchanged = [
        row
        for row in rows_of(rows, "recall")
        if row.error is None and row.recall is not None and row.recall.change == _UNCHANGED
    ]
    hashers = dict.fromkeys(
        counts.hasher
        for row in unchanged
        if row.recall
        for counts in row.recall.counts
        if counts.frames
    )
    if not hashers:
        return None
    first = next(iter(hashers))
    recalled = pool(unchanged, hasher=first, count="recalled")
    discarded = pool(unchanged, hasher=first, count="low_quality")
    gate = (
        f" ({share_words(discarded.share.value)} % fell under its quality gate)"
        if discarded.seen
        else ""
    )
    kept = ", ".join(f"{printable(each)} {_identical(unchanged, each)}" for each in hashers)
    return (
        f"After scaling and re-encoding alone ({_tried(unchanged)}) {printable(first)} still "
        f"recognises {share_words(recalled.share.value)} %{gate}. The hash stays the same bit "
        f"by bit for this share: {kept}. Exact matching, which is all that private set "
        "intersection does, finds no more than that."
    )


def _identical(rows: Sequence[Row], hasher: str) -> str:
    """Return the share of frames that keep their hash, and that of each extreme clip."""
    shown = f"{share_words(pool(rows, hasher=hasher, count='identical').share.value)} %"
    clips = [
        pool([row for row in rows if row.clip == clip], hasher=hasher, count="identical")
        for clip in dict.fromkeys(row.clip for row in rows if _measured(row, hasher))
    ]
    shares = sorted(each.share.value if not each.exact else float(each.seen > 0) for each in clips)
    if len(shares) < 2 or shares[0] == shares[-1]:
        return shown
    return f"{shown} (by clip {share_words(shares[0])} to {share_words(shares[-1])} %)"


def _measured(row: Row, hasher: str) -> bool:
    counts = row.recall.counts if row.recall else ()
    return any(each.hasher == hasher and each.frames for each in counts)


def _tried(rows: Sequence[Row]) -> str:
    """Return how many frames were re-encoded, and how often; a frame at two rungs is one frame."""
    frames: dict[str, int] = {}
    for row in rows:
        most = max((each.frames for each in row.recall.counts), default=0) if row.recall else 0
        frames[row.clip] = max(most, frames.get(row.clip, 0))
    rungs = len({row.recall.rung for row in rows if row.recall})
    codecs = len({row.codec for row in rows})
    by = f" by {count(codecs, 'codec')}" if codecs > 1 else ""
    return (
        f"{count(sum(frames.values()), 'frame')} of {count(len(frames), 'clip')}, "
        f"at {count(rungs, 'rung')}{by}"
    )
