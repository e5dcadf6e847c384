"""Whole answers: golden ones, what must hold between two of them, and what they say.

To accept new output: SEALBENCH_UPDATE_GOLDEN=1 pytest tests/bench/sizing/test_size.py, then read
the diff.
"""

import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import msgspec
import pytest

from bench.profile.schema import Profile
from bench.sizing.answer.values import Answer, Figure
from bench.sizing.model.draws import MissingCost, ProfileDraws, draw
from bench.sizing.model.plaintext import sees_plaintext
from bench.sizing.scenario.load import Loaded, load_scenario
from bench.sizing.scenario.override import with_values
from bench.sizing.size import size

GOLDEN = Path(__file__).parents[2] / "golden" / "sizing"
REPLICAS = 60
Sized = Callable[..., Answer]


@pytest.fixture(scope="module")
def draws() -> ProfileDraws:
    text = (GOLDEN / "calibration.json").read_bytes()
    return draw(msgspec.json.decode(text, type=Profile), seed=6, replicas=REPLICAS)


def scenario(name: str, **values: str) -> Loaded:
    dotted = {path.replace("__", "."): value for path, value in values.items()}
    return with_values(load_scenario(GOLDEN / f"{name}.toml"), dotted)


@pytest.fixture(scope="module")
def sized(draws: ProfileDraws) -> Sized:
    """Return answers by scenario and changed fields, each worked out once."""

    @cache
    def answer(name: str, seed: int = 6, **values: str) -> Answer:
        return size(scenario(name, **values), draws, profile_name="golden", seed=seed)

    return answer


def check_same(found: object, golden: object, where: str) -> None:
    if isinstance(golden, Mapping):
        assert isinstance(found, Mapping), where
        assert list(found) == list(golden), where
        for name in golden:
            check_same(found[name], golden[name], f"{where}.{name}")
    elif isinstance(golden, list):
        assert isinstance(found, list), where
        assert len(found) == len(golden), where
        for index, (one, other) in enumerate(zip(found, golden, strict=True)):
            check_same(one, other, f"{where}[{index}]")
    elif isinstance(golden, float):
        assert found == pytest.approx(golden, rel=1e-6, abs=1e-12), where
    else:
        assert found == golden, where


@pytest.mark.parametrize("name", ["sfu", "hub"])
def test_the_answer_is_the_golden_one(sized: Sized, name: str) -> None:
    path = GOLDEN / f"{name}.answer.json"
    text = msgspec.json.encode(sized(name))
    if os.environ.get("SEALBENCH_UPDATE_GOLDEN"):
        path.write_bytes(msgspec.json.format(text) + b"\n")
    check_same(msgspec.json.decode(text), msgspec.json.decode(path.read_bytes()), name)


def test_an_answer_survives_being_written(sized: Sized) -> None:
    text = msgspec.json.encode(sized("sfu"))
    assert msgspec.json.encode(msgspec.json.decode(text, type=Answer)) == text


def test_the_same_seed_gives_the_same_answer(sized: Sized, draws: ProfileDraws) -> None:
    again = size(scenario("sfu"), draws, profile_name="golden", seed=6)
    assert again == sized("sfu")


def test_another_seed_gives_overlapping_intervals(draws: ProfileDraws, sized: Sized) -> None:
    other_draws = draw(draws.profile, seed=7, replicas=REPLICAS)
    other = size(scenario("sfu"), other_draws, profile_name="golden", seed=7)
    answer = sized("sfu")
    for one, two in (
        (answer.cores, other.cores),
        (answer.servers, other.servers),
        (answer.delay_p99_ms, other.delay_p99_ms),
        (answer.money.yearly_eur, other.money.yearly_eur),
    ):
        assert one is not None
        assert two is not None
        assert one.low <= two.high
        assert two.low <= one.high
    assert other.delay_p99_ms != answer.delay_p99_ms


def figures_of(value: object) -> list[Figure]:
    if isinstance(value, Figure):
        return [value]
    if isinstance(value, msgspec.Struct):
        return [
            each for name in value.__struct_fields__ for each in figures_of(getattr(value, name))
        ]
    if isinstance(value, tuple):
        return [each for part in value for each in figures_of(part)]
    return []


