"""`sealbench calibrate`: what each stage costs on this machine, for `sealbench size`."""

import secrets
import shlex
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from statistics import fmean
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from bench.calibrate.folder import LEAST_ROUNDS, is_unused
from bench.cli.calibration import QUICK_ROUNDS, ROUNDS, Calibration, Finished, duration, new_place
from bench.cli.calibration_table import cost_lines
from bench.cli.console import ERR, OUT, TerminalProgress, fail, put_json, visible
from bench.cli.exit_codes import INCOMPARABLE, INTERRUPTED, WRONG_ANSWER
from bench.cli.headline import known
from bench.cli.show import new_table
from bench.clips.errors import ClipError
from bench.machine import describe_machine
from bench.profile.schema import Profile
from bench.progress import Progress
from bench.store import IncomparableMachine, StoreError
from bench.suite import SuiteError
from bench.verdict import WrongAnswer
from pipelines.engines.table import AUTO, ENGINE_NAMES
from pipelines.files import path_text

MOST_ROUNDS = 1000
WRONG = WrongAnswer.__name__
"""What the problem of a cost begins with, whose stage did something else than it should."""

ROUNDS_HELP = f"How often everything is measured; default: {ROUNDS}."
QUICK_HELP = f"{QUICK_ROUNDS} rounds only: wide intervals."
ENGINE_HELP = f"Engine of the ciphers: {', '.join(ENGINE_NAMES)}."
ONLY_HELP = "Glob over costs (srtp/*): a look at those alone, nothing to size from."


def calibrate(
    *,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the calibration; it must be new.")
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(min=LEAST_ROUNDS, max=MOST_ROUNDS, help=ROUNDS_HELP)
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help=QUICK_HELP)] = False,
    engine: Annotated[str | None, typer.Option(help=ENGINE_HELP)] = None,
    only: Annotated[str | None, typer.Option(help=ONLY_HELP)] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the orders.")] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the calibration in this folder.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Measure what sizing needs to know of this machine.

    Codecs, ciphers, packets, system calls, hashes, memory: in about three minutes; the first time
    clips are fetched and encoded as well. Kept for `sealbench size`.
    """
    progress = TerminalProgress()
    if quick and rounds is not None:
        fail("--quick and --rounds exclude each other")
    try:
        if resume is None:
            calibration = begun(
                out,
                rounds=QUICK_ROUNDS if quick else rounds or ROUNDS,
                engine=engine or AUTO,
                only=only,
                seed=secrets.randbits(32) if seed is None else seed,
                progress=progress,
            )
        else:
            if quick or any(given is not None for given in (out, rounds, engine, only, seed)):
                fail("--resume DIR goes on as it was planned; give it no other option")
            machine = describe_machine(with_scaling=False)
            calibration = Calibration.resume(resume, machine, progress=progress)
        with closing(calibration):
            path = calibration.folder.path
            for line in announced(calibration):
                progress.note(line)
            try:
                finished = calibration.finish(progress)
            except KeyboardInterrupt:
                stopped(path, "no profile yet")
    except IncomparableMachine as error:
        fail(str(error), INCOMPARABLE)
    except (SuiteError, ClipError, StoreError) as error:
        fail(str(error))
    finally:
        progress.end()
    if json:
        document = {"folder": path, "kept": finished.kept, "profile": finished.profile}
        data = msgspec.json.encode(document, enc_hook=path_text)
        put_json(msgspec.json.format(data) + b"\n")
    else:
        show_finished(finished, path)
    end(finished, path)


def begun(
    out: Path | None,
    *,
    rounds: int,
    engine: str,
    only: str | None,
    seed: int,
    progress: Progress,
) -> Calibration:
    """Return a new calibration in `out`. Raises StoreError, ClipError, SuiteError."""
    if out is not None and not is_unused(out):
        raise StoreError(f"{out}: not empty: choose another folder, or --resume it")
    machine = describe_machine(with_scaling=False)
    return Calibration.create(
        out or new_place(machine),
        machine,
        rounds=rounds,
        seed=seed,
        engine=engine,
        only=only,
        progress=progress,
    )


def announced(calibration: Calibration) -> list[str]:
    """Return the lines that stand above a calibration."""
    folder = calibration.folder
    plan, done = folder.plan, len(folder.rounds)
    cpu = plan.machine.cpu_model or plan.machine.architecture
    resumed = f" ({done} done before)" if done else ""
    conditions = plan.conditions_before
    takes = "" if plan.only is not None else f": {duration(plan.rounds)}"
    pressure = known(conditions.cpu_pressure_percent)
    return [
        f"sealbench {version('sealbench')} on {cpu} ({plan.machine.usable_cores} cores)",
        f"{len(plan.on)} costs in {plan.rounds} rounds{resumed}{takes}",
        f"into {folder.path}, seed {plan.seed}",
        f"load {known(conditions.load_1min)}, pressure {pressure} %",
    ]


def show_finished(finished: Finished, path: Path) -> None:
    """Print costs, what could not be measured, and where the rest lies."""
    profile = finished.profile
    OUT.print(terms_table(profile) if finished.only else headline_table(profile))
    costs = f"{len(profile.costs)} costs, {len(profile.traces)} traces"
    OUT.print(f"\n{costs}, {profile.rounds} rounds in {profile.seconds:.0f} s", markup=False)
    for key, problem in profile.problems.items():
        OUT.print(visible(f"not measured: {key}: {problem}"), markup=False, soft_wrap=True)
    OUT.print(f"profile: {path / 'calibration.json'}", markup=False, soft_wrap=True)
    if finished.kept is not None:
        OUT.print(
            f"kept for `sealbench size` on this machine: {finished.kept}",
            markup=False,
            soft_wrap=True,
        )


def headline_table(profile: Profile) -> Table:
    """Return the costs that most answers hang on."""
    table = new_table("what one core does", "takes", "90 % interval")
    for line in cost_lines(profile):
        table.add_row(line.what, line.cost, line.interval)
    return table


def terms_table(profile: Profile) -> Table:
    """Return every cost with its terms: means of the rounds."""
    table = new_table("cost", "ns per call", "per packet", "per byte", "misfit")
    for key, cost in profile.costs.items():
        table.add_row(
            key,
            f"{fmean(cost.call_ns):.0f}",
            f"{fmean(cost.packet_ns):.1f}",
            f"{fmean(cost.byte_ns):.4f}",
            "-" if cost.misfit is None else f"{100 * cost.misfit:.1f} %",
        )
    return table


def end(finished: Finished, path: Path) -> None:
    """End with 130 where not all rounds are there, with 5 where a stage gave a wrong answer."""
    profile = finished.profile
    if not finished.complete:
        stopped(path, f"the profile is of {profile.rounds} rounds")
    if any(problem.startswith(WRONG) for problem in profile.problems.values()):
        raise typer.Exit(WRONG_ANSWER)


def stopped(path: Path, told: str) -> None:
    """End with what Ctrl-C left, and how to go on."""
    way_on = f"sealbench calibrate --resume {shlex.quote(str(path))}"
    ERR.print(f"sealbench: stopped; {told}; go on with: {way_on}", markup=False, soft_wrap=True)
    raise typer.Exit(INTERRUPTED)
