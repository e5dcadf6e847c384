"""`sealbench run`: measure a suite and keep every sample."""

import secrets
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bench.cases import AnyCase, Case
from bench.cli.calibration import calibrate_in
from bench.cli.console import ERR, TerminalProgress, fail, put_json
from bench.cli.exit_codes import CASE_FAILED, INCOMPARABLE, INTERRUPTED, WRONG_ANSWER
from bench.cli.headline import headline
from bench.cli.plugins import installed
from bench.cli.report import show_report
from bench.cli.selection import (
    ENGINE_HELP,
    fetch_clips,
    listed_clip_at_hand,
    select,
    with_clips_at_hand,
)
from bench.clips.cache import file_sha256
from bench.clips.errors import ClipError
from bench.flight import RECORDER
from bench.machine import describe_machine, read_conditions
from bench.material import Library
from bench.profile.store import FILE
from bench.progress import Progress
from bench.run import CASE, EXPECTED_PREFIXES, WRONG_ANSWER_PREFIX, Runner
from bench.store import IncomparableMachine, RunFolder, RunPlan, StoredRun, StoreError, read_run
from bench.suite import SuiteError, check_known
from bench.trials.workshop import Workshop
from pipelines.engines.table import AUTO, ENGINE_NAMES
from pipelines.files import path_text
from pipelines.registry import Registry
from pipelines.scanning.hash_list import HashList
from pipelines.scanning.list_file import ListFileError, read_list

DEFAULT_SUITE = "core"
SECONDS_HELP = "Measuring time of each case, at most: a round ends after 400 frames."
CLIP_OPTION = "clip:"
HASH_OPTION = "sha256:"
"""Keys of a plan's options: the path of the user's own file by its name, and its hash."""

LISTED_OPTION = "listed-clip"
"""Key of the clip whose frames the lists hold."""

LIST_OPTION = "hash-list"
LIST_HASH_OPTION = "hash-list-sha256"
"""The same of the user's own list of hashes."""