@pytest.mark.parametrize("name", ["sfu", "hub"])
def test_every_figure_lies_in_its_interval_and_says_where_it_comes_from(
    sized: Sized, name: str
) -> None:
    figures = figures_of(sized(name))
    assert len(figures) > 100
    for figure in figures:
        assert 0 <= figure.low <= figure.value <= figure.high, figure
        assert figure.source or figure.basis == "measured", figure
        assert ("assumed:" in figure.source) == (figure.basis == "assumed"), figure


def test_the_binding_constraint_is_the_one_that_asks_for_most(sized: Sized) -> None:
    answer = sized("sfu")
    named = {f"{each.role} {each.name}": each for each in answer.constraints}
    assert named[answer.binding].servers.value == max(
        each.servers.value for each in named.values() if not each.name.startswith("whole")
    )
    assert sum(each.binds for each in answer.constraints) == pytest.approx(1.0)


def test_servers_are_those_of_all_roles_and_spare_ones(sized: Sized) -> None:
    answer = sized("hub")
    by_role = {role.role: role.servers.value for role in answer.roles if role.servers is not None}
    assert set(by_role) == {"relay", "hub", "tunnel gateway"}
    # Each of five systems has its own relay.
    assert by_role["relay"] == 5.0
    assert answer.servers.value == sum(by_role.values()) + answer.spare_servers


def test_end_to_end_frames_never_make_anybody_cheaper(sized: Sized) -> None:
    plain = sized("sfu", system__e2e_cipher="none", rekey__protocol="none")
    sealed = sized("sfu")
    for before, after in zip(plain.roles, sealed.roles, strict=True):
        assert after.cores.value >= before.cores.value, after.role
    assert sealed.bps_out.value >= plain.bps_out.value


def test_a_room_that_fits_no_server_is_said_so(sized: Sized) -> None:
    answer = sized("sfu", host__cores="1", host__core_speed="0.02")
    unfit = [each for each in answer.constraints if not each.fits]
    assert "CPU" in {each.name for each in unfit}
    assert any("a room of 30 alone fills" in each.note for each in unfit)


def test_budgets_and_prices_come_through(sized: Sized) -> None:
    money = sized("sfu").money
    assert money.setup_budget_eur == 20_000
    assert money.yearly_budget_eur == 5_000
    assert money.setup_eur.value == pytest.approx(sum(each.value for each in money.setup))
    assert money.yearly_eur.value == pytest.approx(sum(each.value for each in money.yearly))


def test_growth_needs_no_fewer_servers_and_agrees_with_the_answer(sized: Sized) -> None:
    answer = sized("sfu")
    servers = [point.servers.value for point in answer.growth]
    assert servers == sorted(servers)
    assert [point.participants for point in answer.growth] == [300, 600, 1200]
    assert servers[1] == answer.servers.value


def test_headroom_fills_the_planned_servers(sized: Sized) -> None:
    answer = sized("sfu")
    busiest = [point.busiest.value for point in answer.headroom]
    assert busiest == sorted(busiest)
    assert {point.servers.value for point in answer.headroom} == {answer.servers.value}


def test_two_who_talk_directly_need_no_server(draws: ProfileDraws) -> None:
    pair = scenario(
        "hub",
        system__topology="p2p",
        system__systems="1",
        rooms__size="2",
        system__outer_tunnel="none",
        demand__peak_participants="2",
    )
    answer = size(pair, draws, profile_name="golden", seed=6)
    assert answer.servers.value == 0
    assert (answer.delay_p99_ms, answer.delay_met, answer.binding) == (None, None, "")
    assert answer.sensitivities == ()
    assert {role.role for role in answer.roles} == {"publisher", "receiver"}


def test_a_delay_budget_below_the_bursts_is_not_met(sized: Sized) -> None:
    answer = sized("sfu", targets__relay_delay_p99_ms="0.001")
    delay = next(each for each in answer.constraints if each.name == "delay")
    assert answer.delay_met is False
    assert not delay.fits


