"""What each resource asks for: beside sums by hand, and what must never happen."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.profile.schema import CoreScaling, Profile
from bench.sizing.model.draws import ProfileDraws, draw
from bench.sizing.model.load import Role, RoleLoad
from bench.sizing.model.scaling import Capacity, capacity_of, ratio_of
from bench.sizing.model.servers import DelayLimit, Limit, RolePlan, plan_role
from bench.sizing.scenario.schema import Demand, Host, Room, Scenario, System, Targets

GOLDEN = Path(__file__).parents[2] / "golden" / "sizing" / "calibration.json"
DRAWS = 5
ONE = np.ones(DRAWS)


@pytest.fixture(scope="module")
def profile() -> Profile:
    return msgspec.json.decode(GOLDEN.read_bytes(), type=Profile)


def draws_with(profile: Profile, *scaling: tuple[int, float]) -> ProfileDraws:
    measured = tuple(
        CoreScaling(processes=processes, ratio=(ratio, ratio), on="a test")
        for processes, ratio in scaling
    )
    return draw(msgspec.structs.replace(profile, scaling=measured), seed=1, replicas=DRAWS - 1)


def scenario(
    *, rooms: int = 10, host: Host | None = None, system: System | None = None
) -> Scenario:
    return Scenario(
        schema=1,
        title="t",
        summary="s",
        demand=Demand(peak_participants=10 * rooms),
        rooms=(Room(size=10),),
        host=host or Host(cores=1, nic_bps=1e9, nic_pps=1e6, ram_bytes=8e9, ports=1000),
        system=system or System(),
        targets=Targets(utilisation=0.5),
    )


def role(
    *,
    cores: float = 0.1,
    packets: float = 10.0,
    bytes_per_s: float = 1e4,
    ram: float = 1e6,
    base: float = 0.0,
    connections: float = 1.0,
    unit: RoleLoad | None = None,
) -> RoleLoad:
    return RoleLoad(
        role=Role.RELAY,
        cpu_ns_per_s={"all": cores * 1e9 * ONE},
        packets_in_per_s=packets * ONE,
        packets_out_per_s=packets * ONE,
        bytes_in_per_s=bytes_per_s * ONE,
        bytes_out_per_s=2 * bytes_per_s * ONE,
        ram_bytes=ram * ONE,
        base_ram_bytes=base * ONE,
        connections=connections,
        unit=unit,
        unit_name="a room of 10",
    )


CAPACITY = Capacity(cores=ONE, per_core=ONE, told="", assumed=False)


def plan(load: RoleLoad, of: Scenario | None = None, capacity: Capacity = CAPACITY) -> RolePlan:
    return plan_role(load, of or scenario(), capacity, core=None, delay=None)


def limit(of: RolePlan, name: str) -> Limit:
    return next(each for each in of.limits if each.name == name)


def test_each_resource_by_hand() -> None:
    planned = plan(
        role(cores=1.5, packets=1e6, bytes_per_s=2.5e7, ram=6e9, base=2e9, connections=750)
    )
    asked = {each.name: float(each.servers[0]) for each in planned.limits}
    assert asked == {
        # Half of one core is used.
        "CPU": pytest.approx(3.0),
        # Out is the busier direction: 50 MB/s and 38 bytes of framing for each packet.
        "network bits": pytest.approx((5e7 + 38e6) * 8 / 0.5e9),
        "network packets": pytest.approx(4.0),
        # Two of the four usable gigabytes are taken by every server anyhow.
        "memory": pytest.approx(3.0),
        "connections": pytest.approx(1.5),
    }
    assert list(planned.servers) == [4.0] * DRAWS
    assert limit(planned, "memory").used(3.0)[0] == pytest.approx(0.5)


def test_nothing_to_do_takes_one_server() -> None:
    nothing = role(cores=0, packets=0, bytes_per_s=0, ram=0, connections=0)
    assert plan(nothing).servers[0] == 1.0
    assert plan(nothing).fraction[0] == 0.0


def test_a_room_that_does_not_fit_one_server_is_said_so() -> None:
    room = role(cores=0.6)
    planned = plan(role(cores=6.0, unit=room))
    cpu = limit(planned, "CPU")
    assert not cpu.fits
    assert cpu.note == "a room of 10 alone fills 60 % of one server; the target is 50 %"
    assert limit(planned, "memory").fits


def test_rooms_are_not_cut_in_pieces() -> None:
    # Of 0.5 that may be used a room takes 0.2: two fit, and not two and a half.
    planned = plan(role(cores=2.0, unit=role(cores=0.2)))
    assert limit(planned, "CPU").servers[0] == pytest.approx(4.0)
    assert limit(planned, "whole pieces").servers[0] == pytest.approx(5.0)
    assert planned.servers[0] == 5.0
    assert planned.divisible[0] == pytest.approx(4.0)


def test_an_idle_server_that_is_full_already_does_not_fit() -> None:
    memory = limit(plan(role(base=5e9)), "memory")
    assert not memory.fits
    assert memory.note == "an idle server is 62 % full already"


def test_the_load_that_the_delay_allows_asks_for_servers() -> None:
    allowed = DelayLimit(largest_load=0.25 * ONE)
    planned = plan_role(role(cores=1.0), scenario(), CAPACITY, core=None, delay=allowed)
    assert limit(planned, "delay").servers[0] == pytest.approx(4.0)
    never = DelayLimit(largest_load=0.0 * ONE)
    planned = plan_role(role(cores=1.0), scenario(), CAPACITY, core=None, delay=never)
    assert not limit(planned, "delay").fits
    assert np.isfinite(planned.servers).all()


def test_every_system_behind_a_hub_has_a_relay_of_its_own() -> None:
    cascade = scenario(system=System(topology="hub", systems=7))
    assert plan(role(), cascade).servers[0] == 7.0


@given(st.integers(1, 1_000), st.integers(1, 1_000))
def test_more_work_never_needs_fewer_servers(first: int, second: int) -> None:
    less, more = sorted((first, second))
    room = role(cores=0.03)
    assert (
        plan(role(cores=less * 0.03, unit=room)).servers[0]
        <= plan(role(cores=more * 0.03, unit=room)).servers[0]
    )


@given(
    st.integers(1, 128),
    st.floats(1.0, 4.0),
    st.floats(0.01, 500.0),
    st.floats(0.001, 1.0),
)
def test_doubling_cores_never_needs_more_servers(
    cores: int, ratio: float, work: float, part: float
) -> None:
    measured = draw(
        msgspec.structs.replace(
            msgspec.json.decode(GOLDEN.read_bytes(), type=Profile),
            costs={},
            memory={},
            traces=(),
            scaling=(CoreScaling(processes=4, ratio=(ratio, ratio), on="a test"),),
        ),
        seed=1,
        replicas=DRAWS - 1,
    )
    load = role(cores=work, unit=role(cores=work * part))
    needed = []
    for count in (cores, 2 * cores):
        host = Host(cores=count)
        needed.append(plan(load, scenario(host=host), capacity_of(host, measured)).servers[0])
    assert needed[1] <= needed[0]


def test_scaling_is_what_was_measured_and_goes_on_with_the_same_loss(profile: Profile) -> None:
    draws = draws_with(profile, (2, 1.8), (4, 1.8**2))
    assert [float(ratio_of(draws, cores)[0]) for cores in (1, 2, 3, 4, 8, 16)] == pytest.approx(
        [1, 1.8, 1.8 ** np.log2(3), 1.8**2, 1.8**3, 1.8**4]
    )


def test_cores_never_do_more_than_their_number_nor_less_than_fewer(profile: Profile) -> None:
    assert ratio_of(draws_with(profile, (2, 2.3)), 8)[0] == pytest.approx(8.0)
    assert ratio_of(draws_with(profile, (2, 0.003)), 8)[0] == pytest.approx(1.0)
    assert ratio_of(draws_with(profile, (2, 1.6), (4, 1.2)), 4)[0] == pytest.approx(1.6)


def test_scaling_says_what_was_assumed(profile: Profile) -> None:
    def told(cores: int, *scaling: tuple[int, float]) -> tuple[bool, str]:
        capacity = capacity_of(Host(cores=cores), draws_with(profile, *scaling))
        return capacity.assumed, capacity.told

    assert told(2, (2, 1.8)) == (False, "scaling over 2 cores within what was measured (up to 2)")
    assert told(8, (2, 1.8))[0]
    assert "every doubling is assumed to lose the same share" in told(8, (2, 1.8))[1]
    assert told(8) == (True, "scaling over 8 cores assumed to be linear: none was measured")


def test_faster_cores_do_more(profile: Profile) -> None:
    draws = draws_with(profile, (2, 1.8))
    slow, fast = (capacity_of(Host(cores=4, core_speed=speed), draws) for speed in (1.0, 1.5))
    assert fast.cores == pytest.approx(1.5 * slow.cores)
    assert fast.per_core == pytest.approx(fast.cores / 4)
