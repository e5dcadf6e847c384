from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from bench.profile.schema import Profile
from bench.sizing.model.draws import ProfileDraws, draw
from bench.sizing.model.load import Load
from bench.sizing.model.load_of import load_of
from bench.sizing.scenario.schema import Scenario

GOLDEN = Path(__file__).parents[2] / "golden" / "sizing" / "calibration.json"

Tables = dict[str, object]
Made = Callable[..., Scenario]
Asked = Callable[..., Load]


@pytest.fixture(scope="session")
def golden_draws() -> ProfileDraws:
    return draw(msgspec.json.decode(GOLDEN.read_bytes(), type=Profile), seed=1, replicas=8)


@pytest.fixture(scope="session")
def made() -> Made:
    """Make a scenario of 100 participants in rooms of 10, with whatever tables are given."""

    def make(**tables: object) -> Scenario:
        written: Tables = {
            "schema": 1,
            "title": "t",
            "summary": "s",
            "demand": {"peak_participants": 100},
            "rooms": [{"size": 10}],
        }
        return msgspec.convert(written | tables, Scenario)

    return make


@pytest.fixture(scope="session")
def asked(golden_draws: ProfileDraws, made: Made) -> Asked:
    """Return the load of such a scenario."""
    return lambda **tables: load_of(made(**tables), golden_draws)
