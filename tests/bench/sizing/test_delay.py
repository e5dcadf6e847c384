"""The queue of one core, beside hand-made cases, known formulas and a simulation event by event."""

import heapq
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.profile.schema import Trace
from bench.sizing.model.delay import (
    CAP_MS,
    LOADS,
    PLANNED,
    QUICK,
    Core,
    Delays,
    bracket,
    core_of,
    delay_curve,
    delays_at,
    largest_load,
    packets_table,
    simulated_ms,
)
from bench.sizing.model.draws import stretch
from bench.sizing.model.load import Burst, Role, RoleLoad
from bench.sizing.model.queue import Floats, Source, copy_delays_ns, waiting_ns

DRAWS = 13
ONE = np.ones(DRAWS)

TRACE = Trace(
    codec="h264",
    height=720,
    clip="made",
    fps=30.0,
    bitrate_bps=1e6,
    keyframe_bytes=(40_000, 60_000),
    delta_bytes=(3_000, 5_000, 4_000),
)


def source(
    *,
    streams: float = 1,
    units_per_s: float = 30,
    packets: Sequence[float] = (1.0,),
    copies: float = 1,
    in_ns: float = 1_000,
    out_ns: float = 2_000,
) -> Source:
    return Source(
        streams=streams,
        units_per_s=units_per_s,
        packets=np.array(packets),
        copies=copies,
        in_ns=in_ns,
        out_ns=out_ns,
    )


def video(streams: float = 100, copies: float = 10, *, out_ns: float = 2_000) -> Burst:
    return Burst(
        name="video",
        streams=streams,
        units_per_s=30,
        traces=(TRACE,),
        scale=(1.0,),
        extra_bytes=20,
        payload_bytes=1200,
        keyframe_share=0.01,
        copies=copies,
        in_ns=1_000 * ONE,
        out_ns=out_ns * np.linspace(0.9, 1.1, DRAWS),
    )


def role(*bursts: Burst, other_ns_per_s: float = 0.0) -> RoleLoad:
    cpu = sum(
        (
            burst.streams
            * burst.units_per_s
            * packets_table(burst).mean()
            * (burst.in_ns + burst.copies * burst.out_ns)
            for burst in bursts
        ),
        0.0 * ONE,
    )
    return RoleLoad(
        role=Role.RELAY,
        cpu_ns_per_s={"bursts": cpu, "other": other_ns_per_s * ONE},
        packets_in_per_s=ONE,
        packets_out_per_s=ONE,
        bytes_in_per_s=ONE,
        bytes_out_per_s=ONE,
        ram_bytes=ONE,
        base_ram_bytes=ONE,
        connections=1,
        bursts=bursts,
    )


def core(*bursts: Burst, fan_out_cores: int = 1, other_ns_per_s: float = 0.0) -> Core:
    found = core_of(
        role(*bursts, other_ns_per_s=other_ns_per_s), speed=ONE, fan_out_cores=fan_out_cores
    )
    assert found is not None
    return found


def event_by_event(
    sources: Sequence[Source], seconds: float, cores: int, random: np.random.Generator
) -> Floats:
    """Delays of all copies, one event after the other, of whole numbers of streams and copies."""
    delays: list[float] = []
    for _ in range(cores):
        due: list[tuple[float, int, int]] = []
        for index, each in enumerate(sources):
            for stream in range(int(each.streams)):
                heapq.heappush(due, (random.random() * 1e9 / each.units_per_s, index, stream))
        free = 0.0
        while due[0][0] < seconds * 1e9:
            at, index, stream = heapq.heappop(due)
            each = sources[index]
            heapq.heappush(due, (at + 1e9 / each.units_per_s, index, stream))
            free = max(free, at)
            for _ in range(int(random.choice(each.packets))):
                free += each.in_ns
                for _ in range(int(each.copies)):
                    free += each.out_ns
                    delays.append(free - at)
    return np.array(delays)


@given(st.lists(st.tuples(st.integers(0, 1_000), st.integers(0, 1_000)), min_size=1, max_size=60))
def test_waiting_is_what_the_recursion_says(units: list[tuple[int, int]]) -> None:
    arrival = np.cumsum([float(gap) for gap, _ in units])
    work = np.array([float(work) for _, work in units])
    expected, free = [], 0.0
    for at, own in zip(arrival, work, strict=True):
        start = max(at, free)
        expected.append(start - at)
        free = start + own
    assert waiting_ns(arrival, work) == pytest.approx(np.array(expected), abs=1e-6)


