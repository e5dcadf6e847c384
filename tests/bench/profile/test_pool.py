"""Several calibrations of one machine as one."""

import msgspec
import pytest

from bench.machine.schema import Machine
from bench.profile.errors import ProfileError
from bench.profile.pool import pooled
from bench.profile.schema import Profile
from bench.profile.store import parse_profile


def test_pooled_profiles_have_the_rounds_of_all_in_the_order_of_time(profile: Profile) -> None:
    later = msgspec.structs.replace(profile, started_utc="2026-11-23T00:00:00Z")
    earlier = msgspec.structs.replace(profile, started_utc="2026-11-21T00:00:00Z")
    cost = profile.costs["udp/send"]
    slower = msgspec.structs.replace(cost, call_ns=(1.0, 2.0, 3.0), misfit=0.03)
    earlier = msgspec.structs.replace(earlier, costs={**profile.costs, "udp/send": slower})
    pool = pooled([later, earlier])
    assert pool.rounds == 6
    assert pool.costs["udp/send"].call_ns == (1.0, 2.0, 3.0, 3000.0, 3100.0, 2900.0)
    assert pool.costs["udp/send"].samples == 600
    assert pool.costs["udp/send"].misfit == pytest.approx(0.02)
    assert pool.costs["ed25519/sign"].misfit is None
    assert pool.memory["session/hop"].bytes_each == (9000.0, 9100.0, 9000.0, 9100.0)
    assert pool.scaling[0].ratio == (1.8, 1.9, 1.8, 1.9)
    assert pool.traces == profile.traces
    assert pool.seconds == 6.0
    assert pool.started_utc == "2026-11-21T00:00:00Z"
    assert pool.problems == profile.problems
    assert parse_profile(msgspec.json.encode(pool), "pool") == pool


def test_one_profile_alone_is_itself(profile: Profile) -> None:
    assert pooled([profile]) == profile


def test_a_cost_that_one_profile_lacks_becomes_a_problem(profile: Profile) -> None:
    less = msgspec.structs.replace(
        profile,
        costs={"udp/send": profile.costs["udp/send"]},
        problems={"ed25519/sign": "why not"},
    )
    pool = pooled([profile, less])
    assert list(pool.costs) == ["udp/send"]
    assert pool.problems == {"ed25519/sign": "why not", "udp/gso": "no such option"}
    silent = msgspec.structs.replace(less, problems={})
    assert "not in all" in pooled([profile, silent]).problems["ed25519/sign"]


def test_profiles_of_different_machines_are_not_mixed(profile: Profile, machine: Machine) -> None:
    other = msgspec.structs.replace(
        profile,
        machine=msgspec.structs.replace(
            machine, cpu_model="Z80", libraries={**machine.libraries, "numpy": "0"}
        ),
    )
    with pytest.raises(ProfileError, match=r"cpu_model: .* -> Z80; libraries\.numpy: .* -> 0"):
        pooled([profile, other])


@pytest.mark.parametrize("field", ["engine", "sealbench_version"])
def test_profiles_of_different_software_are_not_mixed(profile: Profile, field: str) -> None:
    with pytest.raises(ProfileError, match=f"{field}: .* -> other"):
        pooled([profile, msgspec.structs.replace(profile, **{field: "other"})])
    with pytest.raises(ProfileError, match="no profile"):
        pooled([])
