"""One change at a time: what it does, and in which direction."""

from pathlib import Path

import msgspec
import pytest

from bench.profile.schema import Profile
from bench.sizing.model.changes import changes
from bench.sizing.model.sensitivity import Effect, effects
from bench.sizing.scenario.load import load_scenario
from bench.sizing.scenario.override import with_values
from bench.sizing.scenario.schema import Scenario

GOLDEN = Path(__file__).parents[2] / "golden" / "sizing"


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    # A network card that is never full, so that the cores are what counts.
    wide = {"host.nic_bps": "1e12", "host.nic_pps": "1e9"}
    return with_values(load_scenario(GOLDEN / "sfu.toml"), wide).scenario


@pytest.fixture(scope="module")
def profile() -> Profile:
    return msgspec.json.decode((GOLDEN / "calibration.json").read_bytes(), type=Profile)


@pytest.fixture(scope="module")
def found(scenario: Scenario, profile: Profile) -> dict[str, Effect]:
    return {effect.change: effect for effect in effects(scenario, profile, seed=1)}


def test_every_change_is_another_scenario_or_profile(scenario: Scenario) -> None:
    listed = list(changes(scenario))
    assert len({change.words for change in listed}) == len(listed) >= 12
    for change in listed:
        assert change.scenario != scenario or change.profile is not None, change.words


def test_the_largest_effect_on_servers_comes_first(found: dict[str, Effect]) -> None:
    sizes = [abs(effect.servers_ratio - 1) for effect in found.values()]
    assert sizes[0] > 0.05
    assert sizes[0] >= sizes[len(sizes) // 2] >= sizes[-1]


def test_more_people_and_bits_need_more_and_cheaper_calls_less(found: dict[str, Effect]) -> None:
    assert found["participants +10 %"].servers_ratio == pytest.approx(1.1, rel=0.01)
    assert found["video bitrate +10 %"].servers_ratio > 1
    assert found["loss +1 % of packets"].servers_ratio > 1
    assert found["sending packets (UDP) costs +10 %"].servers_ratio > 1
    assert found["ciphers cost +10 %"].servers_ratio > 1
    # Which of the two is cheaper depends on the machine, and on how many packets a frame has.
    assert found["send method gso instead of sendmmsg"].servers_ratio != 1
    assert found["audio packets of 40 ms instead of 20"].servers_ratio < 1
    assert found["utilisation 0.8 instead of 0.7"].servers_ratio == pytest.approx(7 / 8)
    assert found["cores 10 % slower"].servers_ratio == pytest.approx(1 / 0.9)


def test_slower_cores_make_packets_later(found: dict[str, Effect]) -> None:
    slower = found["cores 10 % slower"].delay_p99_ratio
    assert slower is not None
    assert slower > 1


def test_where_there_are_no_servers_nothing_changes(scenario: Scenario, profile: Profile) -> None:
    direct = msgspec.structs.replace(
        scenario, system=msgspec.structs.replace(scenario.system, topology="p2p")
    )
    assert effects(direct, profile, seed=1) == ()