def test_three_batches_by_hand() -> None:
    arrival = np.array([0.0, 10.0, 100.0])
    assert list(waiting_ns(arrival, np.array([25.0, 30.0, 5.0]))) == [0.0, 15.0, 0.0]


def test_nothing_waits_where_nothing_arrives() -> None:
    assert waiting_ns(np.zeros(0), np.zeros(0)).size == 0


def test_a_single_periodic_stream_waits_for_its_own_batch_only() -> None:
    alone = source(packets=(3.0,), copies=2, in_ns=100, out_ns=10)
    delays = copy_delays_ns([alone], seed=1, units=200)
    # Packet by packet: in, then two copies.
    by_hand = [110.0, 120.0, 230.0, 240.0, 350.0, 360.0]
    assert sorted(set(np.round(delays, 3))) == by_hand
    counts = [int(np.sum(np.isclose(delays, value, atol=1e-3))) for value in by_hand]
    assert max(counts) - min(counts) == 0


def test_every_copy_has_the_same_weight_when_only_some_are_sampled() -> None:
    alone = source(packets=(1.0,), copies=1_000, in_ns=0, out_ns=1_000)
    delays = copy_delays_ns([alone], seed=2, units=400, samples=5_000)
    assert delays.size == pytest.approx(5_000, rel=0.01)
    assert np.quantile(delays, [0.1, 0.5, 0.9]) == pytest.approx([1e5, 5e5, 9e5], abs=2e4)


def test_many_small_streams_wait_as_in_m_d_1() -> None:
    load, service = 0.5, 10_000.0
    units_per_s = 50.0
    streams = load * 1e9 / service / units_per_s
    many = source(streams=streams, units_per_s=units_per_s, in_ns=0, out_ns=service)
    delays = copy_delays_ns([many], seed=3, units=150_000, samples=150_000)
    # Pollaczek-Khinchine for constant service times.
    assert float(np.mean(delays)) - service == pytest.approx(
        load * service / (2 * (1 - load)), rel=0.05
    )


def test_quantiles_are_those_of_a_simulation_event_by_event() -> None:
    sources = [
        source(streams=22, packets=(2.0, 3.0, 4.0, 19.0), copies=5, in_ns=4_000, out_ns=20_000),
        source(streams=20, units_per_s=50, copies=5, in_ns=4_000, out_ns=20_000),
    ]
    assert (
        0.5
        < sum(s.streams * s.units_per_s * s.packets.mean() * s.packet_ns for s in sources) / 1e9
        < 0.8
    )
    slow = event_by_event(sources, seconds=1.0, cores=25, random=np.random.default_rng(4))
    fast = copy_delays_ns(sources, seed=5, units=120_000, samples=100_000)
    quantiles = [0.5, 0.95, 0.99]
    assert np.quantile(fast, quantiles) == pytest.approx(np.quantile(slow, quantiles), rel=0.08)


def test_a_part_of_a_stream_is_a_whole_one_on_some_cores() -> None:
    rare = source(streams=0.02, packets=(2.0,), in_ns=100, out_ns=10)
    delays = copy_delays_ns([rare], seed=6, units=1_000)
    assert set(np.round(delays, 3)) == {110.0, 220.0}


def test_the_same_seed_gives_the_same_delays_and_another_one_nearly() -> None:
    busy = core(video())
    first, again, other = (delays_at(busy, 0.7 * ONE, seed=seed).p99_ms for seed in (1, 1, 2))
    assert list(first) == list(again)
    assert list(first) != list(other)
    assert other[0] == pytest.approx(first[0], rel=0.15)


def test_more_load_makes_packets_slower() -> None:
    p99 = [point.p99_ms[0] for point in delay_curve(core(video()), seed=1)]
    assert len(p99) == len(LOADS)
    assert p99[0] < p99[4] < p99[-1]


def test_a_full_core_has_no_delay_but_the_cap() -> None:
    delays = delays_at(core(video()), 1.0 * ONE, seed=1)
    assert list(delays.p50_ms) == [CAP_MS] * (1 + PLANNED.replicas)


def test_one_stream_that_is_too_much_for_a_core_grows_without_end() -> None:
    webinar = video(streams=1, copies=5_000)
    assert core(webinar).heaviest()[1] > 1
    assert delays_at(core(webinar), 0.3 * ONE, seed=1).p99_ms[0] == CAP_MS


