"""`sealbench gate`: whether the working tree is slower, and whether this machine can tell."""

import os
import secrets
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer
from typer.core import TyperGroup

from bench.cli.console import ERR, OUT, TerminalProgress, fail
from bench.cli.exit_codes import INTERRUPTED
from bench.cli.gate_stored import gate_stored
from bench.cli.selection import Selection, listed_clip_at_hand, select, with_clips_at_hand
from bench.clips.errors import ClipError
from bench.gate.checkout import CheckoutError, gate_cache, of_installed, of_revision, only_gate
from bench.gate.design import Design
from bench.gate.gate import Gate, Gated
from bench.gate.keep import keeper_in
from bench.gate.material import MaterialFolder, NotGated
from bench.gate.report import append_step_summary, to_json, to_markdown, to_text, write_report
from bench.gate.selftest.contrast import ContrastUnavailable
from bench.gate.selftest.plot import draw_selftest
from bench.gate.selftest.summary import summarise
from bench.gate.selftest.text import to_markdown as selftest_markdown
from bench.gate.selftest.text import to_text as selftest_text
from bench.gate.selftest.trials import SelftestFileError, planned, run_selftest
from bench.gate.statistics.decide import EXIT_CODES
from bench.gate.worker.messages import Spec
from bench.gate.worker_process import WorkerFailed
from bench.machine import describe_machine
from bench.machine.schema import Machine
from bench.material import Library
from bench.progress import Progress
from bench.store import StoreError
from bench.store.files import write_bytes
from bench.suite import SuiteError
from bench.trials.workshop import Workshop
from pipelines.codecs.settings import CodecError
from pipelines.registry import Registry, load_registry
from pipelines.scanning.index.contract import NotInstalled

DEFAULT_SUITE = "gate"
DEFAULT_COMMAND = "compare"
DEFAULT_TRIALS = 100

SUITE_HELP = "A shipped suite or a .toml file; default: gate."
ONLY_HELP = "Glob over case ids or their parts."


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
    help="Compare the working tree with a revision: a regression gate that never cries wolf."
    " `sealbench gate --base REV` is short for `sealbench gate compare --base REV`.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("compare")
def compare(
    suite: Annotated[str, typer.Argument(help=SUITE_HELP)] = DEFAULT_SUITE,
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
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the orders.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; it must be new.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print gate.json, not the table.")] = False,
) -> None:
    """Compare the working tree with REV, benchmark by benchmark, in turns on one core.

    Exit codes: 0 pass; 1 a confirmed regression; 2 usage; 3 inconclusive; 4 a stored baseline of
    another machine or libraries; 5 a wrong answer.
    """
    if (base is None) == (baseline is None):
        fail("give either --base REV or --baseline FILE")
    progress = TerminalProgress()
    chosen = secrets.randbits(32) if seed is None else seed
    registry = load_registry()
    with failures(progress):
        machine = describe_machine(with_scaling=False)
        folder = new_folder(out, "gate", machine)
        selection = select(suite, registry, pattern=only, clip=clip)
        if baseline is not None:
            if accept:
                fail("--accept: a stored baseline has no counters to accept; use --base REV")
            gate_stored(baseline, registry, machine, folder, progress, only=only, json=json)
        with only_gate(cache := gate_cache()), tempfile.TemporaryDirectory() as material:
            progress.begin("checking out", 1)
            checkouts = of_revision(Path.cwd(), base or "", cache=cache)
            specs, notes = written(selection, registry, Path(material), progress, seed=chosen)
            gate = Gate(
                checkouts=checkouts,
                suite=selection.suite.name,
                machine=machine,
                seed=chosen,
                progress=progress,
                keep=keeper_in(folder),
                accepted=known_counters(accept or []),
            )
            progress.note(headline(gate, specs))
            gated = gate.run(specs, notes)
        write_report(folder, gated.result, gated.blocks)
    publish(gated, folder, json=json)


