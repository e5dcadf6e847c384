"""`sealbench gate --baseline`: what a stored file allows to say of the code as it is now."""

import secrets
import tempfile
import time
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import typer

from bench.cli.console import ERR, TerminalProgress, fail
from bench.cli.exit_codes import INCOMPARABLE, INTERRUPTED
from bench.cli.gate_material import written
from bench.cli.run import measure as measure_run
from bench.cli.run import planned_cases
from bench.cli.selection import Selection, fetch_clips, select
from bench.gate.checkout import gate_cache, of_revision, only_gate
from bench.gate.design import Design
from bench.gate.gate import Gate, Gated
from bench.gate.keep import keeper_in
from bench.gate.report import to_json
from bench.gate.stored.against_stored import Refused, require_comparable
from bench.gate.stored.baseline import Baseline, BaselineError, only_matching
from bench.gate.stored.judge import Judged, judge
from bench.gate.stored.measure_tests import TestsNotRun, measure_tests
from bench.gate.stored.read_baseline import read_baseline
from bench.gate.stored.stored_result import result_of
from bench.gate.worker.messages import PytestSpec, Spec
from bench.machine import fingerprint, read_conditions
from bench.machine.schema import Machine
from bench.store import RunFolder, read_run
from bench.store.files import write_bytes
from bench.suite import SuiteError
from pipelines.registry import Registry
from pipelines.scanning.list_file import ListFileError

WORKERS = Design(confirm_restarts=0)
"""How the gate's workers measure where only the head's least times are wanted: one look."""

TESTS_SUITE = "pytest"
"""What a gate over somebody's tests calls its suite."""


def gate_stored(
    path: Path,
    registry: Registry,
    machine: Machine,
    folder: Path,
    progress: TerminalProgress,
    *,
    suite: str | None,
    clip: Path | None,
    only: str | None,
) -> Gated:
    """Measure what `path` holds once more, into `folder`, and return what may be said of it.

    Ends the program with one line where the file is none, with 4 and what differs where it is of
    another machine, and with 130 after Ctrl-C. Raises what `bench.cli.gate.failures` knows.
    """
    began_utc, began = datetime.now(UTC), time.monotonic()
    try:
        baseline = only_matching(read_baseline(path), only)
        if baseline.kind != "gate" and (suite is not None or clip is not None):
            fail(f"--baseline {path}: a {baseline.kind} says itself what to measure: give no suite")
        require_comparable(baseline, fingerprint(machine))
        seed = secrets.randbits(32)
        match baseline.kind:
            case "run folder":
                seed, judged = _run_again(
                    path, baseline, registry, machine, folder=folder, progress=progress
                )
                head = "now"
            case "gate":
                head, judged = _gate_again(
                    baseline, registry, machine, folder, progress, suite=suite, clip=clip, seed=seed
                )
            case "pytest-benchmark":
                judged = _tests_again(baseline, folder, progress)
                head = "now"
    except (BaselineError, TestsNotRun, ListFileError) as error:
        fail(str(error))
    except Refused as refused:
        lines = "".join(f"\n  {difference}" for difference in refused.differences)
        way_on = "to measure both sides here and now: sealbench gate --base REV"
        fail(f"{path}: cannot be compared with here and now:{lines}\n{way_on}", INCOMPARABLE)
    except KeyboardInterrupt:
        progress.end()
        any_file = any(each.is_file() for each in folder.rglob("*"))
        kept = f"; what was measured is in {folder}" if any_file else ""
        ERR.print(f"sealbench: stopped{kept}", markup=False, soft_wrap=True)
        raise typer.Exit(INTERRUPTED) from None
    result = result_of(
        baseline,
        judged,
        head=head,
        machine=machine,
        started_utc=f"{began_utc:%Y-%m-%dT%H:%M:%SZ}",
        seconds=time.monotonic() - began,
        seed=seed,
    )
    return Gated(result=result, blocks={})


