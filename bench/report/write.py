"""Writing the report: every form of it into one folder, each file complete or not there."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

from bench.report.document import document_of
from bench.report.html import render_html
from bench.report.markdown import PLOT_DIR, render_markdown
from bench.report.plots import plots_of
from bench.report.report_run import ReportRun
from bench.report.section import slug


def write_report(runs: Sequence[ReportRun], out_dir: Path) -> list[Path]:
    """Write report.md, report.html and the plots of `runs` under `out_dir`.

    Return the files written, in that order. Raises OSError where one cannot be written.
    """
    documents = [
        (document_of(run), tuple(plots_of(run, prefix)))
        for run, prefix in zip(runs, _prefixes(runs), strict=True)
    ]
    written = [
        _replace(out_dir / "report.md", render_markdown(documents).encode()),
        _replace(out_dir / "report.html", render_html(documents).encode()),
    ]
    for _, plots in documents:
        for plot in plots:
            written.append(_replace(out_dir / PLOT_DIR / f"{plot.stem}.png", plot.png))
            written.append(_replace(out_dir / PLOT_DIR / f"{plot.stem}.svg", plot.svg))
    return written


def _prefixes(runs: Sequence[ReportRun]) -> Iterator[str]:
    for place, run in enumerate(runs, start=1):
        yield f"{place}-{slug(run.name)}-" if len(runs) > 1 else ""


def _replace(path: Path, content: bytes) -> Path:
    """Write `content` to `path` through a neighbour, so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(content)
            file.close()
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return path
