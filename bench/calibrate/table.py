"""All that a calibration measures."""

from collections.abc import Callable
from typing import TypeVar

from bench.calibrate.media import media_plans
from bench.calibrate.media_clips import CLIPS, MediaClips, prepare_clips
from bench.calibrate.memory import measure_memory
from bench.calibrate.probe import Bench, ProbePlan
from bench.calibrate.scaling import measure_relay_scaling
from bench.calibrate.session import Survey, told
from bench.calibrate.system import system_plans
from bench.calibrate.traces import traces
from bench.profile.schema import CoreScaling, Memory, Trace

Found = TypeVar("Found")


def all_plans(clips: MediaClips = CLIPS) -> tuple[ProbePlan, ...]:
    """Return every plan, on `clips`; each cost is measured by one of them."""
    return (*media_plans(clips), *system_plans())


def survey(bench: Bench, clips: MediaClips = CLIPS) -> Survey:
    """Return what a profile holds besides costs; of what fails, why.

    Takes longer where clips are not encoded yet.
    """
    problems: dict[str, str] = {}

    def attempt(what: str, measure: Callable[[], Found], otherwise: Found) -> Found:
        bench.progress.begin(what, 1)
        try:
            return measure()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a calibration without it is one
            problems[what] = told(error)
            bench.progress.note(f"sealbench: {what}: {problems[what]}")
            return otherwise
        finally:
            bench.progress.end()

    def encoded() -> tuple[Trace, ...]:
        prepare_clips(bench, clips)
        return traces(bench, clips)

    def remembered() -> dict[str, Memory]:
        memory, without = measure_memory(bench, clips)
        problems.update(without)
        return memory

    nothing: dict[str, Memory] = {}
    alone: tuple[CoreScaling, ...] = ()
    return Survey(
        traces=attempt("traces", encoded, ()),
        memory=attempt("memory", remembered, nothing),
        scaling=attempt("scaling", lambda: measure_relay_scaling(bench), alone),
        problems=problems,
    )
