"""Where the command line writes: results to standard output, everything else to standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from bench.cli.exit_codes import USAGE
from bench.progress import Advance

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)


def fail(message: str, code: int = USAGE) -> NoReturn:
    """End the program with one clear line."""
    ERR.print(f"sealbench: {message}", markup=False, soft_wrap=True)
    raise typer.Exit(code)


class TerminalProgress:
    """Progress bars on a terminal; nothing but notes where standard error is piped."""

    @contextmanager
    def task(self, what: str, total: float) -> Iterator[Advance]:
        """Show a bar with the time that remains while the block runs."""
        if not ERR.is_terminal:
            yield lambda steps=1: None  # noqa: ARG005 - the contract
            return
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeRemainingColumn(),
        )
        # No thread that redraws by itself: it would take the interpreter from what is measured.
        with Progress(*columns, console=ERR, transient=True, auto_refresh=False) as bars:
            task = bars.add_task(what, total=total)
            bars.refresh()

            def advance(steps: float = 1) -> None:
                bars.advance(task, steps)
                bars.refresh()

            yield advance

    def note(self, line: str) -> None:
        """Show one line that stays."""
        ERR.print(line, markup=False, soft_wrap=True)
