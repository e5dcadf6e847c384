"""Reading a suite: a TOML file whose lists multiply into cases."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import msgspec

from bench.cases import AnyCase
from bench.suite.checks import SuiteError, check_count, known, located
from bench.suite.multiply import (
    Names,
    Place,
    drift_cases,
    hash_cases,
    lookup_cases,
    private_cases,
    recall_cases,
    stream_cases,
)
from bench.suite.written import CaseFields, SuiteFile
from bench.toml_text import TomlError, parse_toml, read_toml
from pipelines.files import path_text
from pipelines.pipeline import Pipeline
from pipelines.scanning.scanner import Scanner
from pipelines.scanning.table import SCANNERS

SUITE_SCHEMA = 1

Written = TypeVar("Written", bound=CaseFields)


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """A suite with its cases spelt out. `sha256` is that of its text.

    `calibrate` says that the machine is to be calibrated after the cases.
    """

    name: str
    summary: str
    sha256: str
    cases: tuple[AnyCase, ...]
    calibrate: bool = False


def builtin_suites() -> dict[str, Path]:
    """Return the files of the shipped suites by name."""
    folder = Path(str(files("bench") / "suites"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def find_suite(name: str) -> Path:
    """Return the file of a shipped suite, or the path of the user's own. Raises SuiteError."""
    shipped = builtin_suites()
    if name in shipped:
        return shipped[name]
    # Whoever names a place means a file: what the shell makes of <(...) is /dev/fd/63.
    if Path(name).suffix == ".toml" or "/" in name:
        return Path(name)
    raise SuiteError(f"unknown suite {name!r}; {known(name, shipped)} (or a path to a .toml file)")


def load_suite(
    path: Path,
    pipelines: Mapping[str, Pipeline],
    clips: Collection[str] | None = None,
    scanners: Mapping[str, Scanner] = SCANNERS,
) -> Suite:
    """Read a suite and multiply out its cases.

    `pipelines` and `scanners` are those of the registry; `clips` are the catalogue's ids, or None
    where clip names are checked elsewhere. Raises SuiteError, which names file, key, value and
    known values.
    """
    try:
        text = read_toml(path)
    except TomlError as error:
        raise SuiteError(f"{path}: {error}") from error
    return parse_suite(text, path, pipelines, clips, scanners)


def parse_suite(
    text: bytes,
    path: Path,
    pipelines: Mapping[str, Pipeline],
    clips: Collection[str] | None,
    scanners: Mapping[str, Scanner] = SCANNERS,
) -> Suite:
    """Return the suite that `text` describes; `path` is named in errors. Raises SuiteError."""
    try:
        suite = parse_toml(text, SuiteFile)
    except TomlError as error:
        raise SuiteError(f"{path.name}: {located(str(error))}") from error
    if suite.schema != SUITE_SCHEMA:
        raise SuiteError(
            f"{path.name}: schema: {suite.schema} is not understood; this sealbench reads"
            f" schema {SUITE_SCHEMA}"
        )
    names = Names(pipelines=pipelines, scanners=scanners, clips=clips)
    cases: dict[str, AnyCase] = {}
    for number, (where, case) in enumerate(every_case(suite, path.name, names), start=1):
        check_count(path.name, range(number))
        known_case = cases.setdefault(case.id, case)
        if msgspec.structs.replace(known_case, why=case.why) != case:
            raise SuiteError(
                f"{where}: {case.id!r} is in the suite already, with other seconds, rounds or"
                " options"
            )
    if not cases:
        raise SuiteError(f"{path.name}: case: the suite has no cases")
    return Suite(
        name=path_text(path.stem),
        summary=suite.summary,
        sha256=hashlib.sha256(text).hexdigest(),
        cases=tuple(cases.values()),
        calibrate=suite.calibrate,
    )


def every_case(suite: SuiteFile, file: str, names: Names) -> Iterator[tuple[str, AnyCase]]:
    """Yield the cases of all lists of `suite`, each with its place. Raises SuiteError."""

    def placed(
        table: str,
        lists: Sequence[Written],
        multiply: Callable[[Written, Place], Iterator[AnyCase]],
    ) -> Iterator[tuple[str, AnyCase]]:
        for index, written in enumerate(lists):
            place = Place(where=f"{file}: {table}[{index}]", suite=suite, names=names)
            for case in multiply(written, place):
                yield place.where, case

    yield from placed("case", suite.case, stream_cases)
    yield from placed("hash", suite.hash, hash_cases)
    yield from placed("lookup", suite.lookup, lookup_cases)
    yield from placed("private", suite.private, private_cases)
    yield from placed("recall", suite.recall, recall_cases)
    yield from placed("drift", suite.drift, drift_cases)
