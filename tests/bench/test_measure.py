import gc
import itertools
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.chain import Chain
from bench.measure import (
    SPIN_NS,
    FrameFailed,
    collector_off,
    measure_paced,
    measure_stages,
    media_facts,
)
from bench.samples import latency_ns, role_durations_ns, stage_durations_ns, stage_field
from pipelines.media import EncodedFrame, PacketBatch, RawFrame, Unit
from pipelines.stage import AuthenticationFailed, Role, StageKind

FIELDS = ("sender/a", "sender/b", "relay/c", "receiver/d")


class FakeClock:
    """Time that passes only where a stage or a sleep says so; reading it costs `read_ns`."""

    def __init__(self, *, start_ns: int = 0, read_ns: int = 0) -> None:
        self.now_ns = start_ns
        self.read_ns = read_ns
        self.slept: list[float] = []

    def __call__(self) -> int:
        self.now_ns += self.read_ns
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_ns += round(seconds * 1e9)


class Takes:
    """A stage that takes the next of `durations_ns` each time."""

    kind = StageKind.CRYPTO

    def __init__(self, name: str, clock: FakeClock, durations_ns: Iterator[int]) -> None:
        self.name = name
        self._clock = clock
        self._durations_ns = durations_ns

    def __call__(self, unit: Unit, /) -> Unit:
        self._clock.now_ns += next(self._durations_ns)
        return unit


class Raises:
    """A stage that raises at its call number `at`."""

    name = "raises"
    kind = StageKind.CRYPTO

    def __init__(self, error: BaseException, *, at: int) -> None:
        self._error = error
        self._left = at

    def __call__(self, unit: Unit, /) -> Unit:
        if self._left == 0:
            raise self._error
        self._left -= 1
        return unit


class Seals:
    """A stage that makes two packets, 11 bytes longer than what came in."""

    name = "seals"
    kind = StageKind.CRYPTO

    def __call__(self, unit: Unit, /) -> Unit:
        assert isinstance(unit, EncodedFrame)
        return PacketBatch.of([unit.payload.tobytes(), bytes(11)])


class Watches:
    """A stage that notes whether the collector is on."""

    name = "watches"
    kind = StageKind.CRYPTO

    def __init__(self) -> None:
        self.seen: list[bool] = []

    def __call__(self, unit: Unit, /) -> Unit:
        self.seen.append(gc.isenabled())
        return unit


def frames(size: int = 100) -> Iterator[Unit]:
    for index in itertools.count():
        yield EncodedFrame(
            index=index,
            pts_ns=0,
            is_keyframe=index % 3 == 0,
            codec="h264",
            payload=np.zeros(size + index, dtype=np.uint8),
        )


def chain_of(clock: FakeClock, *durations_ns: Iterator[int]) -> Chain:
    stages = tuple(Takes(f"s{i}", clock, each) for i, each in enumerate(durations_ns))
    return Chain(
        sender=stages[:2],
        onward=stages[2:],
        fields=FIELDS[: len(stages)],
        kinds=(StageKind.CRYPTO,) * len(stages),
    )


def single(stage: Watches | Raises | Seals) -> Chain:
    return Chain(
        sender=(stage,),
        onward=(),
        fields=(stage_field(Role.SENDER, stage.name),),
        kinds=(stage.kind,),
    )


# Each measurement collects garbage first, which takes a while.
@settings(max_examples=25)
@given(
    taken_ns=st.lists(st.tuples(*[st.integers(0, 10**12)] * 4), min_size=1, max_size=20),
    start_ns=st.integers(0, 2**62),
)
def test_the_time_of_a_stage_is_exactly_what_it_took(
    taken_ns: list[tuple[int, int, int, int]], start_ns: int
) -> None:
    clock = FakeClock(start_ns=start_ns)
    chain = chain_of(clock, *(iter(column) for column in zip(*taken_ns, strict=True)))
    samples = measure_stages(chain, frames(), len(taken_ns), clock=clock)
    durations = stage_durations_ns(samples)
    assert list(durations) == list(FIELDS)
    assert [tuple(int(durations[f][i]) for f in FIELDS) for i in range(len(samples))] == taken_ns
    roles = role_durations_ns(samples)
    assert roles[Role.SENDER].tolist() == [a + b for a, b, _, _ in taken_ns]
    assert roles[Role.RELAY].tolist() == [c for _, _, c, _ in taken_ns]
    assert roles[Role.RECEIVER].tolist() == [d for _, _, _, d in taken_ns]
    assert latency_ns(samples).tolist() == [sum(each) for each in taken_ns]


def test_stages_tile_the_frame_with_one_clock_read_each() -> None:
    clock = FakeClock(read_ns=7)
    chain = chain_of(clock, *(itertools.repeat(100) for _ in FIELDS))
    samples = measure_stages(chain, frames(), 5, clock=clock)
    for durations_ns in stage_durations_ns(samples).values():
        assert durations_ns.tolist() == [107] * 5
    # Between two frames one read only: the start of the next.
    assert np.diff(samples["start_ns"]).tolist() == [4 * 107 + 7] * 4


def test_the_samples_say_what_entered_and_what_left_the_sender() -> None:
    samples = measure_stages(single(Seals()), frames(50), 4, round_index=3)
    assert samples["round"].tolist() == [3, 3, 3, 3]
    assert samples["frame"].tolist() == [0, 1, 2, 3]
    assert samples["is_keyframe"].tolist() == [1, 0, 0, 1]
    assert samples["unit_bytes"].tolist() == [50, 51, 52, 53]
    assert samples["wire_bytes"].tolist() == [61, 62, 63, 64]
    assert samples["packets"].tolist() == [2, 2, 2, 2]
    assert samples["due_ns"].tolist() == samples["start_ns"].tolist()


