"""Everything that can be selected: what is built in and what installed plug-ins bring."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.metadata import EntryPoint, distributions, entry_points
from types import MappingProxyType
from typing import Any, TypeVar

from pipelines.pipeline import Pipeline
from pipelines.plain import (
    Unsuitable,
    plain_name,
    plain_pipeline,
    plain_scanner,
    unusable_pipeline,
    unusable_scanner,
)
from pipelines.scanning.scanner import Scanner
from pipelines.scanning.table import SCANNERS
from pipelines.systems.null import NULL
from pipelines.systems.raw import RAW
from pipelines.systems.sframe import SFRAME
from pipelines.systems.sframe_over_srtp import SFRAME_OVER_SRTP
from pipelines.systems.srtp import SRTP
from pipelines.systems.srtp_header_extension import SRTP_HEADER_EXTENSION
from pipelines.told import one_line, text_of, told

PIPELINE_GROUP = "sealbench.pipelines"
"""A plug-in's entry point in this group names a Pipeline, or a tuple of them."""

SCANNER_GROUP = "sealbench.scanners"
"""A plug-in's entry point in this group names a Scanner, or a tuple of them."""

BUILTIN = (NULL, *RAW, *SFRAME, *SRTP, *SRTP_HEADER_EXTENSION, *SFRAME_OVER_SRTP)

Named = TypeVar("Named", Pipeline, Scanner)

Around = Callable[[str], AbstractContextManager[object]]
"""Makes what a plug-in is loaded within, of what the plug-in is called in messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Pipelines and scanners by name, and one line for each plug-in that could not be used."""

    pipelines: Mapping[str, Pipeline]
    scanners: Mapping[str, Scanner]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What a group holds: how it is made plain, and what stands for one that cannot be."""

    type: type[Any]
    plain: Callable[[Any, str], Any]
    unusable: Callable[[str, BaseException], Any]


_PIPELINES = _Kind(type=Pipeline, plain=plain_pipeline, unusable=unusable_pipeline)
_SCANNERS = _Kind(type=Scanner, plain=plain_scanner, unusable=unusable_scanner)


def load_registry(
    points: Iterable[EntryPoint] | None = None,
    scanner_points: Iterable[EntryPoint] | None = None,
    *,
    around: Around = nullcontext,
    is_stop: Callable[[BaseException], bool] = lambda _: False,
) -> Registry:
    """Return what is built in and what the entry points name (default: all installed plug-ins).

    Given `points` alone, no scanner plug-ins are looked for. A plug-in that does not load, is not
    what its group holds, or takes a name that is in use is left out and named in `problems`,
    whatever it raises: it must not stop a run that does not use it. One with a good name and
    something else wrong is kept, so that its cases can say so. What ends the process itself can be
    survived only by `around`, in which each is loaded. An exception that `is_stop` is the user's
    wish to stop, and is raised.
    """
    problems: list[str] = []
    if points is None:
        points = _installed(PIPELINE_GROUP, problems)
        scanner_points = scanner_points or _installed(SCANNER_GROUP, problems)
    loader = _Loader(around, is_stop, problems)
    return Registry(
        pipelines=loader.with_plugins({one.name: one for one in BUILTIN}, points, _PIPELINES),
        scanners=loader.with_plugins(dict(SCANNERS), scanner_points or (), _SCANNERS),
        problems=tuple(problems),
    )


def _installed(group: str, problems: list[str]) -> list[EntryPoint]:
    """Return the entry points of a group; a package whose list cannot be read is left out."""
    try:
        return list(entry_points(group=group))
    except Exception:  # noqa: BLE001 - one package's list is damaged: which one?
        found: list[EntryPoint] = []
        for package in distributions():
            try:
                found += package.entry_points.select(group=group)
            except Exception as error:  # noqa: BLE001 - it is this one's
                problem = (
                    f"entry points of {one_line(str(package.metadata['Name']))}: {told(error)}"
                )
                if problem not in problems:
                    problems.append(problem)
        return found


class _Loader:
    """Loads plug-ins one by one; what is wrong with them goes to `problems`."""

    def __init__(
        self, around: Around, is_stop: Callable[[BaseException], bool], problems: list[str]
    ) -> None:
        self._around = around
        self._is_stop = is_stop
        self._problems = problems

    def with_plugins(
        self, built_in: dict[str, Named], points: Iterable[EntryPoint], kind: _Kind
    ) -> Mapping[str, Named]:
        """Return `built_in` and what `points` bring beside it."""
        known = dict(built_in)
        for point in points:
            origin = f"plug-in {one_line(repr(point.name))} ({one_line(point.value)})"
            try:
                with self._around(origin):
                    loaded = point.load()
                    for item in loaded if isinstance(loaded, tuple) else (loaded,):
                        self._add(known, item, kind, origin)
            except BaseException as error:  # noqa: BLE001 - a stranger's import may do anything
                self._note(origin, error)
        return MappingProxyType(known)

    def _add(self, known: dict[str, Named], item: Any, kind: _Kind, origin: str) -> None:
        try:
            if not isinstance(item, kind.type):
                raise Unsuitable(f"expected a {kind.type.__name__}, got a {type(item).__name__}")  # noqa: TRY301 - told as the rest is
            name = plain_name(item)
            if name in known:
                raise Unsuitable(f"the name {name!r} is taken")  # noqa: TRY301 - same
        except BaseException as error:  # noqa: BLE001 - reading a stranger's name may do anything
            self._note(origin, error)
            return
        try:
            known[name] = kind.plain(item, name)
        except BaseException as error:  # noqa: BLE001 - same
            self._note(f"{origin}: {name}", error)
            known[name] = kind.unusable(name, error)

    def _note(self, origin: str, error: BaseException) -> None:
        if self._is_stop(error):
            raise error
        what = text_of(error) if isinstance(error, Unsuitable) else told(error)
        self._problems.append(f"{origin}: {what}")
