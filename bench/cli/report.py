"""`sealbench report`: tables, pages and plots from what runs left behind."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.console import OUT, TerminalProgress, fail
from bench.report.stored import report_run
from bench.report.table import print_report
from bench.store import StoreError, read_run


def report(
    folders: Annotated[list[Path], typer.Argument(help="Folders of one or more runs.")],
    out: Annotated[
        Path | None, typer.Option(help="Where to write; default: the first run's folder.")
    ] = None,
) -> None:
    """Show and write the report of runs.

    Prints the tables, and writes report.md, report.html and the plots.
    """
    show_report(folders, out)


def show_report(folders: list[Path], out: Path | None = None) -> None:
    """Print the tables of the runs in `folders` and write their report."""
    # Here, because it loads matplotlib: half of the time that every other command starts in.
    from bench.report.write import write_report  # noqa: PLC0415 - see above

    progress = TerminalProgress()
    try:
        runs = [report_run(read_run(folder)) for folder in folders]
        print_report(runs, OUT)
        progress.begin("drawing the plots", 1)
        written = write_report(runs, out or folders[0])
    except StoreError as error:
        fail(str(error))
    finally:
        progress.end()
    plots = sum(path.suffix == ".png" for path in written)
    OUT.print(f"\nreport: {written[1]} ({plots} plots)", markup=False, soft_wrap=True)
