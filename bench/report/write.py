"""Writing the report: every form of it into one folder, each file complete or not there."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.report.document import document_of
from bench.report.html import render_html
from bench.report.markdown import PLOT_DIR, render_markdown
from bench.report.plots import plots_of
from bench.report.report_run import ReportRun
from bench.report.section import slug
from bench.store.files import write_files


def write_report(runs: Sequence[ReportRun], out_dir: Path) -> list[Path]:
    """Write report.md, report.html and the plots of `runs` under `out_dir`.

    Return the files written, in that order. Raises StoreError where one cannot be written.
    """
    documents = [
        (document_of(run), tuple(plots_of(run, prefix)))
        for run, prefix in zip(runs, _prefixes(runs), strict=True)
    ]
    files = {
        "report.md": render_markdown(documents).encode(),
        "report.html": render_html(documents).encode(),
    }
    for _, plots in documents:
        for plot in plots:
            files[f"{PLOT_DIR}/{plot.stem}.png"] = plot.png
            files[f"{PLOT_DIR}/{plot.stem}.svg"] = plot.svg
    return write_files(out_dir, files)


def _prefixes(runs: Sequence[ReportRun]) -> Iterator[str]:
    for place, run in enumerate(runs, start=1):
        yield f"{place}-{slug(run.name)}-" if len(runs) > 1 else ""
