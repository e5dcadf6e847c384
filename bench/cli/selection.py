"""From the words of a command line to the cases that will be measured."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cases import AnyCase
from bench.clips.catalogue import load_catalogue
from bench.clips.errors import ClipError, FetchError
from bench.clips.fetch import fetch, verify_cached
from bench.clips.library import synthetic_stand_in
from bench.clips.names import FILE_PREFIX, parse_clip_name
from bench.flight import in_flight
from bench.plan import (
    clip_names,
    looks_up,
    only,
    renamed,
    with_clip,
    with_engine,
    with_list_size,
    with_seconds,
)
from bench.progress import Progress
from bench.stop import is_stop
from bench.suite import Suite, SuiteError, find_suite, load_suite
from pipelines.engines.table import ENGINE_NAMES
from pipelines.files import path_text
from pipelines.registry import Registry
from pipelines.scanning.hash_list import HashList
from pipelines.scanning.hashes.table import HASHERS
from pipelines.scanning.scanner import Scanner

ENGINE_HELP = f"Engine of every case: {', '.join(ENGINE_NAMES)}."

LISTED_CLIP = "bunny"
"""The clip whose frames are the known content of every list: an animation, CC-BY, nobody in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A suite and the cases chosen of it; `clip_files` maps a case's clip to the user's file."""

    suite: Suite
    cases: tuple[AnyCase, ...]
    clip_files: Mapping[str, Path]


def select(
    suite_name: str,
    registry: Registry,
    *,
    pattern: str | None,
    clip: Path | None,
    seconds: float | None = None,
    engine: str | None = None,
    hash_list: HashList | None = None,
) -> Selection:
    """Return what the options make of a suite's cases. Raises SuiteError, ClipError."""
    known_clips = [known.id for known in load_catalogue().clips]
    suite = load_suite(find_suite(suite_name), registry.pipelines, known_clips, registry.scanners)
    cases = with_engine(with_seconds(suite.cases, seconds), engine)
    if hash_list is not None:
        check_list(hash_list)
        cases = with_list_size(
            cases,
            hash_list.hasher,
            len(hash_list),
            lambda name: listed_hash(registry.scanners[name]),
        )
    clip_files: dict[str, Path] = {}
    if clip is not None:
        name = own_clip_name(clip)
        clip_files[name] = clip.resolve()
        cases = with_clip(cases, name)
    return Selection(suite=suite, cases=only(cases, pattern), clip_files=clip_files)


def check_list(hash_list: HashList) -> None:
    """Raise SuiteError for a list that nothing could be looked up in."""
    if not len(hash_list):
        raise SuiteError("--hash-list: the list is empty")
    known_hasher = HASHERS.get(hash_list.hasher)
    if known_hasher is not None and known_hasher.bits != hash_list.bits:
        raise SuiteError(
            f"--hash-list: hashes of {hash_list.hasher!r} have {known_hasher.bits} bits, those of"
            f" the list {hash_list.bits}"
        )


def listed_hash(scanner: Scanner) -> str:
    """Return which hash the scanner's list holds; nothing where it looks nothing up."""
    if scanner.index is None or scanner.new_hasher is None:
        return ""
    try:
        with in_flight("hasher", scanner.name):
            name = str(scanner.new_hasher().name)
    except BaseException as error:
        if is_stop(error):
            raise
        return ""  # its case will say what
    return name


def own_clip_name(clip: Path) -> str:
    """Return what the user's own video is called in rows: never like a clip of the catalogue.

    Raises ClipError where its name is no text of one line.
    """
    if any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in clip.name):
        raise ClipError(f"{clip.name!a}: the file's name has line breaks or the like; rename it")
    if clip.name != path_text(clip.name):
        raise ClipError(f"{clip.name!a}: the file's name is not UTF-8; rename it")
    if str(clip.resolve()) != path_text(clip.resolve()):
        raise ClipError(f"{str(clip.resolve())!a}: the way to it is not UTF-8; rename what is not")
    return f"{FILE_PREFIX}{clip.name}"


def fetch_clips(cases: Sequence[AnyCase], progress: Progress) -> None:
    """Fetch the catalogue clips that `cases` need and the cache lacks. Raises ClipError."""
    wanted = {parse_clip_name(name).clip for name in catalogued(cases)}
    try:
        fetch([clip for clip in load_catalogue().clips if clip.id in wanted], progress)
    finally:
        progress.end()


def with_clips_at_hand(cases: Sequence[AnyCase], progress: Progress) -> tuple[AnyCase, ...]:
    """Return `cases` with their clips fetched; for one that cannot be, the synthetic clip.

    The stand-in carries `synthetic` in its name, in every row, table and plot. Raises ClipError.
    """
    try:
        fetch_clips(cases, progress)
    except FetchError as error:
        progress.note(f"sealbench: {error}")
        progress.note("sealbench: measuring a generated clip instead, labelled synthetic")
        found = verify_cached(load_catalogue().clips)
        missing = {cached.clip.id for cached in found if cached.state != "ok"}
        return renamed(
            cases,
            lambda name: (
                synthetic_stand_in(name)
                if name in catalogued(cases) and parse_clip_name(name).clip in missing
                else name
            ),
        )
    return tuple(cases)


def listed_clip_at_hand(
    cases: Sequence[AnyCase], registry: Registry, progress: Progress
) -> str | None:
    """Return the clip whose frames the lists of `cases` hold, fetched; None where there is none.

    Without a network lists hold random hashes only. Raises ClipError.
    """
    if not looks_up(cases, lambda name: listed_hash(registry.scanners[name])):
        return None
    try:
        fetch([load_catalogue().clip(LISTED_CLIP)], progress)
    except FetchError as error:
        progress.note(f"sealbench: {error}")
        progress.note(f"sealbench: lists without frames of {LISTED_CLIP}: random hashes only")
        return None
    finally:
        progress.end()
    return LISTED_CLIP


def catalogued(cases: Sequence[AnyCase]) -> list[str]:
    """Return the clips of `cases` that are not the user's own file."""
    return [name for name in clip_names(cases) if not name.startswith(FILE_PREFIX)]