def test_the_wire_is_what_leaves_the_sender_not_what_arrives() -> None:
    class Shrinks:
        name = "shrinks"
        kind = StageKind.PACKETS

        def __call__(self, unit: Unit, /) -> Unit:
            assert isinstance(unit, PacketBatch)
            return unit.take([0])

    chain = Chain(
        sender=(Seals(),),
        onward=(Shrinks(),),
        fields=("sender/seals", "relay/shrinks"),
        kinds=(StageKind.CRYPTO, StageKind.PACKETS),
    )
    samples = measure_stages(chain, frames(50), 1)
    assert (samples["wire_bytes"][0], samples["packets"][0]) == (61, 2)


def test_a_raw_frame_counts_its_planes_and_is_no_key_frame() -> None:
    y, c = np.zeros((4, 6), dtype=np.uint8), np.zeros((2, 3), dtype=np.uint8)
    entered = RawFrame(index=9, pts_ns=0, planes=(y, c, c))
    assert media_facts(entered, entered) == (9, 0, 36, 36, 1)


def test_only_as_many_units_are_taken_as_are_measured() -> None:
    units = frames()
    measure_stages(single(Watches()), units, 5)
    following = next(units)
    assert isinstance(following, EncodedFrame)
    assert following.index == 5


@pytest.mark.parametrize("at", [0, 3])
def test_a_failure_names_the_frame_and_the_error(at: int) -> None:
    chain = single(Raises(AuthenticationFailed("the tag is wrong"), at=at))
    with pytest.raises(FrameFailed) as failed:
        measure_stages(chain, frames(), 5)
    assert str(failed.value) == f"AuthenticationFailed at frame {at}: the tag is wrong"
    assert isinstance(failed.value.__cause__, AuthenticationFailed)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_ctrl_c_passes_through(error: BaseException) -> None:
    was_on = gc.isenabled()
    with pytest.raises(type(error)):
        measure_stages(single(Raises(error, at=1)), frames(), 5)
    assert gc.isenabled() == was_on


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_rests_while_frames_are_timed_and_is_then_as_before(*, was_on: bool) -> None:
    stage = Watches()
    before = gc.isenabled()
    try:
        (gc.enable if was_on else gc.disable)()
        measure_stages(single(stage), frames(), 3)
        measure_paced(single(stage), frames(), 3, interval_ns=1000)
        assert stage.seen == [False] * 6
        assert gc.isenabled() == was_on
        with pytest.raises(FrameFailed):
            measure_stages(single(Raises(ValueError("x"), at=0)), frames(), 1)
        assert gc.isenabled() == was_on
        with pytest.raises(ZeroDivisionError), collector_off():
            raise ZeroDivisionError
        assert gc.isenabled() == was_on
    finally:
        (gc.enable if before else gc.disable)()


def test_paced_frames_are_due_one_interval_apart() -> None:
    clock = FakeClock(start_ns=5_000, read_ns=100)
    chain = chain_of(clock, *(itertools.repeat(1_000) for _ in FIELDS))
    samples = measure_paced(
        chain, frames(), 6, interval_ns=40_000_000, clock=clock, sleep=clock.sleep
    )
    assert np.diff(samples["due_ns"]).tolist() == [40_000_000] * 5
    assert (samples["start_ns"] >= samples["due_ns"]).all()
    assert (samples["start_ns"] - samples["due_ns"]).max() <= 200
    assert samples["round"].tolist() == [0] * 6


def test_a_wait_sleeps_most_and_spins_the_rest() -> None:
    clock = FakeClock(read_ns=100)
    chain = chain_of(clock, itertools.repeat(10))
    measure_paced(chain, frames(), 3, interval_ns=40_000_000, clock=clock, sleep=clock.sleep)
    assert len(clock.slept) == 3
    assert all(0 < seconds <= (40_000_000 - SPIN_NS) / 1e9 for seconds in clock.slept)


def test_a_late_frame_does_not_push_back_the_next() -> None:
    interval_ns = 10_000_000
    clock = FakeClock(read_ns=100)
    # The second frame takes 2.5 intervals, so the two after it start late and catch up.
    taken_ns = [1_000_000, 25_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000]
    chain = chain_of(clock, iter(taken_ns))
    samples = measure_paced(
        chain, frames(), 6, interval_ns=interval_ns, clock=clock, sleep=clock.sleep
    )
    assert np.diff(samples["due_ns"]).tolist() == [interval_ns] * 5
    late_ms = np.round(latency_ns(samples) / 1e6).astype(int).tolist()
    # Open loop: the waiting counts. Due 20, begun 35, done 36; due 30, begun 36, done 37.
    assert late_ms == [1, 25, 16, 7, 1, 1]


def test_no_frame_starts_before_it_is_due_in_real_time() -> None:
    samples = measure_paced(single(Watches()), frames(), 4, interval_ns=3_000_000)
    assert (samples["start_ns"] >= samples["due_ns"]).all()
    assert np.diff(samples["due_ns"]).tolist() == [3_000_000] * 3
    assert samples["sender/watches"][-1] <= time.perf_counter_ns()


def test_a_failure_in_real_time_names_its_frame() -> None:
    with pytest.raises(FrameFailed, match=r"^ValueError at frame 2: odd$"):
        measure_paced(single(Raises(ValueError("odd"), at=2)), frames(), 4, interval_ns=1000)
