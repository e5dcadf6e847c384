"""What must not change an answer, and what must change it in proportion."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.profile.schema import LinearCost, Profile
from bench.sizing.model.draws import ProfileDraws, draw
from bench.sizing.model.load import Load, Role
from bench.sizing.model.load_of import load_of
from bench.sizing.model.plan import Plan, plan_of, quick_search
from bench.sizing.scenario.schema import Scenario

Made = Callable[..., Scenario]
Asked = Callable[..., Load]

few = settings(max_examples=10, deadline=None)


def planned(scenario: Scenario, draws: ProfileDraws) -> Plan:
    return plan_of(scenario, draws, quick_search(scenario, seed=1))


def doubled(cost: LinearCost) -> LinearCost:
    return msgspec.structs.replace(
        cost,
        call_ns=tuple(2 * ns for ns in cost.call_ns),
        packet_ns=tuple(2 * ns for ns in cost.packet_ns),
        byte_ns=tuple(2 * ns for ns in cost.byte_ns),
    )


def twice_as_dear(profile: Profile) -> Profile:
    costs = {key: doubled(cost) for key, cost in profile.costs.items()}
    return msgspec.structs.replace(profile, costs=costs)


@few
@given(size=st.integers(2, 40), topology=st.sampled_from(["sfu", "hub", "mcu"]))
def test_two_equal_classes_of_rooms_are_one(
    golden_draws: ProfileDraws, made: Made, size: int, topology: str
) -> None:
    system = {"topology": topology, "systems": 3 if topology == "hub" else 1}
    one = planned(made(rooms=[{"size": size}], system=system), golden_draws)
    halves = [{"size": size, "share": 0.5}, {"size": size, "share": 0.5}]
    two = planned(made(rooms=halves, system=system), golden_draws)
    assert np.allclose(one.total("cores"), two.total("cores"))
    for before, after in zip(one.roles, two.roles, strict=True):
        assert [limit.name for limit in before.limits] == [limit.name for limit in after.limits]
        for limit, other in zip(before.limits, after.limits, strict=True):
            # The delay is simulated, with other phases.
            assert limit.name == "delay" or np.allclose(limit.servers, other.servers)


@few
@given(order=st.permutations([(2, 0.2), (8, 0.5), (30, 0.3)]))
def test_the_order_of_rooms_does_not_matter(
    golden_draws: ProfileDraws, made: Made, order: list[tuple[int, float]]
) -> None:
    def load(rooms: list[tuple[int, float]]) -> Load:
        tables = [{"size": size, "share": share} for size, share in rooms]
        return load_of(made(rooms=tables), golden_draws)

    sorted_rooms, shuffled = load(sorted(order)), load(order)
    for role, each in sorted_rooms.roles.items():
        assert np.allclose(each.cores, shuffled.roles[role].cores)
        assert np.allclose(each.bytes_out_per_s, shuffled.roles[role].bytes_out_per_s)
        assert each.unit_name == shuffled.roles[role].unit_name


@few
@given(cores=st.integers(1, 64), size=st.integers(2, 60))
def test_costs_twice_as_high_are_cores_half_as_fast(
    golden_draws: ProfileDraws, made: Made, cores: int, size: int
) -> None:
    dear = draw(twice_as_dear(golden_draws.profile), seed=1, replicas=8)
    slow = made(host={"cores": cores, "core_speed": 0.5}, rooms=[{"size": size}])
    plain = made(host={"cores": cores}, rooms=[{"size": size}])
    for one, other in zip(
        planned(plain, dear).roles, planned(slow, golden_draws).roles, strict=True
    ):
        for limit, same in zip(one.limits, other.limits, strict=True):
            assert limit.name == same.name
            assert np.allclose(limit.servers, same.servers)


@few
@given(loss=st.floats(0, 0.4), topology=st.sampled_from(["sfu", "hub", "mcu", "p2p"]))
def test_more_loss_never_costs_less(asked: Asked, loss: float, topology: str) -> None:
    system = {"topology": topology, "systems": 2 if topology == "hub" else 1}
    rooms = [{"size": 4}]
    now = asked(network={"loss": loss}, system=system, rooms=rooms)
    later = asked(network={"loss": loss + 0.1}, system=system, rooms=rooms)
    for role, load in now.roles.items():
        assert np.all(later.roles[role].cores >= load.cores * (1 - 1e-9))


def test_rooms_of_two_reach_no_third_system(asked: Asked) -> None:
    def hub(systems: int) -> Load:
        return asked(rooms=[{"size": 2}], system={"topology": "hub", "systems": systems})

    two, many = hub(2).roles[Role.HUB], hub(20).roles[Role.HUB]
    media = [stage for stage in two.cpu_ns_per_s if stage != "feedback"]
    assert media
    for stage in media:
        assert np.allclose(two.cpu_ns_per_s[stage], many.cpu_ns_per_s[stage])


def test_a_mixer_pays_a_call_for_each_unit_that_it_makes(
    golden_draws: ProfileDraws, made: Made
) -> None:
    # One room of two who hear each other: three sums of voices, each packet of which is cut,
    # rewritten and sent by calls of its own.
    tables: dict[str, object] = {
        "demand": {"peak_participants": 2},
        "rooms": [{"size": 2}],
        "publish": {"cameras": 0.0, "speakers": 2},
        "system": {"topology": "mcu"},
    }
    mixer = load_of(made(**tables), golden_draws).roles[Role.MCU].cpu_ns_per_s
    packetize = golden_draws.cost("packetize/opaque")
    fan_out = golden_draws.cost("srtp/fan-out/aes-128-gcm")
    assert np.allclose(mixer["packetize"], 3 * packetize.ns(calls=50, size_bytes=4000))
    assert np.allclose(
        mixer["rewrite and protect"], fan_out.ns(calls=100, packets=100, size_bytes=8000)
    )


@pytest.mark.parametrize("fan_out_cores", [9, 64, 4096])
def test_no_copy_is_shared_by_cores(
    golden_draws: ProfileDraws, made: Made, fan_out_cores: int
) -> None:
    # In rooms of ten a packet has nine copies at most.
    scenario = made(
        host={"cores": 4096}, system={"fan_out_cores": fan_out_cores}, rooms=[{"size": 10}]
    )
    (relay,) = planned(scenario, golden_draws).roles
    assert relay.core is not None
    assert max(relay.core.spread(burst) for burst in relay.core.bursts) == pytest.approx(9)
    assert all(source.copies <= 1 for source in relay.core.sources(0.5, 0))
