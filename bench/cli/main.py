"""`sealbench`: the commands and what each is for."""

import logging
import signal
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bench.cli import data, gate, hashes, machine, peers, report, run, show, verify
from bench.cli.console import ERR, OUT, CompilingNote
from bench.cli.exit_codes import INTERRUPTED
from pipelines.compiled import LOG

EPILOG = """Exit codes: 0 fine; 1 a case ended in an error, or a gate confirmed a regression; 2 the
command line, a suite, a clip or a run folder cannot be used as asked; 3 a gate was inconclusive; 4
the run, or the stored baseline, is of another machine or other libraries; 5 a pipeline gave a wrong
answer; 130 stopped by Ctrl-C, what was measured is kept."""


class Commands(TyperGroup):
    """The commands; Ctrl-C ends each of them with one line and its exit code."""

    # Any: which module the context's type comes from depends on typer's version.
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
    help="Measure what encrypting real video costs: per frame, per role, on this machine.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def examples(*lines: str) -> str:
    """Return the end of a command's help. The mark keeps click from joining the lines."""
    return "\n".join(["\b", "Examples:", *(f"  sealbench {line}" for line in lines)])


app.command(
    "run",
    epilog=examples(
        "run",
        "run smoke --out r",
        "run --clip meeting.mp4 --only 'stage/*/h264/*'",
        "run --resume r",
    ),
)(run.run)
app.command("verify", epilog=examples("verify", "verify smoke --only 'srtp-*'"))(verify.verify)
app.command("peers", epilog=examples("peers", "peers --quick --json", "peers --cpus --out r"))(
    peers.peers
)
app.command("report", epilog=examples("report r", "report r1 r2 --out both"))(report.report)
app.command("list", epilog=examples("list pipelines", "list suites"))(show.show)
app.add_typer(data.app, name="data", epilog=examples("data fetch standard", "data verify"))
app.add_typer(
    hashes.app,
    name="hashes",
    epilog=examples(
        "hashes make known.hashes --clip bunny --size 100000", "hashes show known.hashes"
    ),
)
app.add_typer(
    gate.app,
    name="gate",
    epilog=examples(
        "gate --base main",
        "gate --base HEAD~1 --only 'srtp-*'",
        "gate --baseline results/2026-11-22T0912-epyc",
        "gate selftest --trials 20 --out selftest",
    ),
)
app.command("machine", epilog=examples("machine", "machine --json"))(machine.machine)


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
    LOG.addHandler(CompilingNote())
    LOG.setLevel(logging.INFO)
    app()
