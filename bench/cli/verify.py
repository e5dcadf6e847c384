"""`sealbench verify`: does every pipeline do what it says? Nothing is timed."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.console import OUT, TerminalProgress, fail
from bench.cli.exit_codes import CASE_FAILED, WRONG_ANSWER
from bench.cli.selection import select, with_clips_at_hand
from bench.cli.show import escaped, new_table
from bench.clips.errors import ClipError
from bench.material import Library
from bench.plan import by_clip
from bench.suite import Case, SuiteError
from bench.verify import WrongAnswer
from bench.verify import verify as verify_pipeline
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.pipeline import Pipeline
from pipelines.registry import load_registry


def verify(
    suite: Annotated[str, typer.Argument(help="A shipped suite or a .toml file.")] = "core",
    *,
    only: Annotated[str | None, typer.Option(help="Glob over case ids or their parts.")] = None,
    clip: Annotated[Path | None, typer.Option(help="Your own video instead of the clips.")] = None,
) -> None:
    """Prove the pipelines of a suite; time nothing.

    Every access unit must come out byte for byte, its decoded frames must equal those of the
    unencrypted path, and whatever an attacker can do to a sealed unit must be rejected. Exits with
    5 where a pipeline gave a wrong answer, with 1 where a case could not be checked.
    """
    progress = TerminalProgress()
    pipelines = load_registry().pipelines
    try:
        chosen = select(suite, pipelines, pattern=only, clip=clip, seconds=None)
        cases = with_clips_at_hand(chosen.cases, progress)
        library = Library(chosen.clip_files, progress)
        library.check(cases)
    except (SuiteError, ClipError) as error:
        fail(str(error))
    table = new_table("clip", "codec", "pipeline", "verdict")
    codes = {0}
    unique = {(case.clip, case.codec, case.pipeline): case for case in cases}
    done = 0
    for name, group in by_clip(list(unique.values())).items():
        for case in group:
            progress.begin(f"verifying {case.clip} {case.codec} {case.pipeline}", len(unique))
            progress.advance(done)
            code, verdict = verdict_of(case, pipelines[case.pipeline], library)
            codes.add(code)
            table.add_row(case.clip, case.codec, case.pipeline, escaped(verdict))
            done += 1
        library.forget(name)
    progress.end()
    OUT.print(table)
    raise typer.Exit(max(codes))


def verdict_of(case: Case, pipeline: Pipeline, library: Library) -> tuple[int, str]:
    """Return the exit code that the case calls for, and what to show for it."""
    try:
        material = library.material(case.clip, case.codec)
        verified = verify_pipeline(
            pipeline,
            material.access_units,
            engine=CRYPTOGRAPHY,
            make_decoder=lambda: material.new_decoder().decode,
            decoded_frames=len(material.access_units),
        )
    except WrongAnswer as error:
        return WRONG_ANSWER, f"WRONG ANSWER: {error}"
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it is a verdict
        return CASE_FAILED, f"ERROR: {type(error).__name__}: {error}"
    labels = f" [{', '.join(pipeline.labels)}]" if pipeline.labels else ""
    counts = ", ".join(f"{times} {check}" for check, times in verified.checks.items())
    return 0, f"ok{labels}: {counts}"
