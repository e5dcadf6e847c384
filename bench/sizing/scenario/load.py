"""Reading a scenario: a TOML file into a typed value, with the fields it wrote itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import msgspec

from bench.plain_text import NoText, utf8_text
from bench.sizing.scenario.errors import ScenarioError, known
from bench.sizing.scenario.schema import Scenario
from bench.sizing.scenario.typed import Places, dotted, typed
from pipelines.files import read_plain

__all__ = [
    "Loaded",
    "ScenarioError",
    "builtin_scenarios",
    "find_scenario",
    "load_scenario",
    "parse_scenario",
]

MOST_BYTES = 1_000_000

# The reader takes quadratic time for a key of many parts; a line of ours has two dots, a figure's
# source a few more.
MOST_DOTS_IN_A_LINE = 200


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
    if Path(name).suffix == ".toml":
        return Path(name)
    raise ScenarioError(
        f"unknown scenario {name!r}; {known(name, shipped)}, or a path to a .toml file"
    )


def load_scenario(path: Path) -> Loaded:
    """Read the scenario in `path`. Raises ScenarioError."""
    try:
        text = read_plain(path, most_bytes=MOST_BYTES)
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise ScenarioError(f"{str(path)!r}: {error}") from error
    return parse_scenario(text, path)


def parse_scenario(text: bytes, path: Path) -> Loaded:
    """Return the scenario that `text` describes; `path` names it, in errors too.

    Raises ScenarioError.
    """
    raw = _values(text, path.name)
    scenario = typed(raw, path.name)
    return Loaded(name=path.stem, scenario=scenario, given=_given(raw))


def _values(text: bytes, where: str) -> dict[str, object]:
    if len(text) > MOST_BYTES:
        raise ScenarioError(f"{where}: has more than {MOST_BYTES:,} bytes; that is no scenario")
    try:
        text = utf8_text(text)
    except NoText as error:
        raise ScenarioError(f"{where}: {error}") from error
    if not text.strip():
        raise ScenarioError(f"{where}: is empty")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(b".") > MOST_DOTS_IN_A_LINE:
            raise ScenarioError(f"{where}: line {number} has more than {MOST_DOTS_IN_A_LINE} dots")
    try:
        return msgspec.toml.decode(text, type=dict[str, object])
    except RecursionError as error:
        raise ScenarioError(f"{where}: is nested too deep") from error
    # A number of thousands of digits is a ValueError.
    except (msgspec.DecodeError, ValueError) as error:
        raise ScenarioError(f"{where}: {' '.join(str(error).split())}") from error


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
