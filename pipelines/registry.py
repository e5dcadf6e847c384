"""Every pipeline that can be selected: the built-in ones and those of installed plug-ins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from pipelines.pipeline import Pipeline
from pipelines.systems.null import NULL
from pipelines.systems.raw import RAW
from pipelines.systems.sframe import SFRAME
from pipelines.systems.sframe_over_srtp import SFRAME_OVER_SRTP
from pipelines.systems.srtp import SRTP

ENTRY_POINT_GROUP = "sealbench.pipelines"
"""A plug-in's entry point in this group names a Pipeline, or a tuple of them."""

BUILTIN = (NULL, *RAW, *SFRAME, *SRTP, *SFRAME_OVER_SRTP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The pipelines by name, and one line for each plug-in that could not be used."""

    pipelines: Mapping[str, Pipeline]
    problems: tuple[str, ...]


def load_registry(points: Iterable[EntryPoint] | None = None) -> Registry:
    """Return the built-in pipelines and those of `points` (default: all installed plug-ins).

    A plug-in that does not load, is no Pipeline, or takes a name that is in use is left out and
    named in `problems`: it must not stop a run that does not use it.
    """
    pipelines = {pipeline.name: pipeline for pipeline in BUILTIN}
    problems: list[str] = []
    for point in entry_points(group=ENTRY_POINT_GROUP) if points is None else points:
        origin = f"plug-in {point.name!r} ({point.value})"
        try:
            loaded = point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's import may do anything
            problems.append(f"{origin}: {type(error).__name__}: {error}")
            continue
        for item in loaded if isinstance(loaded, tuple) else (loaded,):
            if not isinstance(item, Pipeline):
                problems.append(f"{origin}: expected a Pipeline, got a {type(item).__name__}")
            elif item.name in pipelines:
                problems.append(f"{origin}: the name {item.name!r} is taken")
            else:
                pipelines[item.name] = item
    return Registry(pipelines=MappingProxyType(pipelines), problems=tuple(problems))
