"""`sealbench gate selftest`: the gate on trial, on this machine."""

import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bench.cli.console import ERR, OUT, TerminalProgress, fail, put_json
from bench.cli.exit_codes import INTERRUPTED
from bench.cli.gate_failures import default_folder, failures
from bench.cli.gate_material import DEFAULT_SUITE, ONLY_HELP, SUITE_HELP, written
from bench.cli.plugins import installed
from bench.cli.selection import select
from bench.gate.checkout import gate_cache, of_installed, only_gate
from bench.gate.design import DESIGN
from bench.gate.selftest.plan import check_plan
from bench.gate.selftest.rows import Condition
from bench.gate.selftest.summary import CONDITIONS, summarise
from bench.gate.selftest.text import to_markdown, to_text
from bench.gate.selftest.trials import EFFECTS, planned, run_selftest
from bench.machine import describe_machine
from bench.store.files import write_bytes

DEFAULT_TRIALS = 100
SLOWDOWNS = ", ".join(f"{100 * effect:g}" for effect in EFFECTS)


def selftest(
    suite: Annotated[str, typer.Argument(help=SUITE_HELP, show_default=False)] = DEFAULT_SUITE,
    *,
    trials: Annotated[
        int, typer.Option(min=1, help="Trials per slowdown; of equal code four times as many.")
    ] = DEFAULT_TRIALS,
    condition: Annotated[
        Condition | None, typer.Option(help="Only this one; default: idle, then noisy.")
    ] = None,
    slowdown: Annotated[
        list[float] | None,
        typer.Option(help=f"Only this one in % (repeatable; 0: none); default: {SLOWDOWNS}."),
    ] = None,
    only: Annotated[str | None, typer.Option(help=ONLY_HELP)] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of orders and slowdowns.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of trials and report; one begun goes on.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, not the tables.")] = False,
) -> None:
    """Put the gate itself on trial: how often it is wrong here, and what it catches.

    Equal code and injected slowdowns of 1, 2, 3, 5 and 10 % (real work), idle and beside a noisy
    neighbour. Takes two to three seconds per comparison: about an hour for 100 trials.
    """
    wanted = planned(trials, known_effects(slowdown))
    progress = TerminalProgress()
    chosen = secrets.randbits(32) if seed is None else seed
    registry = installed()
    with failures(progress):
        machine = describe_machine(with_scaling=False)
        folder = out or default_folder("selftest", machine)
        selection = select(suite, registry, pattern=only, clip=None)
        check_plan(folder, machine, suite=selection.suite.sha256)
        cache = gate_cache()
        with only_gate(cache), tempfile.TemporaryDirectory() as material:
            checkouts = of_installed(cache=cache)
            specs, notes = written(selection, registry, Path(material), progress, seed=chosen)
            for note in notes:
                progress.note(f"note: {note}")
            conditions = CONDITIONS if condition is None else (condition,)
            total = len(conditions) * wanted.total()
            progress.note(f"{total} comparisons of {len(specs)} benchmarks, into {folder}")
            try:
                rows = run_selftest(
                    checkouts,
                    specs,
                    machine=machine,
                    wanted=wanted,
                    conditions=conditions,
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
        document = {"schema": 1, "machine": machine, "design": DESIGN, "summary": summary}
        encoded = msgspec.json.format(msgspec.json.encode(document))
        # Here, because it loads matplotlib: half of the time that every other command starts in.
        from bench.gate.selftest.plot import draw_selftest  # noqa: PLC0415 - see above

        png, svg = draw_selftest(summary, machine.cpu_model or machine.architecture)
        for name, data in {
            "selftest.json": encoded,
            "selftest.md": to_markdown(summary).encode(),
            "selftest.txt": to_text(summary).encode(),
            "selftest.png": png,
            "selftest.svg": svg,
        }.items():
            write_bytes(folder / name, data)
    if json:
        put_json(encoded + b"\n")
    else:
        OUT.print(to_text(summary), markup=False, soft_wrap=True)
    ERR.print(f"trials and report: {folder}", markup=False, soft_wrap=True)


def known_effects(percents: Sequence[float] | None) -> tuple[float, ...]:
    """Return the slowdowns to inject; ends the program where one is not among the known."""
    if percents is None:
        return EFFECTS
    known = {round(100 * effect, 6): effect for effect in EFFECTS}
    for percent in percents:
        if percent not in known:
            fail(f"--slowdown: unknown {percent:g} %; known: {SLOWDOWNS}")
    return tuple(dict.fromkeys(known[percent] for percent in percents))
