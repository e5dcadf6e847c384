"""What hooks cost, by pipeline, point, scanner, list, sampling and mode."""

from dataclasses import replace

from bench.report.grouping import is_baseline
from bench.report.outcome import failure, remark
from bench.report.quantities import (
    MISSING,
    half_interval_percent,
    microseconds,
    milliseconds,
    number,
)
from bench.report.report_run import ReportRun, printable
from bench.report.scanning.hook_rows import HookGroup, hook_groups, hook_name, pipeline_name
from bench.report.scanning.hook_steps import COPY, DECODE, HASH, LOOKUP, REST, step_means_ns
from bench.report.scanning.hook_way import share_of, way_without_hook
from bench.report.table_value import Column, Line, Table, without_empty_columns
from bench.results import HookSummary, Row

_NOTES = (
    (
        "µs/frame: all steps of the hook per frame of the stream, sampled or not (mean); the steps "
        "stand beside it, in the same unit. Of a core: the same at the clip's rate, with the time "
        "of a worker where there is one."
    ),
    (
        "added: the quantile of a frame's way from entering the sender to leaving the receiver, "
        "minus the same quantile with the hook's time taken out; of way: its share of the latter."
    ),
    (
        "Frames that match are planted: the lists hold hashes of frames of these harmless clips "
        "among random ones."
    ),
)
"""What is said once, under the last of these tables."""

_ASYNC_NOTE = (
    "async: a frame waits for the copy only; lag is the time from sampling a frame to its verdict, "
    "and a frame dropped by a full queue never gets one."
)


def hook_tables(run: ReportRun) -> tuple[Table, ...]:
    """Return one table of hooks per clip, codec and model; what holds for all is said once."""
    tables = [_table(group, run) for group in hook_groups(run.rows)]
    if tables:
        tables[-1] = replace(tables[-1], notes=(*tables[-1].notes, *_NOTES))
    return tuple(tables)


def _table(group: HookGroup, run: ReportRun) -> Table:
    has_async = any(row.hook is not None and row.hook.lag_p50_ns for row in group.finished)
    return without_empty_columns(
        Table(
            title=group.title,
            name_head="hook",
            columns=_columns(group.fps),
            lines=tuple(_line(row, group, run) for row in group.rows),
            notes=(_ASYNC_NOTE,) if has_async else (),
        )
    )


def _columns(fps: float) -> tuple[Column, ...]:
    rate = f"at {fps:.4g} fps, %" if fps else "%"
    return (
        Column(head="hook", sub="µs/frame"),
        Column(head="", sub="±%", priority=6),
        Column(head="of a core", sub=rate),
        Column(head="added", sub="p50 µs", priority=7),
        Column(head="of way", sub="%", priority=9),
        Column(head="added", sub="p99 µs"),
        Column(head="of way", sub="%", priority=1),
        Column(head="decode", sub="µs", priority=3),
        Column(head="hash", sub="µs", priority=2),
        Column(head="look-up", sub="µs", priority=2),
        Column(head="copy", sub="µs", priority=4),
        Column(head="rest", sub="µs", priority=10),
        Column(head="worker", sub="µs/scan", priority=8),
        Column(head="frames", sub="sampled", priority=11),
        Column(head="", sub="matched", priority=11),
        Column(head="", sub="dropped", priority=3),
        Column(head="", sub="flagged", priority=12),
        Column(head="lag", sub="p50 ms", priority=5),
        Column(head="lag", sub="p99 ms", priority=3),
        Column(head="learns", sub="the verdict", priority=8, numeric=False),
    )


def _line(row: Row, group: HookGroup, run: ReportRun) -> Line:
    return Line(
        name=hook_name(row),
        group=pipeline_name(row, group.rows),
        cells=() if row.hook is None or row.error is not None else _cells(row, row.hook, run),
        labels=tuple(map(printable, row.labels)),
        error=failure(row),
        remark=remark(row),
        is_baseline=is_baseline(row),
    )


def _cells(row: Row, hook: HookSummary, run: ReportRun) -> tuple[str, ...]:
    way = way_without_hook(row, run)
    steps = step_means_ns(row)
    is_async = hook.worker_ns is not None
    return (
        microseconds(hook.mean_ns.value),
        half_interval_percent(hook.mean_ns).removeprefix("±").removesuffix(" %"),
        number(100 * hook.core_share.value, 2),
        microseconds(hook.added_p50_ns.value),
        share_of(hook.added_p50_ns.value, way.p50_ns if way else None),
        microseconds(hook.added_p99_ns.value),
        share_of(hook.added_p99_ns.value, way.p99_ns if way else None),
        *(
            microseconds(steps[step]) if step in steps else MISSING
            for step in (DECODE, HASH, LOOKUP, COPY, REST)
        ),
        microseconds(hook.worker_ns.value) if hook.worker_ns else MISSING,
        f"{hook.sampled:,}",
        f"{hook.matched:,}",
        f"{hook.dropped:,}" if is_async else MISSING,
        f"{hook.flagged_frames:,}",
        milliseconds(hook.lag_p50_ns.value) if hook.lag_p50_ns else MISSING,
        milliseconds(hook.lag_p99_ns.value) if hook.lag_p99_ns else MISSING,
        printable(", ".join(hook.learns)) or MISSING,
    )
