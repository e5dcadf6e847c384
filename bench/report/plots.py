"""Every plot of a run: which there are, what they are called, what stands under them."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from bench.plot_style import rendered, settings
from bench.report.grouping import Group, Kind, groups_of, is_baseline, video_facts
from bench.report.hooked import plain_rows
from bench.report.plot_ecdf import Curve, chosen_rows, draw_ecdf
from bench.report.plot_latency import draw_latency
from bench.report.plot_overhead import draw_overhead
from bench.report.plot_plan import PlotPlan
from bench.report.plot_throughput import draw_throughput
from bench.report.published_plot import PublishedPlot
from bench.report.report_run import ReportRun, printable
from bench.report.scanning.plots import scanning_plans
from bench.report.section import section_key, slug
from bench.report.unit_throughput import series_of
from bench.samples import latency_ns


def plots_of(run: ReportRun, prefix: str = "") -> Iterator[PublishedPlot]:
    """Draw the plots of `run` one by one; `prefix` keeps the file names of several runs apart."""
    for plan in _plans(run):
        with settings():
            figure = plan.draw()
            png, svg = rendered(figure)
        yield PublishedPlot(
            section=plan.section,
            stem=f"{prefix}{plan.name}",
            drawn=plan.drawn,
            caption=plan.caption,
            width_in=figure.get_figwidth(),
            png=png,
            svg=svg,
        )


def _plans(run: ReportRun) -> Iterator[PlotPlan]:
    for group in groups_of(run):
        if group.finished:
            yield from _group_plans(group, run)
    yield from scanning_plans(run)
    yield from _throughput_plan(run)


def _group_plans(group: Group, run: ReportRun) -> Iterator[PlotPlan]:
    key = section_key(group.clip, group.codec)
    title = f"{_video(group)}; {_KINDS[group.kind]}"
    caption = _caption(group, run)
    what = _what(group)
    name = f"{key}-{group.kind}" + (f"-{group.media}" if group.kind is Kind.PACED else "")
    if group.kind is not Kind.PACED:
        yield PlotPlan(
            section=key,
            name=f"latency-{slug(name)}",
            drawn=f"Stacked bars: median time of each stage per frame, by pipeline, for {what}",
            caption=caption,
            draw=lambda: draw_latency(group, title, caption),
        )
    if group.kind is Kind.CACHED:
        yield PlotPlan(
            section=key,
            name=f"overhead-{slug(name)}",
            drawn=f"Bars: bytes each pipeline adds to a frame, for {what}",
            caption=caption,
            draw=lambda: draw_overhead(group, title, caption),
        )
    if group.kind is not Kind.LIVE:
        yield from _ecdf_plan(group, run, name)


def _ecdf_plan(group: Group, run: ReportRun, name: str) -> Iterator[PlotPlan]:
    curves = _curves(group, run)
    if not curves:
        return
    title = f"{_video(group)}; {_WAITS[group.kind]}"
    every = len(curves) == len(group.finished)
    few = f"{len(curves)} of {len(group.finished)} pipelines: null, the fastest of each family, "
    caption = f"{'' if every else f'{few}then slowest ones. '}{_caption(group, run)}"
    yield PlotPlan(
        section=section_key(group.clip, group.codec),
        name=f"ecdf-{slug(name)}",
        drawn=f"Curves: share of frames done within a time, by pipeline, for {_what(group)}",
        caption=caption,
        draw=lambda: draw_ecdf(curves, title, caption, deadline_ns=_deadline_ns(group)),
    )


def _what(group: Group) -> str:
    return f"{group.clip}, {group.codec}, {_KINDS[group.kind]}"


_KINDS = {
    Kind.CACHED: "access units from the cache",
    Kind.LIVE: "encoded and decoded live",
    Kind.PACED: "in real time",
}

_WAITS = {
    Kind.CACHED: "sender, relay and receiver together",
    Kind.PACED: "from the moment the frame was due to the end of the last stage",
}


def _video(group: Group) -> str:
    labels = f" [{', '.join(map(printable, group.shared_labels))}]" if group.shared_labels else ""
    return f"{group.clip}, {group.codec}: {video_facts(group.rows)}{labels}"


def _caption(group: Group, run: ReportRun) -> str:
    span = _span({row.frames for row in group.finished})
    return f"n = {span} frames per pipeline. {printable(run.machine_line)}. {printable(run.name)}."


def _span(frames: AbstractSet[int]) -> str:
    fewest, most = min(frames), max(frames)
    return f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"


def _deadline_ns(group: Group) -> int | None:
    deadlines = {row.paced.deadline_ns for row in group.finished if row.paced}
    return max(deadlines, default=None)


def _curves(group: Group, run: ReportRun) -> tuple[Curve, ...]:
    curves: list[Curve] = []
    for row in chosen_rows(group):
        samples = run.load_samples(row)
        # A logarithmic axis has no place for what took no time at all.
        if samples is None or not (latency_ns(samples) > 0).any():
            continue
        labels = group.own_labels(row)
        marked = f" [{', '.join(labels)}]" if labels else ""
        # In the stage model a frame is due when it starts, so this is its total time.
        curves.append(
            Curve(
                name=f"{group.display_name(row)}{marked}",
                is_baseline=is_baseline(row),
                latency_ns=latency_ns(samples),
            )
        )
    return tuple(curves)


def _throughput_plan(run: ReportRun) -> Iterator[PlotPlan]:
    series = series_of(run)
    if not series:
        return
    frames = {each.frames for each in series}
    rows = [row for row in plain_rows(run.rows) if row.error is None]
    clips = sorted({printable(row.clip) for row in rows})
    synthetic = (
        "; synthetic clips among them" if any("synthetic" in row.labels for row in rows) else ""
    )
    caption = (
        f"Sender's crypto stages; n = {_span(frames)} frames per curve, of "
        f"{', '.join(clips)}{synthetic}. "
        f"{printable(run.machine_line)}. {printable(run.name)}."
    )
    yield PlotPlan(
        section=None,
        name="throughput",
        drawn="Curves: gigabits per second and core over bytes per frame, by cipher",
        caption=caption,
        draw=lambda: draw_throughput(series, caption),
    )
