import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.samples import Samples, latency_ns, samples_dtype
from bench.stats import (
    Bootstrap,
    Statistic,
    at_quantile,
    estimate,
    mean,
    quantile,
    summarise_paced,
    summarise_roles,
    summarise_stages,
)

I64 = npt.NDArray[np.int64]

ROUNDS = st.lists(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=20), min_size=1, max_size=6
).map(lambda rounds: [np.array(each, dtype=np.int64) for each in rounds])
STATISTICS = pytest.mark.parametrize(
    "statistic", [mean, at_quantile(0.5), at_quantile(0.95), at_quantile(0.99)]
)


def lognormal_rounds(
    draws: np.random.Generator, *, rounds: int, frames: int, drift: float
) -> list[I64]:
    """Return service times whose rounds differ by a factor exp(N(0, drift))."""
    return [
        (draws.lognormal(10, 0.2, frames) * math.exp(draws.normal(0, drift))).astype(np.int64)
        for _ in range(rounds)
    ]


def coverage(statistic: Statistic, truth: float, make: Callable[[int], list[I64]]) -> float:
    trials = 200
    hits = 0
    for trial in range(trials):
        found = estimate(make(trial), statistic, seed=trial)
        hits += found.low <= truth <= found.high
    return hits / trials


@pytest.mark.parametrize("rounds", [3, 10])
@pytest.mark.parametrize("p", [0.5, 0.95])
def test_interval_of_a_quantile_covers_the_truth_although_rounds_drift(
    rounds: int, p: float
) -> None:
    draws = np.random.default_rng(7)
    spread = math.hypot(0.2, 0.05)
    truth = math.exp(10 + spread * NormalDist().inv_cdf(p))
    covered = coverage(
        at_quantile(p),
        truth,
        lambda _: lognormal_rounds(draws, rounds=rounds, frames=50, drift=0.05),
    )
    # 95 % is the aim; three rounds of 50 frames cannot quite tell a p95.
    assert 0.85 <= covered <= 0.99


@pytest.mark.parametrize("rounds", [2, 5, 10])
def test_interval_of_the_mean_covers_the_truth_although_rounds_drift(rounds: int) -> None:
    draws = np.random.default_rng(8)
    truth = math.exp(10 + (0.2**2 + 0.05**2) / 2)
    covered = coverage(
        mean, truth, lambda _: lognormal_rounds(draws, rounds=rounds, frames=50, drift=0.05)
    )
    assert 0.89 <= covered <= 0.99


def test_interval_of_a_single_round_covers_the_truth_although_neighbours_resemble_each_other() -> (
    None
):
    draws = np.random.default_rng(9)

    def correlated(_: int) -> list[I64]:
        noise = np.convolve(draws.normal(0, 1, 603), np.ones(4) / 2, "valid")
        return [(1e6 + 1e5 * noise).astype(np.int64)]

    assert 0.89 <= coverage(mean, 1e6, correlated) <= 0.99


def test_pretending_that_frames_are_independent_would_be_far_too_sure() -> None:
    draws = np.random.default_rng(10)
    blocks = lognormal_rounds(draws, rounds=8, frames=100, drift=0.1)
    honest = estimate(blocks, mean, seed=1)
    naive = estimate([np.array([value]) for value in np.concatenate(blocks)], mean, seed=1)
    assert honest.high - honest.low > 2 * (naive.high - naive.low)


@STATISTICS
@given(rounds=ROUNDS, seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_interval_encloses_its_value_and_stays_within_the_samples(
    statistic: Statistic, rounds: list[I64], seed: int
) -> None:
    pooled = np.concatenate(rounds)
    found = estimate(rounds, statistic, resamples=60, seed=seed)
    assert found.low <= found.value <= found.high
    slack = 1e-9 * float(pooled.max())
    assert found.low >= pooled.min() - slack
    assert found.high <= pooled.max() + slack


@STATISTICS
@given(rounds=ROUNDS, factor=st.integers(1, 1000))
@settings(max_examples=25, deadline=None)
def test_times_in_another_unit_give_the_same_interval_in_that_unit(
    statistic: Statistic, rounds: list[I64], factor: int
) -> None:
    plain = estimate(rounds, statistic, resamples=60, seed=3)
    scaled = estimate([factor * each for each in rounds], statistic, resamples=60, seed=3)
    for one, other in ((plain.low, scaled.low), (plain.value, scaled.value)):
        assert other == pytest.approx(factor * one, rel=1e-9, abs=1e-6)
    assert scaled.high == pytest.approx(factor * plain.high, rel=1e-9, abs=1e-6)


@given(rounds=ROUNDS)
@settings(max_examples=25, deadline=None)
def test_quantiles_rise_with_p_and_order_within_a_round_does_not_matter(rounds: list[I64]) -> None:
    p50, p95, p99 = (
        estimate(rounds, at_quantile(p), resamples=60, seed=3) for p in (0.5, 0.95, 0.99)
    )
    assert p50.value <= p95.value <= p99.value
    if len(rounds) > 1:
        reversed_rounds = [each[::-1] for each in rounds]
        assert estimate(reversed_rounds, at_quantile(0.5), resamples=60, seed=3) == p50


@given(rounds=ROUNDS)
@settings(max_examples=60, deadline=None)
def test_every_resampled_quantile_is_the_quantile_of_the_frames_that_were_drawn(
    rounds: list[I64],
) -> None:
    # The plain way, frame by frame, against the search over weights.
    ps = (0.0, 0.25, 0.5, 0.95, 0.99, 1.0)
    of_frame = np.repeat(np.arange(len(rounds)), [len(each) for each in rounds])
    bootstrap = Bootstrap(of_frame, resamples=20, seed=11)
    values = np.concatenate(rounds)
    clusters = [values[bootstrap._cluster == c] for c in range(bootstrap._clusters)]
    expected = [
        [quantile(np.concatenate([np.tile(c, n) for c, n in zip(clusters, row, strict=True)]), p)]
        for row in bootstrap._weights
        for p in ps
    ]
    found = bootstrap._drawn_quantiles(values, ps)
    assert found.reshape(-1, 1).tolist() == expected


def test_quantile_is_a_value_that_was_measured() -> None:
    values = np.array([5, 1, 4, 2, 3], dtype=np.int64)
    assert [quantile(values, p) for p in (0, 0.2, 0.21, 0.5, 0.99, 1)] == [1, 1, 2, 3, 5, 5]


@given(values=st.lists(st.integers(0, 1000), min_size=1, max_size=50), p=st.floats(0.001, 1))
def test_quantile_agrees_with_numpys_inverted_cdf(values: list[int], p: float) -> None:
    array = np.array(values, dtype=np.int64)
    exact = round(p * 1000) / 1000
    if abs(exact * len(values) - round(exact * len(values))) > 1e-6:
        assert quantile(array, exact) == np.quantile(array, exact, method="inverted_cdf")


@pytest.mark.parametrize(("values", "p"), [([], 0.5), ([1], 1.1), ([1], -0.1)])
def test_quantile_that_does_not_exist_is_refused(values: list[int], p: float) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        quantile(np.array(values, dtype=np.int64), p)


def test_no_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="no samples"):
        estimate([np.empty(0, dtype=np.int64)], mean, seed=1)


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_very_few_frames_give_an_interval_and_no_warning(frames: int) -> None:
    found = estimate([np.arange(frames)], mean, seed=1)
    assert found.low <= (frames - 1) / 2 <= found.high


