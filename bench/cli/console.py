"""Where the command line writes: results to standard output, everything else to standard error."""

import json
import logging
import os
import shutil
from typing import IO, NoReturn

import typer
from rich.console import (
    Console,
    ConsoleDimensions,
    ConsoleOptions,
    ConsoleRenderable,
    RenderHook,
    RenderResult,
)
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.table import Column

from bench.cli.exit_codes import USAGE
from bench.cli.raw import STANDARD_ERROR
from bench.cli.streams import STANDARD_OUTPUT, own
from bench.flight import beat

PIPED_WIDTH = 110
"""Columns where nobody's window limits them: enough for nearly every table."""

UNKNOWN_WIDTH = 80
"""Columns of a terminal that does not tell."""

WIDTHS = (20, 1000)
"""Narrower than this a table says nothing; wider is no window."""

SAID_CHARACTERS = 2000
"""Of one message, at most: it may quote a file that anybody has written."""


def visible(text: str) -> str:
    """Return `text` with what steers a terminal spelt out.

    Names and texts come from files that anybody may have written.
    """
    return "".join(
        each if each.isprintable() or each == "\n" else each.encode("unicode_escape").decode()
        for each in text
    )


def message(text: str) -> str:
    """Return `text` as it may be said: visible, and without its middle where it is too long."""
    shown = visible(text)
    left_out = len(shown) - SAID_CHARACTERS
    if left_out <= 0:
        return shown
    half = SAID_CHARACTERS // 2
    return f"{shown[:half]} … {left_out:,} characters … {shown[-half:]}"


class Window(Console):
    """A console that shows text as it is, and nothing in it steers the terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        # With a size given, rich leaves COLUMNS and LINES alone, which may hold anything.
        super().__init__(
            stderr=descriptor == STANDARD_ERROR,
            width=PIPED_WIDTH,
            height=1,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self.push_render_hook(_SpellOut())

    @property  # type: ignore[misc] # rich's can be set; nobody does
    def file(self) -> IO[str]:
        """Return our own stream."""
        return own(self._descriptor)

    @property  # type: ignore[misc] # same
    def size(self) -> ConsoleDimensions:
        """Return the window's size: COLUMNS and LINES where they are numbers, else its own."""
        try:
            window = os.get_terminal_size(self.file.fileno())
        except OSError:
            window = os.terminal_size((UNKNOWN_WIDTH if self.is_terminal else PIPED_WIDTH, 0))
        fallback = (window.columns or UNKNOWN_WIDTH, window.lines or 25)
        columns, lines = shutil.get_terminal_size(fallback)
        least, most = WIDTHS
        return ConsoleDimensions(min(max(columns, least), most), min(lines, most))


class _SpellOut(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Visible(each) for each in renderables]


class _Visible:
    """A renderable with what steers a terminal spelt out, wherever in it that stands."""

    def __init__(self, inner: ConsoleRenderable) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._inner, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


OUT = Window(STANDARD_OUTPUT)
ERR = Window(STANDARD_ERROR)


def put_json(document: bytes) -> None:
    """Print a JSON document to standard output: UTF-8 whatever the terminal's encoding is."""
    # Escapes are JSON too, so that nothing steers a terminal, and nothing is lost on its way.
    text = "".join(
        each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1]
        for each in document.decode()
    )
    out = own(STANDARD_OUTPUT)
    out.flush()
    out.buffer.write(text.encode())
    out.buffer.flush()


def say(text: str) -> None:
    """Show a message that stays."""
    ERR.print(message(text), soft_wrap=True)


def fail(text: str, code: int = USAGE) -> NoReturn:
    """End the program with one clear line."""
    say(f"sealbench: {text}")
    raise typer.Exit(code)


class CompilingNote(logging.Handler):
    """Says once that kernels are being compiled, and once of each thing that is wrong with them."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Show one line for the first kernel of this process that each thing happens to."""
        beat()
        if record.msg in self._said:
            return
        self._said.add(record.msg)
        if record.levelno >= logging.WARNING:
            say(f"sealbench: {record.getMessage()}")
        else:
            say("compiling for this CPU: once per machine, some twenty seconds …")


class TerminalProgress:
    """One bar at a time on a terminal; only the notes where standard error is piped."""

    def __init__(self) -> None:
        self._bars: Progress | None = None

    def begin(self, what: str, total: float) -> None:
        """Show a bar for `what` with the time that remains."""
        beat()
        self.end()
        if not ERR.is_terminal or ERR.is_dumb_terminal:
            return
        one_line = Column(no_wrap=True, overflow="ellipsis")
        # No thread that redraws by itself: it would take the interpreter from what is measured.
        self._bars = Progress(
            TextColumn("{task.description}", markup=False, table_column=one_line),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=ERR,
            transient=True,
            auto_refresh=False,
        )
        # The bar is not printed, so nothing spells it out.
        self._bars.add_task(message(what), total=total)
        self._bars.start()
        self._bars.refresh()

    def advance(self, done: float) -> None:
        """Move the bar to `done`."""
        beat()
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
        say(line)
