from collections.abc import Callable
from pathlib import Path

import pytest

from bench.sizing.scenario.load import Loaded, ScenarioError, parse_scenario

HEAD = 'schema = 1\ntitle = "Council"\nsummary = "They meet."\n'
DEMAND = "peak_participants = 400"
ROOMS = "[[rooms]]\nsize = 27\n"

Written = Callable[..., bytes]
Parsed = Callable[..., Loaded]
Refused = Callable[..., str]


def _written(tables: str = "", *, demand: str = DEMAND, rooms: str = ROOMS) -> bytes:
    return f"{HEAD}[demand]\n{demand}\n{rooms}{tables}\n".encode()


def _parsed(tables: str = "", *, demand: str = DEMAND, rooms: str = ROOMS) -> Loaded:
    return parse_scenario(_written(tables, demand=demand, rooms=rooms), Path("council.toml"))


def _refused(tables: str = "", *, demand: str = DEMAND, rooms: str = ROOMS) -> str:
    with pytest.raises(ScenarioError) as refused:
        _parsed(tables, demand=demand, rooms=rooms)
    return str(refused.value).removeprefix("council.toml: ")


@pytest.fixture
def written() -> Written:
    """The text of a small valid scenario with more tables."""
    return _written


@pytest.fixture
def parsed() -> Parsed:
    """What such a text is read as."""
    return _parsed


@pytest.fixture
def refused() -> Refused:
    """Why such a text is refused, without the file's name."""
    return _refused