@app.command("selftest")
def selftest(
    suite: Annotated[str, typer.Argument(help=SUITE_HELP)] = DEFAULT_SUITE,
    *,
    trials: Annotated[
        int, typer.Option(min=1, help="Trials per slowdown, idle and noisy; A/A: three times it.")
    ] = DEFAULT_TRIALS,
    only: Annotated[str | None, typer.Option(help=ONLY_HELP)] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of orders and slowdowns.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of trials and report; one begun goes on.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, not the tables.")] = False,
) -> None:
    """Put the gate itself on trial: how often it cries wolf here, and what it catches.

    Equal code and injected slowdowns of 1, 2, 3, 5 and 10 % (real work), idle and beside a noisy
    neighbour. Takes about two seconds per comparison: an hour for 100 trials.
    """
    progress = TerminalProgress()
    chosen = secrets.randbits(32) if seed is None else seed
    registry = load_registry()
    with failures(progress):
        machine = describe_machine(with_scaling=False)
        folder = out or default_folder("selftest", machine)
        folder.mkdir(parents=True, exist_ok=True)
        selection = select(suite, registry, pattern=only, clip=None)
        with only_gate(cache := gate_cache()), tempfile.TemporaryDirectory() as material:
            checkouts = of_installed(cache=cache)
            specs, notes = written(selection, registry, Path(material), progress, seed=chosen)
            for note in notes:
                progress.note(f"note: {note}")
            total = 2 * planned(trials).total()
            progress.note(f"{total} comparisons of {len(specs)} benchmarks, into {folder}")
            try:
                rows = run_selftest(
                    checkouts,
                    specs,
                    machine=machine,
                    trials=trials,
                    folder=folder,
                    seed=chosen,
                    progress=progress,
                )
            except KeyboardInterrupt:
                progress.end()
                ERR.print(
                    f"sealbench: stopped; go on with: sealbench gate selftest --trials {trials}"
                    f" --out {folder}",
                    markup=False,
                    soft_wrap=True,
                )
                raise typer.Exit(INTERRUPTED) from None
        summary = summarise(rows)
        document = {"schema": 1, "machine": machine, "design": Design(), "summary": summary}
        encoded = msgspec.json.format(msgspec.json.encode(document))
        png, svg = draw_selftest(summary, machine.cpu_model or machine.architecture)
        for name, data in {
            "selftest.json": encoded,
            "selftest.md": selftest_markdown(summary).encode(),
            "selftest.txt": selftest_text(summary).encode(),
            "selftest.png": png,
            "selftest.svg": svg,
        }.items():
            write_bytes(folder / name, data)
    if json:
        sys.stdout.write(encoded.decode() + "\n")
    else:
        OUT.print(selftest_text(summary), markup=False, soft_wrap=True)
    ERR.print(f"trials and report: {folder}", markup=False, soft_wrap=True)


def written(
    selection: Selection, registry: Registry, folder: Path, progress: Progress, *, seed: int
) -> tuple[list[Spec], list[str]]:
    """Return the benchmarks of a selection, their material in `folder`, and what is left out.

    Raises SuiteError where nothing is left, ClipError, CodecError.
    """
    cases = with_clips_at_hand(selection.cases, progress)
    library = Library(selection.clip_files, progress)
    library.check(cases)
    listed = listed_clip_at_hand(cases, registry, progress)
    library.load(cases)
    workshop = Workshop(
        registry=registry,
        library=library,
        progress=progress,
        seed=seed,
        listed_clip=listed,
        given_list=None,
    )
    material = MaterialFolder(folder=folder, workshop=workshop)
    specs: list[Spec] = []
    notes: list[str] = []
    for case in cases:
        try:
            specs.append(material.spec(case))
        except (NotGated, NotInstalled) as reason:
            notes.append(f"{case.id}: not gated: {reason}")
    if not specs:
        few = "; ".join(notes[:3])
        raise SuiteError(f"nothing in suite {selection.suite.name} can be gated: {few}")
    return specs, notes


@contextmanager
def failures(progress: TerminalProgress) -> Iterator[None]:
    """Turn what a user can mend into one line, and take the progress bar away."""
    try:
        yield
    except (
        CheckoutError,
        ClipError,
        CodecError,
        ContrastUnavailable,
        SelftestFileError,
        StoreError,
        SuiteError,
        WorkerFailed,
    ) as error:
        fail(str(error))
    finally:
        progress.end()


def new_folder(out: Path | None, what: str, machine: Machine) -> Path:
    """Return the folder of a report, which must be new. Raises StoreError."""
    folder = out or default_folder(what, machine)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder}: is there already; --out wants a new folder")
    return folder


def default_folder(what: str, machine: Machine) -> Path:
    """Return where a report goes that nobody named a folder for."""
    return Path("results") / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}-{what}-{machine.slug}"


def known_counters(names: Sequence[str]) -> frozenset[str]:
    """Return the counters to accept; ends the program where one is unknown."""
    for name in names:
        if name not in COUNTERS:
            unknown_counter(name)
    return frozenset(names)


COUNTERS = (
    "bytes_copied",
    "allocations",
    "allocated_bytes",
    "crypto_calls",
    "packets",
    "overhead_bytes",
)
"""What is counted exactly beside the clock."""


def unknown_counter(name: str) -> NoReturn:
    """End the program: there is no such counter."""
    fail(f"--accept: unknown counter {name!r}; known: {', '.join(COUNTERS)}")


def headline(gate: Gate, specs: Sequence[Spec]) -> str:
    """Return the line that stands above a gate."""
    checkouts = gate.checkouts
    return (
        f"{checkouts.base.description} -> {checkouts.head.description}:"
        f" {len(specs)} benchmarks, about {2 + 2 * len(specs)} s"
    )


def publish(gated: Gated, folder: Path, *, json: bool) -> NoReturn:
    """Print the result, leave it where a CI looks, and exit with the verdict's code."""
    append_step_summary(to_markdown(gated.result), os.environ)
    if json:
        sys.stdout.write(to_json(gated.result, gated.blocks).decode() + "\n")
    else:
        OUT.print(to_text(gated.result), markup=False, soft_wrap=True)
    ERR.print(f"report: {folder}", markup=False, soft_wrap=True)
    raise typer.Exit(EXIT_CODES[gated.result.verdict])