def test_spreading_copies_over_cores_makes_bursts_shorter() -> None:
    webinar = video(streams=1, copies=1_000)
    one, eight = (
        delays_at(core(webinar, fan_out_cores=cores), 0.1 * ONE, seed=1).p99_ms[0]
        for cores in (1, 8)
    )
    assert eight == pytest.approx(one / 8, rel=0.1)


def test_costs_that_are_twice_as_high_make_a_lone_burst_twice_as_long() -> None:
    slow, fast = (
        delays_at(core(video(streams=1, out_ns=ns)), 0.01 * ONE, seed=1).p99_ms[0]
        for ns in (20_000, 10_000)
    )
    assert slow == pytest.approx(2 * fast, rel=0.02)


def test_other_work_of_the_server_slows_bursts_down() -> None:
    burst = video()
    bare = core(burst)
    shared = core(burst, other_ns_per_s=float(bare.burst_ns[0]))
    # At half load, a quarter of the core is busy with other things.
    (of_bare,), (of_shared,) = bare.sources(0.5, 0), shared.sources(0.5, 0)
    assert of_shared.out_ns == pytest.approx(of_bare.out_ns / 0.75)
    assert of_shared.streams == pytest.approx(of_bare.streams / 2)


def test_a_core_is_as_busy_as_it_was_asked_to_be() -> None:
    for spread in (1, 4):
        (served,) = core(video(), fan_out_cores=spread).sources(0.6, 0)
        busy = served.streams * served.units_per_s * served.packets.mean() * served.packet_ns
        assert busy / 1e9 == pytest.approx(0.6)


def test_key_frames_are_as_frequent_in_the_table_as_in_the_scenario() -> None:
    table = packets_table(video())
    # 40,020 and 60,020 bytes are 34 and 51 packets of 1,200.
    assert set(table) == {3.0, 4.0, 5.0, 34.0, 51.0}
    assert np.mean(table >= 34) == pytest.approx(0.01, abs=1e-4)


def test_the_largest_load_lies_where_the_curve_crosses_the_budget() -> None:
    curve = tuple(
        Delays(load=load, p50_ms=ONE[:2], p95_ms=ONE[:2], p99_ms=np.array([p99, 2 * p99]))
        for load, p99 in ((0.1, 1.0), (0.5, 5.0), (0.9, 9.0))
    )
    assert largest_load(curve, 7.0) == pytest.approx([0.7, 0.35])
    assert largest_load(curve, 0.5) == pytest.approx([0.0, 0.0])
    assert largest_load(curve, 100.0) == pytest.approx([0.9, 0.9])


@pytest.mark.parametrize("budget_ms", [0.001, 0.5, 1.5, 1e6])
def test_bisection_finds_the_load_that_the_whole_curve_gives(budget_ms: float) -> None:
    busy = core(video())
    found = largest_load(bracket(busy, budget_ms, seed=1, effort=QUICK), budget_ms)
    whole = largest_load(delay_curve(busy, seed=1, effort=QUICK), budget_ms)
    assert found[0] == pytest.approx(whole[0], abs=0.1)


def test_a_role_without_bursts_has_no_delay() -> None:
    assert core_of(role(), speed=ONE, fan_out_cores=1) is None


def test_the_point_estimate_lies_near_its_replicas() -> None:
    p99 = delays_at(core(video()), 0.7 * ONE, seed=3).p99_ms
    assert p99.size == 1 + PLANNED.replicas
    assert p99[1:].min() * 0.9 < p99[0] < p99[1:].max() * 1.1


def test_equal_costs_leave_only_what_the_simulations_are_unsure_of() -> None:
    burst = video(out_ns=0)
    p99 = delays_at(core(burst), 0.5 * ONE, seed=3).p99_ms
    seen = simulated_ms(core(burst), 0.5 * ONE, seed=3, effort=PLANNED)[:, -1]
    assert p99[0] == pytest.approx(seen.mean())
    # Means of four drawn again lie between the least and the most; few are stretched apart.
    widest = (seen / seen.mean()) ** stretch(PLANNED.seeds)
    assert widest.min() - 1e-9 <= (p99[1:] / p99[0]).min()
    assert (p99[1:] / p99[0]).max() <= widest.max() + 1e-9
