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
from bench.report.scanning.hook_notes import FEWEST_FOR_P99, hook_notes
from bench.report.scanning.hook_rows import HookGroup, hook_groups, hook_name, pipeline_name
from bench.report.scanning.hook_steps import COPY, DECODE, HASH, LOOKUP, REST, sampled_means_ns
from bench.report.scanning.hook_way import share_of, way_without_hook
from bench.report.table_value import Column, Line, Table, without_empty_columns
from bench.results import HookSummary, Row

NOT_SAMPLED = "no frame was sampled"


def hook_tables(run: ReportRun) -> tuple[Table, ...]:
    """Return one table of hooks per clip, codec and model; what holds for all is said once."""
    tables = [_table(group, run) for group in hook_groups(run.rows)]
    if tables:
        tables[-1] = replace(tables[-1], notes=(*tables[-1].notes, *hook_notes(run.rows)))
    return tuple(tables)


def _table(group: HookGroup, run: ReportRun) -> Table:
    return without_empty_columns(
        Table(
            title=f"{group.title}, {group.fps:.4g} fps" if group.fps else group.title,
            name_head="hook",
            columns=_COLUMNS,
            lines=tuple(_line(row, group, run) for row in group.rows),
        )
    )


_COLUMNS = (
    Column(head="hook", sub="µs/frame"),
    Column(head="", sub="±%", priority=1),
    Column(head="core", sub="%"),
    Column(head="added", sub="p50 µs", priority=7),
    Column(head="p50", sub="+%", priority=13),
    Column(head="added", sub="p99 µs"),
    Column(head="p99", sub="+%", priority=5),
    Column(head="decode", sub="µs", priority=3),
    Column(head="hash", sub="µs", priority=2),
    Column(head="look-up", sub="µs", priority=2),
    Column(head="copy", sub="µs", priority=4),
    Column(head="rest", sub="µs", priority=10),
    Column(head="worker", sub="µs/scan", priority=8),
    Column(head="frames", sub="sampled", priority=1),
    Column(head="", sub="matched", priority=11),
    Column(head="", sub="dropped", priority=3),
    Column(head="", sub="flagged", priority=12),
    Column(head="lag", sub="p50 ms", priority=6),
    Column(head="lag", sub="p99 ms", priority=3),
    Column(head="learns", sub="the verdict", priority=14, numeric=False),
)


def _line(row: Row, group: HookGroup, run: ReportRun) -> Line:
    hook = row.hook if row.error is None else None
    return Line(
        name=hook_name(row),
        group=pipeline_name(row, group.rows),
        cells=() if hook is None else _cells(row, hook, run),
        labels=tuple(map(printable, row.labels)),
        error=failure(row),
        remark=NOT_SAMPLED if hook is not None and not hook.sampled else remark(row),
        is_baseline=is_baseline(row),
    )


def _cells(row: Row, hook: HookSummary, run: ReportRun) -> tuple[str, ...]:
    way = way_without_hook(row, run)
    steps = sampled_means_ns(row, run)
    is_async = hook.worker_ns is not None
    has_p99 = row.frames >= FEWEST_FOR_P99
    has_lag_p99 = hook.lag_p99_ns is not None and hook.sampled - hook.dropped >= FEWEST_FOR_P99
    return (
        microseconds(hook.mean_ns.value),
        half_interval_percent(hook.mean_ns).removeprefix("±").removesuffix(" %"),
        number(100 * hook.core_share.value, 2),
        microseconds(hook.added_p50_ns.value),
        share_of(hook.added_p50_ns.value, way.p50_ns if way else None),
        microseconds(hook.added_p99_ns.value) if has_p99 else MISSING,
        share_of(hook.added_p99_ns.value, way.p99_ns if way and has_p99 else None),
        *(
            microseconds(steps[step]) if step in steps else MISSING
            for step in (DECODE, HASH, LOOKUP, COPY, REST)
        ),
        microseconds(hook.worker_ns.value) if hook.worker_ns else MISSING,
        f"{hook.sampled:,}",
        f"{hook.matched:,}" if hook.sampled else MISSING,
        f"{hook.dropped:,}" if is_async else MISSING,
        f"{hook.flagged_frames:,}" if hook.sampled else MISSING,
        milliseconds(hook.lag_p50_ns.value) if hook.lag_p50_ns else MISSING,
        milliseconds(hook.lag_p99_ns.value) if hook.lag_p99_ns and has_lag_p99 else MISSING,
        printable(", ".join(hook.learns)) or MISSING,
    )
