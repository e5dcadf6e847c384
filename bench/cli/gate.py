"""`sealbench gate`: whether the working tree is slower, and whether this machine can tell."""

import os
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from bench.cli.console import ERR, OUT, TerminalProgress, fail, put_json
from bench.cli.gate_failures import default_folder, failures
from bench.cli.gate_material import DEFAULT_SUITE, ONLY_HELP, SUITE_HELP, written
from bench.cli.gate_selftest import selftest
from bench.cli.gate_stored import gate_stored
from bench.cli.given_once import GivenOnce
from bench.cli.plugins import installed
from bench.cli.selection import Selection, select
from bench.gate.checkout import gate_cache, of_revision, only_gate
from bench.gate.exact_counts import COUNTERS
from bench.gate.gate import Gate, Gated
from bench.gate.keep import BLOCKS_FILE, keeper_in
from bench.gate.report import append_step_summary, to_json, to_markdown, to_text, write_report
from bench.gate.statistics.decide import EXIT_CODES
from bench.gate.worker.messages import Spec
from bench.machine import describe_machine
from bench.machine.schema import Machine
from bench.store import StoreError
from pipelines.registry import Registry

DEFAULT_COMMAND = "compare"

MOST_SEED = 2**63 - 1


class GateCommands(TyperGroup):
    """`gate` alone is `gate compare`: what it is for most of the time."""

    # Any: which module the context's type comes from depends on typer's version.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command in front where none is named."""
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = [DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=GateCommands,
    help="Say whether the working tree is slower than a revision."
    " `sealbench gate --base REV` is short for `sealbench gate compare --base REV`.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("compare", cls=GivenOnce)
def compare(
    suite: Annotated[str | None, typer.Argument(help=SUITE_HELP)] = None,
    *,
    base: Annotated[
        str | None, typer.Option(help="The git revision to compare with: main, v1.2, HEAD~1.")
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(help="Instead: a stored run, gate.json or pytest-benchmark file (advisory)."),
    ] = None,
    only: Annotated[str | None, typer.Option(help=ONLY_HELP)] = None,
    clip: Annotated[Path | None, typer.Option(help="Your own video instead of the clips.")] = None,
    accept: Annotated[
        list[str] | None, typer.Option(help="An exact counter that may grow (repeatable).")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=MOST_SEED, help="Seed of the orders.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; it must be new.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print gate.json, not the table.")] = False,
) -> None:
    """Compare the working tree with REV, benchmark by benchmark, in turns on one core.

    Exit codes: 0 pass; 1 a confirmed regression; 2 usage; 3 inconclusive; 4 a stored baseline of
    another machine or libraries; 5 a wrong answer.
    """
    if (base is None) == (baseline is None):
        fail("give either --base REV or --baseline FILE")
    accepted = known_counters(accept or [])
    progress = TerminalProgress()
    registry = installed()
    with failures(progress):
        machine = describe_machine(with_scaling=False)
        folder = new_folder(out, "gate", machine)
        if base is not None:
            selection = select(
                DEFAULT_SUITE if suite is None else suite, registry, pattern=only, clip=clip
            )
            gated = gate_revision(
                base,
                selection,
                registry,
                machine=machine,
                folder=folder,
                progress=progress,
                accepted=accepted,
                seed=seed,
            )
        elif baseline is not None:
            if accept or seed is not None:
                fail("--accept and --seed belong to --base REV, not to a stored baseline")
            gated = gate_stored(
                baseline, registry, machine, folder, progress, suite=suite, clip=clip, only=only
            )
        write_report(folder, gated.result, gated.blocks)
    publish(gated, folder, json=json)


def gate_revision(
    base: str,
    selection: Selection,
    registry: Registry,
    *,
    machine: Machine,
    folder: Path,
    progress: TerminalProgress,
    accepted: frozenset[str],
    seed: int | None,
) -> Gated:
    """Measure a selection on `base` and on the working tree around the current folder.

    Blocks go to `folder` as they are measured. Raises what `failures` turns into a line.
    """
    chosen = secrets.randbits(32) if seed is None else seed
    cache = gate_cache()
    with only_gate(cache), tempfile.TemporaryDirectory() as material:
        progress.begin("checking out", 1)
        checkouts = of_revision(Path.cwd(), base, cache=cache)
        specs, notes = written(selection, registry, Path(material), progress, seed=chosen)
        gate = Gate(
            checkouts=checkouts,
            suite=selection.suite.name,
            machine=machine,
            seed=chosen,
            progress=progress,
            keep=keeper_in(folder),
            accepted=accepted,
        )
        progress.note(headline(gate, specs))
        try:
            return gate.run(specs, notes)
        except KeyboardInterrupt:
            progress.end()
            progress.note(f"no verdict; blocks measured so far are in {folder / BLOCKS_FILE}")
            raise


app.command("selftest", cls=GivenOnce)(selftest)


def new_folder(out: Path | None, what: str, machine: Machine) -> Path:
    """Return the folder of a report, which must be new. Raises StoreError."""
    folder = out or default_folder(what, machine)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder}: is there already; --out wants a new folder")
    return folder


def known_counters(names: Sequence[str]) -> frozenset[str]:
    """Return the counters to accept; ends the program where one is unknown."""
    for name in names:
        if name not in COUNTERS:
            fail(f"--accept: unknown counter {name!r}; known: {', '.join(COUNTERS)}")
    return frozenset(names)


def headline(gate: Gate, specs: Sequence[Spec]) -> str:
    """Return the line that stands above a gate."""
    checkouts = gate.checkouts
    return (
        f"{checkouts.base.description} -> {checkouts.head.description}:"
        f" {len(specs)} benchmarks, about {20 + len(specs)} s"
    )


def publish(gated: Gated, folder: Path, *, json: bool) -> NoReturn:
    """Print the result, leave it where a CI looks, and exit with the verdict's code."""
    append_step_summary(to_markdown(gated.result), os.environ)
    if json:
        put_json(to_json(gated.result, gated.blocks))
    else:
        OUT.print(to_text(gated.result), markup=False, soft_wrap=True)
    ERR.print(f"report: {folder}", markup=False, soft_wrap=True)
    raise typer.Exit(EXIT_CODES[gated.result.verdict])
