"""Reading a scenario: a TOML file into a typed value, with the fields it wrote itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from bench.sizing.scenario.errors import ScenarioError, known
from bench.sizing.scenario.schema import Scenario
from bench.sizing.scenario.typed import Places, dotted, typed
from bench.toml_text import TomlError, parse_toml, read_toml
from pipelines.files import path_text

__all__ = [
    "Loaded",
    "ScenarioError",
    "builtin_scenarios",
    "find_scenario",
    "load_scenario",
    "parse_scenario",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A scenario, what it is called, and the dotted paths of the fields that were written.

    Lists stand in `given` as a whole and by member: `video.ladder`, `video.ladder[0].height`.
    `notes` says what settings changed besides what they name (`bench.sizing.scenario.override`).
    """

    name: str
    scenario: Scenario
    given: frozenset[str]
    notes: tuple[str, ...] = ()


def builtin_scenarios() -> dict[str, Path]:
    """Return the files of the shipped scenarios by name."""
    folder = Path(str(files("bench") / "scenarios"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def find_scenario(name: str) -> Path:
    """Return the file of a shipped scenario, or the path of the user's own.

    Raises ScenarioError.
    """
    shipped = builtin_scenarios()
    if name in shipped:
        return shipped[name]
    # Whoever names a place means a file: what the shell makes of <(...) is /dev/fd/63.
    if Path(name).suffix == ".toml" or "/" in name:
        return Path(name)
    raise ScenarioError(
        f"unknown scenario {name!r}; {known(name, shipped)} (or a path to a .toml file)"
    )


def load_scenario(path: Path) -> Loaded:
    """Read the scenario in `path`. Raises ScenarioError."""
    try:
        text = read_toml(path)
    except TomlError as error:
        raise ScenarioError(f"{path}: {error}") from error
    return parse_scenario(text, path)


def parse_scenario(text: bytes, path: Path) -> Loaded:
    """Return the scenario that `text` describes; `path` names it, in errors too.

    Raises ScenarioError.
    """
    raw = _values(text, path.name)
    scenario = typed(raw, path.name)
    return Loaded(name=path_text(path.stem), scenario=scenario, given=_given(raw))


def _values(text: bytes, where: str) -> dict[str, object]:
    try:
        return parse_toml(text, dict[str, object])
    except TomlError as error:
        raise ScenarioError(f"{where}: {error}") from error


def _given(raw: Mapping[str, object]) -> frozenset[str]:
    paths: set[str] = set()
    todo: list[tuple[Places, object]] = [((name,), value) for name, value in raw.items()]
    while todo:
        places, value = todo.pop()
        if isinstance(value, dict):
            todo.extend(((*places, name), each) for name, each in value.items())
            continue
        paths.add(dotted(places))
        if isinstance(value, list):
            tables = [(i, each) for i, each in enumerate(value) if isinstance(each, dict)]
            todo.extend(((*places, index), each) for index, each in tables)
    return frozenset(paths)
