from pathlib import Path

import msgspec
import numpy as np
import pytest

from bench.profile import keys
from bench.profile.schema import LinearCost, Profile
from bench.sizing.model.draws import MissingCost, draw, interval, quantiles

GOLDEN = Path(__file__).parents[2] / "golden" / "sizing" / "calibration.json"


@pytest.fixture(scope="module")
def profile() -> Profile:
    return msgspec.json.decode(GOLDEN.read_bytes(), type=Profile)


def with_cost(profile: Profile, rounds: tuple[float, ...], name: str = "x") -> Profile:
    zero = (0.0,) * len(rounds)
    cost = LinearCost(call_ns=rounds, packet_ns=zero, byte_ns=zero, samples=1, on="a test")
    return msgspec.structs.replace(profile, rounds=len(rounds), costs={name: cost})


def test_equal_seeds_draw_alike_and_others_do_not(profile: Profile) -> None:
    key = keys.fan_out("aes-128-gcm")
    first, again, other = (draw(profile, seed=seed).cost(key).packet_ns for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first[1:], other[1:])
    assert first[0] == other[0]


def test_the_first_draw_is_the_mean_of_the_rounds(profile: Profile) -> None:
    draws = draw(with_cost(profile, (1.0, 2.0, 6.0)), seed=1)
    assert draws.cost("x").call_ns[0] == 3.0


def test_rounds_are_drawn_together_for_all_costs(profile: Profile) -> None:
    slow_minute = (100.0, 100.0, 200.0, 100.0, 210.0)
    one = with_cost(profile, slow_minute, "one")
    both = msgspec.structs.replace(one, costs=one.costs | {"two": one.costs["one"]})
    draws = draw(both, seed=3)
    assert np.array_equal(draws.cost("one").call_ns, draws.cost("two").call_ns)


def test_the_interval_of_few_rounds_covers_the_mean_as_often_as_it_says(profile: Profile) -> None:
    random = np.random.default_rng(5)
    inside = 0
    for seed in range(400):
        rounds = tuple(random.normal(100.0, 10.0, 6).tolist())
        _, low, high = interval(
            draw(with_cost(profile, rounds), seed=seed, replicas=200).cost("x").call_ns
        )
        inside += low <= 100.0 <= high
    # 90 % of 400, give or take three standard deviations; six rounds bootstrap a little too narrow.
    assert 335 <= inside <= 385


def test_no_draw_takes_negative_time(profile: Profile) -> None:
    draws = draw(with_cost(profile, (0.0, 0.0, 50.0)), seed=1)
    assert (draws.cost("x").call_ns >= 0).all()


def test_a_cost_that_is_not_there_is_named_with_what_is(profile: Profile) -> None:
    with pytest.raises(MissingCost, match=r"encode/h264/1080.*it has: encode/h264/180"):
        draw(profile, seed=1, replicas=2).cost(keys.encode("h264", 1080))


def test_the_reason_why_a_cost_is_missing_is_told(profile: Profile) -> None:
    without = msgspec.structs.replace(profile, costs={}, problems={"udp/gso": "no UDP_SEGMENT"})
    with pytest.raises(MissingCost, match="no UDP_SEGMENT"):
        draw(without, seed=1, replicas=2).cost("udp/gso")


def test_traces_come_from_the_nearest_calibrated_height(profile: Profile) -> None:
    draws = draw(profile, seed=1, replicas=2)
    assert {trace.height for trace in draws.traces("vp9", 540).traces} == {360}
    with pytest.raises(MissingCost, match="it has: av1, h264, vp8, vp9; calibrate again"):
        draws.traces("h265", 720)


def test_the_weights_of_clips_sum_to_one_in_every_draw(profile: Profile) -> None:
    weights = draw(profile, seed=1).traces("h264", 720).weights
    assert np.allclose(weights.sum(axis=1), 1.0)
    assert (weights >= 0).all()


def test_a_profile_without_traces_still_draws_its_costs(profile: Profile) -> None:
    bare = msgspec.structs.replace(profile, traces=(), scaling=(), memory={})
    assert draw(bare, seed=1, replicas=3).cost(keys.HANDSHAKE).call_ns.shape == (4,)


def test_heights_are_those_that_were_calibrated(profile: Profile) -> None:
    assert draw(profile, seed=1, replicas=2).heights("encode/av1") == keys.HEIGHTS
    assert draw(profile, seed=1, replicas=2).heights("encode/none") == ()


@pytest.mark.parametrize("count", [1, 2, 3, 400])
def test_quantiles_are_those_of_numpy(count: int) -> None:
    values = np.random.default_rng(count).normal(size=count)
    shares = (0.0, 0.05, 0.5, 0.95, 1.0)
    assert quantiles(values, shares) == pytest.approx(np.quantile(values, shares).tolist())