def run(
    suite: Annotated[
        str | None, typer.Argument(help="A shipped suite or a .toml file; default: core.")
    ] = None,
    *,
    only: Annotated[str | None, typer.Option(help="Glob over case ids or their parts.")] = None,
    clip: Annotated[Path | None, typer.Option(help="Your own video instead of the clips.")] = None,
    engine: Annotated[str | None, typer.Option(help=ENGINE_HELP)] = None,
    hash_list: Annotated[
        Path | None, typer.Option(help="A file of `sealbench hashes`, in place of made lists.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help=SECONDS_HELP)] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of orders and intervals.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run; it must be new.")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the run in this folder.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Measure a suite and report.

    Each case is verified, warmed up and timed; every sample is kept.
    """
    progress = TerminalProgress()
    registry = installed()
    # Where a process before this one ended in the middle, its run is gone on with.
    begun = RECORDER.folder_to_go_on_with
    for problem in registry.problems if begun is None else ():
        progress.note(f"sealbench: {problem}")
    try:
        if begun is None and resume is None:
            plan = planned(
                DEFAULT_SUITE if suite is None else suite,
                registry,
                progress,
                only=only,
                clip=clip,
                engine=engine,
                hash_list=hash_list,
                seconds=seconds,
                seed=seed,
            )
            progress.begin("describing the machine", 1)
            machine = describe_machine()
            place = out or Path("results") / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}-{machine.slug}"
            folder = RunFolder.create(place, plan, machine, before=read_conditions(calibrate=True))
        else:
            options = (suite, only, clip, engine, hash_list, seconds, seed, out)
            if begun is None and any(given is not None for given in options):
                fail("--resume DIR goes on as the run was planned; give it no other option")
            # Only what identifies the machine: how its cores scale was measured at the start.
            machine = describe_machine(with_scaling=False)
            before = read_conditions(calibrate=True)
            place = begun or resume or Path()
            folder = RunFolder.open_for_resume(place, machine, before=before)
            fetch_clips(planned_cases(folder.plan, registry), progress)
        RECORDER.write(folder=bytes(folder.path.absolute()))
        with folder:
            interrupted = measure(folder, registry, progress) or calibrated(folder, progress)
        stored = read_run(folder.path)
    except IncomparableMachine as error:
        fail(str(error), INCOMPARABLE)
    except (SuiteError, ClipError, StoreError, ListFileError) as error:
        fail(str(error))
    finally:
        progress.end()
    if json:
        put_json(msgspec.json.format(msgspec.json.encode(as_json(stored))) + b"\n")
    else:
        show_report([folder.path])
    if interrupted:
        way_on = f"sealbench run --resume {shlex.quote(str(folder.path))}"
        ERR.print(f"sealbench: stopped; go on with: {way_on}", markup=False, soft_wrap=True)
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(exit_code(stored))


def planned(
    suite: str,
    registry: Registry,
    progress: Progress,
    *,
    only: str | None,
    clip: Path | None,
    engine: str | None,
    hash_list: Path | None,
    seconds: float | None,
    seed: int | None,
) -> RunPlan:
    """Return the plan of a new run, its clips at hand.

    Raises SuiteError, ClipError, ListFileError.
    """
    chosen = select(
        suite,
        registry,
        pattern=only,
        clip=clip,
        engine=engine,
        seconds=seconds,
        hash_list=None if hash_list is None else read_list(hash_list),
    )
    cases = with_clips_at_hand(chosen.cases, progress)
    Library(chosen.clip_files, progress).check(cases)
    listed = listed_clip_at_hand(cases, registry, progress)
    # What was narrowed down to a look at some cases is no run of the suite.
    whole = chosen.suite.calibrate and only is None and clip is None and seconds is None
    return RunPlan(
        suite=chosen.suite.name,
        suite_sha256=chosen.suite.sha256,
        seed=secrets.randbits(32) if seed is None else seed,
        sealbench_version=version("sealbench"),
        started_utc=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        options=clip_options(chosen.clip_files) | list_options(hash_list) | listed_option(listed),
        cases=[msgspec.to_builtins(case) for case in cases],
        calibrate=(engine or AUTO) if whole else None,
    )


def planned_cases(plan: RunPlan, registry: Registry) -> list[AnyCase]:
    """Return the cases of a stored plan. Raises StoreError, SuiteError."""
    try:
        cases = msgspec.convert(plan.cases, list[AnyCase])
    except msgspec.ValidationError as error:
        raise StoreError(f"run.json: cases: {error}") from error
    for case in cases:
        if not isinstance(case, Case):
            continue
        check_known([case.engine], ENGINE_NAMES, f"run.json: cases: {case.id!r}: engine")
        if case.pipeline not in registry.pipelines:
            raise SuiteError(f"the run needs pipeline {case.pipeline!r}, which is not installed")
        if case.hook is not None and case.hook.scanner not in registry.scanners:
            raise SuiteError(f"the run needs scanner {case.hook.scanner!r}, which is not installed")
    return cases


def clip_options(files: Mapping[str, Path]) -> dict[str, str]:
    """Return what a plan keeps of the user's own clip: where it is, and its hash."""
    options: dict[str, str] = {}
    for name, path in files.items():
        options[f"{CLIP_OPTION}{name}"] = str(path)
        options[f"{HASH_OPTION}{name}"] = file_sha256(path)
    return options


def list_options(path: Path | None) -> dict[str, str]:
    """Return what a plan keeps of the user's own list: where it is, and its hash.

    Raises SuiteError where a plan could not hold that.
    """
    if path is None:
        return {}
    place = path.resolve()
    if str(place) != path_text(place):
        raise SuiteError(f"--hash-list {path}: the way to it is not UTF-8; rename what is not")
    return {LIST_OPTION: str(place), LIST_HASH_OPTION: file_sha256(path)}


def listed_option(clip: str | None) -> dict[str, str]:
    """Return what a plan keeps of the clip whose frames are listed."""
    return {} if clip is None else {LISTED_OPTION: clip}


def planned_list(plan: RunPlan) -> HashList | None:
    """Return the user's own list of a plan, if it has one.

    Raises ListFileError, and SuiteError where it is another list now.
    """
    if LIST_OPTION not in plan.options:
        return None
    path = Path(plan.options[LIST_OPTION])
    found = read_list(path)
    if file_sha256(path) != plan.options.get(LIST_HASH_OPTION):
        raise SuiteError(f"{path}: not the list that the run was begun with: start a new run")
    return found


def planned_clip_files(plan: RunPlan) -> dict[str, Path]:
    """Return the user's own clip of a plan. Raises ClipError where it is another video now."""
    files = {
        key.removeprefix(CLIP_OPTION): Path(value)
        for key, value in plan.options.items()
        if key.startswith(CLIP_OPTION)
    }
    for name, path in files.items():
        try:
            unchanged = file_sha256(path) == plan.options.get(f"{HASH_OPTION}{name}")
        except OSError as error:
            raise ClipError(f"{path}: {error.strerror}: the run was begun with it") from error
        if not unchanged:
            raise ClipError(f"{path}: not the video that the run was begun with: start a new run")
    return files


def measure(folder: RunFolder, registry: Registry, progress: TerminalProgress) -> bool:
    """Work through the plan of `folder`; return whether Ctrl-C ended it before its end."""
    cases = planned_cases(folder.plan, registry)
    files = planned_clip_files(folder.plan)
    given_list = planned_list(folder.plan)
    progress.end()
    for line in () if any(kind == CASE for kind, _ in RECORDER.lost) else headline(folder, cases):
        progress.note(line)
    runner = Runner(
        folder=folder,
        workshop=Workshop(
            registry=registry,
            library=Library(files, progress),
            progress=progress,
            seed=folder.plan.seed,
            listed_clip=folder.plan.options.get(LISTED_OPTION),
            given_list=given_list,
        ),
        progress=progress,
        seed=folder.plan.seed,
    )
    try:
        runner.run(cases)
    except KeyboardInterrupt:
        return True
    finally:
        folder.finish(read_conditions(calibrate=True))
    return False


def calibrated(folder: RunFolder, progress: TerminalProgress) -> bool:
    """Calibrate the machine where the plan of `folder` says so and it is not done yet.

    Return whether Ctrl-C ended it before its end. The run is whole without it: where it cannot be
    done, a note says why.
    """
    plan = folder.plan
    if plan.calibrate is None:
        return False
    try:
        finished = calibrate_in(
            folder.path, folder.machine, engine=plan.calibrate, seed=plan.seed, progress=progress
        )
    except KeyboardInterrupt:
        return True
    except (StoreError, ClipError, SuiteError) as error:
        progress.note(f"sealbench: not calibrated: {error}")
        return False
    if finished is None:
        return False
    progress.note(f"profile of this machine: {folder.path / FILE}")
    return not finished.complete


def as_json(stored: StoredRun) -> dict[str, object]:
    """Return what `--json` prints: the plan, the machine and the rows of a run."""
    return {
        "folder": path_text(stored.path),
        "plan": stored.plan,
        "machine": stored.machine,
        "sessions": stored.sessions,
        "rows": stored.rows,
    }


def exit_code(stored: StoredRun) -> int:
    """Return 5 where a pipeline gave a wrong answer, 1 where a case failed otherwise, else 0.

    A hook that is refused where nobody holds plaintext, and an optional package that is not there,
    are findings and no failures.
    """
    errors = [
        row.error
        for row in stored.rows
        if row.error is not None and not row.error.startswith(EXPECTED_PREFIXES)
    ]
    if any(error.startswith(WRONG_ANSWER_PREFIX) for error in errors):
        return WRONG_ANSWER
    return CASE_FAILED if errors else 0
