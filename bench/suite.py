"""Suites: TOML files whose lists multiply into cases, each with the reason it is measured."""

import difflib
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from importlib.resources import files
from itertools import product
from pathlib import Path

import msgspec

from bench.cases import Case, Media, Model
from pipelines.engines.table import AUTO, ENGINE_NAMES
from pipelines.media import CODECS
from pipelines.pipeline import Pipeline

SUITE_SCHEMA = 1


class SuiteError(Exception):
    """A suite cannot be used; the message names file, key, value and the known values."""


class CaseList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One [[case]] of a suite: every combination of its lists is a case.

    `media` is "cached" (access units come from the cache, so only crypto and packets are timed)
    or "live" (the sender encodes, the receiver decodes). `seconds` is the measuring time of each
    case and `rounds` the number of shuffled slices it is cut into. A pipeline may be a glob; an
    engine is one of `ENGINE_NAMES`.
    """

    why: str
    model: Model
    clips: list[str]
    codecs: list[str]
    pipelines: list[str]
    engines: list[str] = msgspec.field(default_factory=lambda: [AUTO])
    media: Media = "cached"
    seconds: float | None = None
    rounds: int | None = None
    deadline_ms: float | None = None


class SuiteFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A suite as it is written."""

    schema: int
    summary: str
    seconds: float
    rounds: int
    case: list[CaseList]


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """A suite with its cases spelt out. `sha256` is that of its text."""

    name: str
    summary: str
    sha256: str
    cases: tuple[Case, ...]


