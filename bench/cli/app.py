"""`sealbench`: the commands and what each is for."""

import difflib
import io
import logging
import sys
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperGroup

from bench.cli.commands import COMMANDS, in_app
from bench.cli.console import OUT, CompilingNote, say
from bench.cli.exit_codes import FAULT, INTERRUPTED, OK, USAGE
from bench.cli.stopping import stop_by_exception

COMPILING = "pipelines.compiled"
"""Whose log says that kernels are being compiled. By name: importing it would load numba."""

CommandLineError: Any = typer.BadParameter.__mro__[2]
"""Whatever is wrong with a command line. Where this class lives depends on typer's version."""

EPILOG = """Exit codes: 0 fine; 1 a case ended in an error, the others were measured, or a gate
confirmed a regression; 2 the command line, a suite, a clip or a run folder cannot be used as asked;
3 a gate was inconclusive; 4 the run, the stored baseline, or one of several profiles, is of another
machine or other libraries; 5 a pipeline gave a wrong answer; 6 standard output cannot be written (a
full disk), all else went well; 70 a fault of sealbench itself; 130 stopped by Ctrl-C, what was
measured is kept; 141 as 6, where the reader of standard output left (| head)."""


class Commands(TyperGroup):
    """The commands, each imported when it is asked for."""

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
        resolved = super().resolve_command(ctx, args)
        # All is imported.
        stop_by_exception()
        return resolved


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


def run() -> int:
    """Run the command that the arguments name; return its exit code.

    Ctrl-C, and whatever a command did not expect, ends it with one line and a code of its own.
    """
    log = logging.getLogger(COMPILING)
    log.addHandler(CompilingNote())
    log.setLevel(logging.INFO)
    # Not typer's own main: it takes a broken pipe, of whomever, for its own and ends with 1.
    command = typer.main.get_command(app)
    try:
        with command.make_context(app.info.name, sys.argv[1:]) as context:
            command.invoke(context)
    except typer.Exit as ended:
        return ended.exit_code
    except CommandLineError as error:
        shown = io.StringIO()
        error.show(shown)
        # Choices come one a line, and what a value must be with the name of who says so.
        text = shown.getvalue().replace("\n\t", " ").replace(": Value error, ", ": ")
        say(text.strip("\n"))
        return USAGE
    except KeyboardInterrupt:
        say("sealbench: stopped by Ctrl-C")
        return INTERRUPTED
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        say(f"sealbench: {name}{error.strerror or error}")
        return USAGE
    except Exception as error:  # noqa: BLE001 - the net under everything, since 1 has a meaning
        say(f"sealbench: a fault of sealbench, please report it: {_described(error)}")
        return FAULT
    return OK


def _described(error: Exception) -> str:
    """Return an exception in one line, with the places in our code that it came through."""
    what = " ".join("".join(traceback.format_exception_only(error)).split())
    root = Path(__file__).parents[2]
    # Beside them lie the libraries, where we are installed; a venv may lie in a checkout.
    ours = (root / "bench", root / "pipelines")
    places = [
        f"{Path(frame.filename).relative_to(root)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if any(Path(frame.filename).is_relative_to(package) for package in ours)
    ]
    return f"{what} ({' > '.join(places)})"
