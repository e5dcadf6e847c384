"""`sealbench verify`: does every pipeline do what it says? Nothing is timed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bench.cases import Case
from bench.cli.console import OUT, TerminalProgress, fail
from bench.cli.exit_codes import CASE_FAILED, WRONG_ANSWER
from bench.cli.plugins import installed
from bench.cli.selection import ENGINE_HELP, select, with_clips_at_hand
from bench.cli.show import new_table
from bench.clips.errors import ClipError
from bench.flight import in_flight
from bench.material import Library
from bench.plan import by_clip
from bench.run import CASE, patience_s
from bench.stop import is_stop
from bench.suite import SuiteError
from bench.trials.scan import check_scan
from bench.verdict import WrongAnswer
from bench.verify import verify as verify_pipeline
from pipelines.engines.table import choose_engine
from pipelines.registry import Registry
from pipelines.scanning.hook import ScanRefused
from pipelines.told import text_of, told

FOUND = "ok: finds a frame that is listed, and nothing in another list"
NOTHING_TO_FIND = "ok, not proven: it looks nothing up, or the picture is too poor to be found"


def verify(
    suite: Annotated[str, typer.Argument(help="A shipped suite or a .toml file.")] = "core",
    *,
    only: Annotated[str | None, typer.Option(help="Glob over case ids or their parts.")] = None,
    clip: Annotated[Path | None, typer.Option(help="Your own video instead of the clips.")] = None,
    engine: Annotated[str | None, typer.Option(help=ENGINE_HELP)] = None,
) -> None:
    """Prove the pipelines and hooks of a suite; time nothing.

    Every access unit must come out byte for byte, its decoded frames must equal those of the
    unencrypted path, and whatever an attacker can do to a sealed unit must be rejected. Exits with
    5 where a pipeline gave a wrong answer, with 1 where a case could not be checked.
    """
    progress = TerminalProgress()
    registry = installed()
    try:
        chosen = select(suite, registry, pattern=only, clip=clip, engine=engine)
        streams = [case for case in chosen.cases if isinstance(case, Case)]
        if not streams:
            fail(
                f"suite {suite!r} has no case with a pipeline to verify; hashes, look-ups and"
                " protocols are verified when they are run"
            )
        cases = [case for case in with_clips_at_hand(streams, progress) if isinstance(case, Case)]
        library = Library(chosen.clip_files, progress)
        library.check(cases)
    except (SuiteError, ClipError) as error:
        fail(str(error))
    table = new_table("pipeline", "engine", "clip", "codec", "verdict")
    codes = {0}
    checks = to_check(cases)
    done = 0
    for name, group in by_clip(checks).items():
        for case in group:
            progress.begin(f"verifying {case.clip} {case.codec} {case.pipeline}", len(checks))
            progress.advance(done)
            code, verdict = verdict_of(case, registry, library)
            codes.add(code)
            engine_name = choose_engine(case.engine).engine.name
            hook = "" if case.hook is None else f" / {case.hook.id}"
            name_shown = f"{case.pipeline}{hook}"
            table.add_row(name_shown, engine_name, case.clip, case.codec, verdict)
            done += 1
        library.forget(name)
    progress.end()
    OUT.print(table)
    raise typer.Exit(max(codes))


def to_check(cases: Sequence[Case]) -> list[Case]:
    """Return each pipeline on each clip and codec once, without a hook, and then each hook."""
    plain = [msgspec.structs.replace(case, hook=None) for case in cases]
    pipelines = {(case.clip, case.codec, case.pipeline, case.engine): case for case in plain}
    return [*pipelines.values(), *(case for case in cases if case.hook is not None)]


def verdict_of(case: Case, registry: Registry, library: Library) -> tuple[int, str]:
    """Return the exit code that the case calls for, and what to show for it."""
    try:
        with in_flight(CASE, case.id, patience_s(case)):
            return 0, proof_of(case, registry, library)
    except ScanRefused as error:
        return 0, f"refused: {text_of(error)}"
    except WrongAnswer as error:
        return WRONG_ANSWER, f"WRONG ANSWER: {text_of(error)}"
    except BaseException as error:
        if is_stop(error):
            raise
        return CASE_FAILED, f"ERROR: {told(error)}"


def proof_of(case: Case, registry: Registry, library: Library) -> str:
    """Return what was proven of a case. Raises whatever stops it."""
    pipeline = registry.pipelines[case.pipeline]
    material = library.material(case.clip, case.codec)
    if case.hook is not None:
        proven = check_scan(
            case,
            case.hook,
            registry.scanners[case.hook.scanner],
            pipeline=pipeline,
            material=material,
            engine=choose_engine(case.engine).engine,
        )
        return FOUND if proven else NOTHING_TO_FIND
    verified = verify_pipeline(
        pipeline,
        material.access_units,
        engine=choose_engine(case.engine).engine,
        make_decoder=lambda: material.new_decoder().decode,
        decoded_frames=len(material.access_units),
    )
    labels = f" [{', '.join(pipeline.labels)}]" if pipeline.labels else ""
    counts = ", ".join(f"{times:,} {check}" for check, times in verified.checks.items())
    return f"ok{labels}: {counts}"
