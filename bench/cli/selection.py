"""From the words of a command line to the cases that will be measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.clips.catalogue import load_catalogue
from bench.clips.errors import FetchError
from bench.clips.fetch import fetch
from bench.clips.library import synthetic_stand_in
from bench.clips.names import parse_clip_name
from bench.plan import clip_names, only, renamed, with_clip, with_seconds
from bench.progress import Progress
from bench.suite import Case, Suite, find_suite, load_suite
from pipelines.pipeline import Pipeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A suite and the cases chosen of it; `clip_files` maps a case's clip to the user's file."""

    suite: Suite
    cases: tuple[Case, ...]
    clip_files: Mapping[str, Path]


def select(
    suite_name: str,
    pipelines: Mapping[str, Pipeline],
    *,
    pattern: str | None,
    clip: Path | None,
    seconds: float | None,
) -> Selection:
    """Return what --only, --clip and --seconds leave of a suite. Raises SuiteError, ClipError."""
    known_clips = [known.id for known in load_catalogue().clips]
    suite = load_suite(find_suite(suite_name), pipelines, known_clips)
    cases = with_seconds(suite.cases, seconds)
    clip_files: dict[str, Path] = {}
    if clip is not None:
        clip_files[clip.name] = clip.resolve()
        cases = with_clip(cases, clip.name)
    return Selection(suite=suite, cases=only(cases, pattern), clip_files=clip_files)


def with_clips_at_hand(cases: Sequence[Case], progress: Progress) -> tuple[Case, ...]:
    """Fetch the catalogue clips that `cases` need; where that fails, put in the synthetic clip.

    The stand-in carries `synthetic` in its name, in every row, table and plot.
    """
    catalogue = load_catalogue()
    known = {clip.id for clip in catalogue.clips}
    wanted = {parse_clip_name(name).clip for name in clip_names(cases)}
    try:
        fetch([clip for clip in catalogue.clips if clip.id in wanted], progress)
    except FetchError as error:
        progress.note(f"sealbench: {error}")
        progress.note("sealbench: measuring the generated clip instead, labelled synthetic")
        return renamed(
            cases,
            lambda name: synthetic_stand_in(name) if parse_clip_name(name).clip in known else name,
        )
    finally:
        progress.end()
    return tuple(cases)