def _run_again(
    source: Path,
    baseline: Baseline,
    registry: Registry,
    machine: Machine,
    *,
    folder: Path,
    progress: TerminalProgress,
) -> tuple[int, Judged]:
    """Measure the cases of a stored run as `sealbench run` does, with its seed and options."""
    plan = read_run(source if source.is_dir() else source.parent).plan
    cases = {case.id: case for case in planned_cases(plan, registry)}
    if strange := [name for name in baseline.benchmarks if name not in cases]:
        raise BaselineError(f"{source}: rows: {strange[0]!r} is no case of its run.json")
    fetch_clips([cases[name] for name in baseline.benchmarks], progress)

    def measure(number: int, names: Collection[str]) -> Baseline:
        again = msgspec.structs.replace(
            plan,
            started_utc=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            sealbench_version=machine.libraries.get("sealbench") or "unknown",
            cases=[msgspec.to_builtins(cases[name]) for name in cases if name in names],
        )
        before = read_conditions(calibrate=True)
        with RunFolder.create(folder / f"now-{number}", again, machine, before=before) as run:
            if measure_run(run, registry, progress):
                raise KeyboardInterrupt
        return read_baseline(run.path)

    return plan.seed, judge(baseline, measure)


def _gate_again(
    baseline: Baseline,
    registry: Registry,
    machine: Machine,
    folder: Path,
    progress: TerminalProgress,
    *,
    suite: str | None,
    clip: Path | None,
    seed: int,
) -> tuple[str, Judged]:
    """Measure the benchmarks of a gate.json with the gate's own workers, in the working tree."""
    chosen = None
    if baseline.suite != TESTS_SUITE or suite is not None:
        selection = select(suite or baseline.suite, registry, pattern=None, clip=clip)
        chosen = _chosen(baseline, selection)
    with only_gate(cache := gate_cache()), tempfile.TemporaryDirectory() as material:
        progress.begin("checking out", 1)
        checkouts = of_revision(Path.cwd(), "HEAD", cache=cache)
        specs: list[Spec] = [PytestSpec(name=name) for name in baseline.benchmarks]
        if chosen is not None:
            specs, _ = written(chosen, registry, Path(material), progress, seed=seed)

        def measure(number: int, names: Collection[str]) -> Baseline:
            into = folder / f"now-{number}"
            gated = Gate(
                checkouts=checkouts,
                suite=baseline.suite,
                machine=machine,
                seed=seed + number,
                progress=progress,
                keep=keeper_in(into),
                design=WORKERS,
            ).run([spec for spec in specs if spec.name in names])
            write_bytes(into / "gate.json", to_json(gated.result, gated.blocks))
            return read_baseline(into / "gate.json")

        return checkouts.head.description, judge(baseline, measure)


def _chosen(baseline: Baseline, selection: Selection) -> Selection:
    """Return the cases of a suite that a gate.json has times of. Raises SuiteError."""
    cases = tuple(case for case in selection.cases if case.id in baseline.benchmarks)
    if not cases:
        raise SuiteError(
            f"{baseline.source}: none of its benchmarks is a case of suite {selection.suite.name}:"
            " name theirs, and the --clip if it had one: sealbench gate SUITE --baseline FILE"
        )
    return Selection(suite=selection.suite, cases=cases, clip_files=selection.clip_files)


def _tests_again(baseline: Baseline, folder: Path, progress: TerminalProgress) -> Judged:
    """Measure the tests of a pytest-benchmark file, in the folder that we are in."""
    folder.mkdir(parents=True, exist_ok=True)

    def measure(number: int, names: Collection[str]) -> Baseline:
        plural = "s" * (len(names) != 1)
        progress.note(f"pytest: {len(names)} benchmark{plural}, measurement {number}")
        return measure_tests(names, folder / f"now-{number}.json", folder=Path.cwd())

    return judge(baseline, measure)
