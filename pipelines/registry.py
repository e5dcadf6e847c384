"""Everything that can be selected: what is built in and what installed plug-ins bring."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TypeVar

from pipelines.pipeline import Pipeline
from pipelines.scanning.scanner import Scanner
from pipelines.scanning.table import SCANNERS
from pipelines.systems.null import NULL
from pipelines.systems.raw import RAW
from pipelines.systems.sframe import SFRAME
from pipelines.systems.sframe_over_srtp import SFRAME_OVER_SRTP
from pipelines.systems.srtp import SRTP
from pipelines.systems.srtp_header_extension import SRTP_HEADER_EXTENSION

PIPELINE_GROUP = "sealbench.pipelines"
"""A plug-in's entry point in this group names a Pipeline, or a tuple of them."""

SCANNER_GROUP = "sealbench.scanners"
"""A plug-in's entry point in this group names a Scanner, or a tuple of them."""

BUILTIN = (NULL, *RAW, *SFRAME, *SRTP, *SRTP_HEADER_EXTENSION, *SFRAME_OVER_SRTP)

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
"""What may be a name: it stands in ids of cases, between slashes and commas, and in file names."""

Named = TypeVar("Named", Pipeline, Scanner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Pipelines and scanners by name, and one line for each plug-in that could not be used."""

    pipelines: Mapping[str, Pipeline]
    scanners: Mapping[str, Scanner]
    problems: tuple[str, ...]


def load_registry(
    points: Iterable[EntryPoint] | None = None, scanner_points: Iterable[EntryPoint] | None = None
) -> Registry:
    """Return what is built in and what the entry points name (default: all installed plug-ins).

    Given `points` alone, no scanner plug-ins are looked for. A plug-in that does not load, is not
    what its group holds, or takes a name that is in use is left out and named in `problems`: it
    must not stop a run that does not use it.
    """
    if points is None:
        points = entry_points(group=PIPELINE_GROUP)
        scanner_points = scanner_points or entry_points(group=SCANNER_GROUP)
    problems: list[str] = []
    built_in = {pipeline.name: pipeline for pipeline in BUILTIN}
    return Registry(
        pipelines=_with_plugins(built_in, points, Pipeline, problems),
        scanners=_with_plugins(dict(SCANNERS), scanner_points or (), Scanner, problems),
        problems=tuple(problems),
    )


def _with_plugins(
    built_in: dict[str, Named],
    points: Iterable[EntryPoint],
    kind: type[Named],
    problems: list[str],
) -> Mapping[str, Named]:
    """Return `built_in` and what `points` bring beside it; what is wrong goes to `problems`."""
    known = dict(built_in)
    for point in points:
        origin = f"plug-in {point.name!r} ({point.value})"
        try:
            loaded = point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's import may do anything
            problems.append(f"{origin}: {type(error).__name__}: {error}")
            continue
        for item in loaded if isinstance(loaded, tuple) else (loaded,):
            if not isinstance(item, kind):
                problems.append(
                    f"{origin}: expected a {kind.__name__}, got a {type(item).__name__}"
                )
            elif not NAME.fullmatch(item.name):
                problems.append(
                    f"{origin}: the name {item.name!r} must be of letters, digits and . _ + -"
                )
            elif item.name in known:
                problems.append(f"{origin}: the name {item.name!r} is taken")
            else:
                known[item.name] = item
    return MappingProxyType(known)
