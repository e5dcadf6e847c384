"""Where the command line writes: results to standard output, everything else to standard error."""

import logging
import sys
from typing import NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from bench.cli.exit_codes import USAGE

PIPED_WIDTH = 110
"""Columns where nobody's window limits them: enough for every table."""

OUT = Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
ERR = Console(stderr=True, highlight=False)


def visible(text: str) -> str:
    """Return `text` with what steers a terminal spelt out.

    Names and texts come from files that anybody may have written.
    """
    return "".join(
        each if each.isprintable() or each == "\n" else each.encode("unicode_escape").decode()
        for each in text
    )


def fail(message: str, code: int = USAGE) -> NoReturn:
    """End the program with one clear line."""
    ERR.print(visible(f"sealbench: {message}"), markup=False, soft_wrap=True)
    raise typer.Exit(code)


class CompilingNote(logging.Handler):
    """Says once that kernels are being compiled, whichever comes first."""

    def __init__(self) -> None:
        super().__init__()
        self._said = False

    def emit(self, record: logging.LogRecord) -> None:
        """Show one line for the first kernel of this process that is not in the cache."""
        del record
        if not self._said:
            ERR.print("compiling for this CPU: once per machine, some twenty seconds …")
            self._said = True


class TerminalProgress:
    """One bar at a time on a terminal; only the notes where standard error is piped."""

    def __init__(self) -> None:
        self._bars: Progress | None = None

    def begin(self, what: str, total: float) -> None:
        """Show a bar for `what` with the time that remains."""
        self.end()
        if not ERR.is_terminal:
            return
        # No thread that redraws by itself: it would take the interpreter from what is measured.
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=ERR,
            transient=True,
            auto_refresh=False,
        )
        self._bars.add_task(what, total=total)
        self._bars.start()
        self._bars.refresh()

    def advance(self, done: float) -> None:
        """Move the bar to `done`."""
        if self._bars is not None:
            self._bars.update(self._bars.task_ids[0], completed=done)
            self._bars.refresh()

    def end(self) -> None:
        """Take the bar away."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def note(self, line: str) -> None:
        """Show one line that stays."""
        ERR.print(visible(line), markup=False, soft_wrap=True)