def test_the_same_seed_gives_the_same_interval_and_another_seed_hardly_moves_it() -> None:
    blocks = lognormal_rounds(np.random.default_rng(2), rounds=10, frames=100, drift=0.05)
    first, again, other = (estimate(blocks, mean, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    assert other.low == pytest.approx(first.low, rel=0.02)


def make_samples(*, rounds: int = 3, frames: int = 4) -> Samples:
    """Return frames of 1000 bytes: sender stages of 100 and 300 ns, a relay stage of 50 ns."""
    samples = np.zeros(
        rounds * frames, dtype=samples_dtype(["sender/seal", "sender/packetize", "relay/forward"])
    )
    samples["round"] = np.repeat(np.arange(rounds), frames)
    samples["frame"] = np.tile(np.arange(frames), rounds)
    samples["unit_bytes"] = 1000
    samples["start_ns"] = samples["due_ns"] = 10_000 * np.arange(rounds * frames)
    samples["sender/seal"] = samples["start_ns"] + 100
    samples["sender/packetize"] = samples["sender/seal"] + 300
    samples["relay/forward"] = samples["sender/packetize"] + 50
    return samples


def test_stage_summary_holds_each_stages_own_time_and_kind() -> None:
    kinds = {"sender/seal": "crypto", "sender/packetize": "packets", "relay/forward": "packets"}
    seal, packetize, forward = summarise_stages(make_samples(), kinds, seed=1)
    assert (seal.role, seal.stage, seal.kind) == ("sender", "seal", "crypto")
    assert [each.p50_ns.value for each in (seal, packetize, forward)] == [100, 300, 50]
    assert [each.mean_ns.value for each in (seal, packetize, forward)] == [100, 300, 50]
    assert forward.p99_ns.low == forward.p99_ns.high == 50


def test_role_summary_counts_frames_and_bits_per_second_of_its_own_time() -> None:
    sender, relay = summarise_roles(make_samples(), seed=1)
    assert (sender.role, relay.role) == ("sender", "relay")
    assert sender.frames_per_s_core.value == pytest.approx(1e9 / 400)
    assert sender.gbit_per_s_core.value == pytest.approx(8000 / 400)
    assert relay.gbit_per_s_core.value == pytest.approx(8000 / 50)


def test_rates_of_a_noisy_role_have_ordered_intervals_around_the_ratio_of_sums() -> None:
    samples = make_samples(rounds=6, frames=30)
    draws = np.random.default_rng(4)
    samples["unit_bytes"] = draws.integers(500, 5000, len(samples))
    samples["relay/forward"] += draws.integers(0, 500, len(samples))
    relay = summarise_roles(samples, seed=1)[1]
    took_ns = samples["relay/forward"] - samples["sender/packetize"]
    assert relay.gbit_per_s_core.value == pytest.approx(
        8 * samples["unit_bytes"].sum() / took_ns.sum()
    )
    for rate in (relay.gbit_per_s_core, relay.frames_per_s_core):
        assert 0 < rate.low < rate.value < rate.high < math.inf


def test_a_role_too_fast_for_the_clock_has_a_finite_rate() -> None:
    samples = make_samples()
    samples["relay/forward"] = samples["sender/packetize"]
    relay = summarise_roles(samples, seed=1)[1]
    assert relay.mean_ns.value == 0
    assert relay.frames_per_s_core.value == 1e9
    assert relay.gbit_per_s_core.value == 8000


def test_paced_summary_counts_what_ended_later_than_its_deadline() -> None:
    samples = make_samples()
    samples["due_ns"][:2] -= 1_000
    paced = summarise_paced(samples, deadline_ns=450, frame_interval_ns=33_000_000, seed=1)
    assert paced.deadline_misses == 2
    assert paced.max_ns == latency_ns(samples).max() == 1450
    assert paced.p50_ns.value == 450
    assert (paced.deadline_ns, paced.frame_interval_ns) == (450, 33_000_000)
