"""Every plot of a run's scanning rows."""

from collections.abc import Iterator, Sequence

from bench.picture_changes import CHANGES
from bench.report.grouping import Kind
from bench.report.plot_plan import PlotPlan
from bench.report.report_run import ReportRun, printable
from bench.report.scanning.hook_rows import HookGroup, hook_groups
from bench.report.scanning.plot_lookup import draw_lookups, lookup_curves
from bench.report.scanning.plot_private import comparable_rows, draw_private
from bench.report.scanning.plot_recall import Panel, draw_identical, draw_recall
from bench.report.scanning.plot_scan_cost import draw_scan_cost
from bench.report.scanning.recall_cells import RecallCell, changes_of, recall_cells
from bench.report.scanning.sections import HOOKS, PARTS, PRIVATE, RECALL
from bench.report.section import section_key, slug

_RECALLED = "Share of frames still recognised after re-encoding"


def scanning_plans(run: ReportRun) -> Iterator[PlotPlan]:
    """Yield the plots of the scanning rows of `run`."""
    for group in hook_groups(run.rows):
        if group.finished:
            yield _hook_plan(group, run)
    yield from _lookup_plan(run)
    yield from _private_plan(run)
    yield from _recall_plans(run)


def _hook_plan(group: HookGroup, run: ReportRun) -> PlotPlan:
    frames = _span([row.frames for row in group.finished])
    caption = f"n = {frames} frames per hook. {_made(run)}"
    name = f"{section_key(group.clip, group.codec)}-{group.kind}"
    if group.kind is Kind.PACED:
        name = f"{name}-{group.media}"
    return PlotPlan(
        section=HOOKS,
        name=f"scan-{slug(name)}",
        drawn=(
            "Stacked bars: mean time per frame of each step, by hook; dots: what the hook adds "
            f"to the latency of a frame, for {group.title}"
        ),
        caption=caption,
        draw=lambda: draw_scan_cost(group, group.title, caption),
    )


def _lookup_plan(run: ReportRun) -> Iterator[PlotPlan]:
    curves = lookup_curves(run.rows)
    if not curves:
        return
    clips = _clips(run, ("lookup", "private"))
    cases = sum(len(curve.points) for curve in curves)
    caption = f"{_queries(run, cases)}. {_made(run)}"
    yield PlotPlan(
        section=PARTS if any(not curve.is_private for curve in curves) else PRIVATE,
        name="scan-lookups",
        drawn="Curves: time of one look-up over the length of the list, by index and protocol",
        caption=caption,
        draw=lambda: draw_lookups(curves, f"hashes of {clips}", caption),
    )


def _private_plan(run: ReportRun) -> Iterator[PlotPlan]:
    compared = comparable_rows(run.rows)
    if not compared:
        return
    caption = f"{_queries(run, len(compared), 'private')}. {_made(run)}"
    title = f"hashes of {_clips(run, ('private',))}; mean time per query, set-up not counted"
    yield PlotPlan(
        section=PRIVATE,
        name="scan-private",
        drawn="Bars: time of a private look-up over that of one in the clear, by protocol",
        caption=caption,
        draw=lambda: draw_private(compared, title, caption),
    )


def _recall_plans(run: ReportRun) -> Iterator[PlotPlan]:
    pooled = recall_cells(run.rows, by_codec=False)
    if not pooled:
        return
    frames = _span([cell.frames for cell in pooled])
    most = max(cell.clips for cell in pooled)
    clips = f"{_span([cell.clips for cell in pooled])} {'clip' if most == 1 else 'clips'}"
    caption = f"n = {frames} frames of {clips} per cell. {_made(run)}"
    meaning = _meaning(pooled)
    maps = [
        Panel(
            title=printable(hasher), cells=tuple(cell for cell in pooled if cell.hasher == hasher)
        )
        for hasher in dict.fromkeys(cell.hasher for cell in pooled)
    ]
    yield PlotPlan(
        section=RECALL,
        name="recall-hashes",
        drawn=(
            "Maps: share of frames recalled in %, by change and by size and bitrate, for each "
            f"hash. {meaning}"
        ),
        caption=caption,
        draw=lambda: draw_recall(maps, _RECALLED, "by hash, all codecs together", caption),
    )
    yield from _codec_plans(run)
    yield PlotPlan(
        section=RECALL,
        name="recall-identical",
        drawn="Points: share of frames whose hash is the same bit by bit, over the share recalled",
        caption=caption,
        draw=lambda: draw_identical(pooled, "a point per change and rung, by hash", caption),
    )


def _meaning(cells: Sequence[RecallCell]) -> str:
    """Return what each change of `cells` does to a picture."""
    said = [f"{name}: {CHANGES[name].summary}" for name in changes_of(cells) if name in CHANGES]
    return "; ".join(said)


def _codec_plans(run: ReportRun) -> Iterator[PlotPlan]:
    single = recall_cells(run.rows, by_codec=True)
    for hasher in dict.fromkeys(cell.hasher for cell in single):
        own = [cell for cell in single if cell.hasher == hasher]
        codecs = list(dict.fromkeys(cell.codec for cell in own))
        if len(codecs) > 1:
            yield _codec_plan(hasher, own, codecs, run)


def _codec_plan(
    hasher: str, cells: Sequence[RecallCell], codecs: Sequence[str], run: ReportRun
) -> PlotPlan:
    maps = [
        Panel(title=printable(codec), cells=tuple(cell for cell in cells if cell.codec == codec))
        for codec in codecs
    ]
    caption = f"n = {_span([cell.frames for cell in cells])} frames per cell. {_made(run)}"
    subtitle = f"{printable(hasher)}, by codec"
    return PlotPlan(
        section=RECALL,
        name=f"recall-{slug(hasher)}-codecs",
        drawn=(
            "Maps: share of frames recalled in %, by change and by size and bitrate, for each "
            f"codec, with {printable(hasher)}"
        ),
        caption=caption,
        draw=lambda: draw_recall(maps, _RECALLED, subtitle, caption),
    )


def _queries(run: ReportRun, cases: int, *models: str) -> str:
    """Return how many single queries `cases` cases timed, where the samples tell it."""
    known = [
        len(samples)
        for row in run.rows
        if row.model in (models or ("lookup", "private"))
        and row.error is None
        and not (row.lookup is not None and row.lookup.batch > 1)
        and (samples := run.load_samples(row) if row.samples else None) is not None
    ]
    shown = f"{cases} cases" if cases > 1 else "1 case"
    return f"n = {_span(known)} single queries in each of {shown}" if known else f"n = {shown}"


def _clips(run: ReportRun, models: Sequence[str]) -> str:
    return ", ".join(sorted({printable(row.clip) for row in run.rows if row.model in models}))


def _span(numbers: Sequence[int]) -> str:
    fewest, most = min(numbers), max(numbers)
    return f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"


def _made(run: ReportRun) -> str:
    return f"{printable(run.machine_line)}. {printable(run.name)}."
