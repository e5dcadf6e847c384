"""`sealbench`: the commands and what each is for."""

import difflib
import io
import logging
import signal
import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperGroup

from bench.cli.commands import COMMANDS, in_app
from bench.cli.console import ERR, OUT, CompilingNote
from bench.cli.exit_codes import INTERRUPTED

COMPILING = "pipelines.compiled"
"""Whose log says that kernels are being compiled. By name: importing it would load numba."""

EPILOG = """Exit codes: 0 fine; 1 a case ended in an error, or a gate confirmed a regression; 2 the
command line, a suite, a clip or a run folder cannot be used as asked; 3 a gate was inconclusive; 4
the run, or the stored baseline, is of another machine or other libraries; 5 a pipeline gave a wrong
answer; 130 stopped by Ctrl-C, what was measured is kept."""


class Commands(TyperGroup):
    """The commands, each imported when it is asked for.

    Ctrl-C ends each of them with one line and its exit code.
    """

    # Any: which module click's types come from depends on typer's version.
    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order that the help shows."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command called `cmd_name`, or None."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        return typer.main.get_group(in_app(cmd_name)).commands[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that `args` begin with, or end with what it may have meant."""
        if args[0] not in COMMANDS:
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            meant = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(COMMANDS)}"
            ctx.fail(f"No such command {args[0]!r}; {meant}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ERR.print("sealbench: stopped by Ctrl-C")
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="sealbench",
    cls=Commands,
    help="Measure what encrypting real video costs, and size what a deployment of it needs.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer's callback signature
    if wanted:
        OUT.print(f"sealbench {version('sealbench')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and exit with its code."""
    # What a CI sends when time is up ends a run as Ctrl-C does: with what was measured kept.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # As standard error does: a terminal without a µ gets it spelt out, not a traceback.
        sys.stdout.reconfigure(errors="backslashreplace")
    log = logging.getLogger(COMPILING)
    log.addHandler(CompilingNote())
    log.setLevel(logging.INFO)
    app()