def builtin_suites() -> dict[str, Path]:
    """Return the files of the shipped suites by name."""
    folder = Path(str(files("bench") / "suites"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def find_suite(name: str) -> Path:
    """Return the file of a shipped suite, or the path of the user's own. Raises SuiteError."""
    shipped = builtin_suites()
    if name in shipped:
        return shipped[name]
    if Path(name).suffix == ".toml":
        return Path(name)
    raise SuiteError(f"unknown suite {name!r}; {known(name, shipped)}, or a path to a .toml file")


def load_suite(
    path: Path, pipelines: Mapping[str, Pipeline], clips: Collection[str] | None = None
) -> Suite:
    """Read a suite and multiply out its cases.

    `pipelines` are those of the registry; `clips` are the catalogue's ids, or None where clip
    names are checked elsewhere. Raises SuiteError, which names file, key, value and known values.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise SuiteError(f"{path}: {error.strerror or error}") from error
    return parse_suite(text, path, pipelines, clips)


def parse_suite(
    text: bytes, path: Path, pipelines: Mapping[str, Pipeline], clips: Collection[str] | None
) -> Suite:
    """Return the suite that `text` describes; `path` is named in errors. Raises SuiteError."""
    try:
        suite = msgspec.toml.decode(text, type=SuiteFile)
    # Bytes that are not UTF-8 are a ValueError; deep nesting exhausts the stack.
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise SuiteError(f"{path.name}: {located(str(error))}") from error
    if suite.schema != SUITE_SCHEMA:
        raise SuiteError(
            f"{path.name}: schema: {suite.schema} is not understood; this sealbench reads"
            f" schema {SUITE_SCHEMA}"
        )
    cases: dict[str, Case] = {}
    for index, case_list in enumerate(suite.case):
        where = f"{path.name}: case[{index}]"
        for case in multiply(case_list, suite, where, pipelines, clips):
            known_case = cases.setdefault(case.id, case)
            if msgspec.structs.replace(known_case, why=case.why) != case:
                raise SuiteError(
                    f"{where}: {case.id!r} is in the suite already, with other seconds, rounds or"
                    " deadline"
                )
    if not cases:
        raise SuiteError(f"{path.name}: case: the suite has no cases")
    return Suite(
        name=path.stem,
        summary=suite.summary,
        sha256=hashlib.sha256(text).hexdigest(),
        cases=tuple(cases.values()),
    )


def multiply(
    case_list: CaseList,
    suite: SuiteFile,
    where: str,
    pipelines: Mapping[str, Pipeline],
    clips: Collection[str] | None,
) -> Iterator[Case]:
    """Yield every combination of the lists of one [[case]]. Raises SuiteError."""
    seconds = within(f"{where}.seconds", given(case_list.seconds, suite.seconds), 0.001, 3600)
    rounds = int(within(f"{where}.rounds", given(case_list.rounds, suite.rounds), 1, 1000))
    deadline_ms = 0.0
    if case_list.deadline_ms is not None:
        deadline_ms = within(f"{where}.deadline_ms", case_list.deadline_ms, 0.001, 60_000)
    check_clips(case_list.clips, where, clips)
    check_known(case_list.codecs, CODECS, f"{where}.codecs")
    check_known(case_list.engines, ENGINE_NAMES, f"{where}.engines")
    names = expand(case_list.pipelines, where, pipelines)
    for field in ("clips", "codecs", "pipelines", "engines"):
        if not getattr(case_list, field):
            raise SuiteError(f"{where}.{field}: the list is empty")
    for clip, codec, name, engine in product(
        case_list.clips, case_list.codecs, names, case_list.engines
    ):
        if codec not in pipelines[name].codecs:
            raise SuiteError(
                f"{where}.codecs: pipeline {name!r} does not take {codec!r}; it takes"
                f" {', '.join(pipelines[name].codecs)}"
            )
        yield Case(
            why=case_list.why,
            model=case_list.model,
            media=case_list.media,
            clip=clip,
            codec=codec,
            pipeline=name,
            engine=engine,
            seconds=seconds,
            rounds=rounds if case_list.model == "stage" else 1,
            deadline_ms=deadline_ms,
        )


def given(own: float | None, default: float) -> float:
    """Return a case list's own value, or the suite's where it gives none."""
    return default if own is None else own


def within(where: str, value: float, least: float, most: float) -> float:
    """Return `value`. Raises SuiteError where it is not from `least` to `most`."""
    if least <= value <= most:
        return value
    raise SuiteError(f"{where}: {value:g} is not from {least:g} to {most:g}")


def check_clips(names: Iterable[str], where: str, clips: Collection[str] | None) -> None:
    """Raise SuiteError where a clip's id (before any `->720p`) is neither known nor synthetic."""
    for name in names:
        clip_id = name.split("->", 1)[0]
        if clips is not None and clip_id not in clips and not clip_id.startswith("synthetic"):
            raise SuiteError(f"{where}.clips: unknown {name!r}; {known(clip_id, clips)}")


def check_known(names: Iterable[str], values: Collection[str], where: str) -> None:
    """Raise SuiteError where a name is none of `values`."""
    for name in names:
        if name not in values:
            raise SuiteError(f"{where}: unknown {name!r}; {known(name, values)}")


def expand(patterns: Iterable[str], where: str, pipelines: Mapping[str, Pipeline]) -> list[str]:
    """Return the pipeline names that `patterns` (names or globs) stand for. Raises SuiteError."""
    names: dict[str, None] = {}
    for pattern in patterns:
        matched = [name for name in pipelines if fnmatchcase(name, pattern)]
        if not matched:
            raise SuiteError(f"{where}.pipelines: unknown {pattern!r}; {known(pattern, pipelines)}")
        names.update(dict.fromkeys(matched))
    return list(names)


def known(value: str, values: Collection[str]) -> str:
    """Return `did you mean ...?` where one is close, else the known values (at most a dozen)."""
    close = difflib.get_close_matches(value, values, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    listed = sorted(values)
    more = f", … ({len(listed)} in all)" if len(listed) > 12 else ""
    return f"known: {', '.join(listed[:12])}{more}"


def located(message: str) -> str:
    """Return msgspec's message with its path in front: `case[2].model: Invalid enum value ...`."""
    text, separator, place = message.partition(" - at `$")
    if not separator:
        return message
    return f"{place.rstrip('`').lstrip('.').replace('[...]', '[]')}: {text}"