def test_an_answer_says_what_nobody_checked(sized: Sized) -> None:
    answer = sized("sfu")
    assert any("held against a running server" in each for each in answer.unchecked)
    assert any("Scaling over 8 cores" in each for each in answer.assumed)
    assert "network.mtu_bytes = 1_200" in answer.defaults


def test_a_cost_that_the_profile_lacks_is_named(draws: ProfileDraws) -> None:
    less = {key: cost for key, cost in draws.profile.costs.items() if not key.startswith("udp/")}
    poor = draw(msgspec.structs.replace(draws.profile, costs=less), seed=1, replicas=4)
    with pytest.raises(MissingCost, match="udp/"):
        size(scenario("sfu"), poor, profile_name="golden", seed=1)


@pytest.mark.parametrize(
    ("values", "parties"),
    [
        ({}, ("participants",)),
        (
            {"system__e2e_cipher": "none", "rekey__protocol": "none"},
            ("participants", "relay"),
        ),
        (
            {
                "system__e2e_cipher": "none",
                "rekey__protocol": "none",
                "system__hop_cipher": "none",
            },
            ("participants", "relay", "anybody on the network between"),
        ),
        (
            {
                "system__e2e_cipher": "none",
                "rekey__protocol": "none",
                "system__hop_cipher": "none",
                "system__outer_tunnel": "aes-256-gcm",
            },
            ("participants", "relay", "tunnel gateway"),
        ),
        (
            {"recording__share": "0.5", "recording__by": "participant"},
            ("participants", "recording participant"),
        ),
    ],
)
def test_who_holds_plaintext(values: dict[str, str], parties: tuple[str, ...]) -> None:
    assert sees_plaintext(scenario("sfu", **values).scenario) == parties


def test_a_tunnel_ends_before_the_links_between_systems() -> None:
    behind_hub = scenario("hub", system__hop_cipher="none").scenario
    assert "anybody on the network between" in sees_plaintext(behind_hub)


def test_growth_of_one_meeting_is_several_at_once(sized: Sized) -> None:
    # Nothing but egress costs anything; two meetings send what one does, twice.
    answer = sized("hub", prices__server_per_year_eur="0.0")
    once, twice = (point.yearly_eur.value for point in answer.growth)
    # What the links between systems carry besides media does not double.
    assert 1.99 < twice / once <= 2


def test_what_no_calibration_measured_is_assumed_and_how_much_of_it(sized: Sized) -> None:
    asked = sized("sfu", scan__point="protocol")
    relay = next(each for each in asked.roles if each.role == "relay")
    stages = {each.stage: each.cores for each in relay.stages}
    assert stages["private look-up"].basis == "assumed"
    assert stages["send"].basis == "measured"
    for figure in (asked.cores, relay.cores):
        assert figure.basis == "assumed"
        assert "stage 'private look-up'" in figure.source


def test_pictures_beyond_the_calibrated_ones_are_assumed(sized: Sized) -> None:
    large = sized("hub", publish__screens_per_room="1", screen__height="4320")
    assert "beyond the 180 to 994 calibrated lines" in large.cores.source
    assert large.cores.basis == "assumed"


def test_one_clip_says_nothing_of_how_clips_differ(sized: Sized) -> None:
    source = sized("sfu").bps_out.source
    assert source.endswith("one clip only: how clips differ is not in the interval")


def test_another_engine_than_the_profiles_is_refused(draws: ProfileDraws) -> None:
    with pytest.raises(MissingCost, match=r"system.engine: 'libsrtp', but .* --engine libsrtp"):
        size(scenario("sfu", system__engine="libsrtp"), draws, profile_name="golden", seed=1)


def test_a_gateway_that_no_delay_is_known_of_is_said(sized: Sized) -> None:
    assert any(
        "What the tunnel gateway adds to the delay is not calculated" in told
        for told in sized("sfu", system__outer_tunnel="aes-256-gcm").assumed
    )
