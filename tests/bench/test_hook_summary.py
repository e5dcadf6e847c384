from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.hook_summary import hook_ns, lag_ns, summarise_hook
from bench.samples import Samples, samples_dtype
from bench.stats import Bootstrap, quantile
from pipelines.scanning.hook import Hook, Mode, Point
from pipelines.scanning.scanner import Scanner
from pipelines.stages.scan.hook import OpenHook, open_hook

NOOP = Scanner(name="noop", summary="", source="")
FIELDS = ("sender/encode", "sender/scan-sample", "sender/scan-luma", "sender/seal")
ROUNDS, FRAMES = 4, 50


def opened(mode: Mode = Mode.INLINE) -> OpenHook:
    hook = Hook(point=Point.SENDER_AFTER_ENCODE, scanner="noop", sampling="every-2", mode=mode)
    each = open_hook(hook, NOOP, list_entries=7, codec="vp8", width=64, height=48)
    each.close()
    return each


def samples_of(durations_ns: Sequence[int | Sequence[int]]) -> Samples:
    """Return 4 rounds of 50 frames, whose stages take these times."""
    samples = np.zeros(ROUNDS * FRAMES, dtype=samples_dtype(FIELDS, hooked=True))
    samples["round"] = np.repeat(np.arange(ROUNDS), FRAMES)
    samples["start_ns"] = samples["due_ns"] = 1_000_000 * np.arange(len(samples))
    ended = samples["start_ns"].copy()
    for field, taken in zip(FIELDS, durations_ns, strict=True):
        ended += np.asarray(taken)
        samples[field] = ended
    samples["scan_sampled"][::2] = 1
    samples["scan_verdict_ns"][::2] = samples["sender/scan-sample"][::2] + 900
    return samples


def test_the_time_of_a_hook_is_that_of_its_steps_alone() -> None:
    samples = samples_of([5000, 30, 70, 200])
    assert hook_ns(samples).tolist() == [100] * len(samples)
    summary = summarise_hook(samples, opened(), fps=30, seed=1)
    assert (summary.mean_ns.value, summary.mean_ns.low, summary.mean_ns.high) == (100, 100, 100)
    assert summary.core_share.value == pytest.approx(100 * 30 / 1e9)
    assert summary.added_p50_ns.value == summary.added_p99_ns.value == 100


def test_frames_that_are_not_sampled_count_in_the_mean() -> None:
    luma = np.tile([4000, 0], ROUNDS * FRAMES // 2)
    summary = summarise_hook(samples_of([5000, 30, luma.tolist(), 200]), opened(), fps=25, seed=1)
    assert summary.mean_ns.value == 2030
    assert summary.sampled == ROUNDS * FRAMES // 2


def test_a_hook_says_where_it_is_and_who_learns() -> None:
    summary = summarise_hook(samples_of([1, 2, 3, 4]), opened(), fps=30, seed=1)
    assert (summary.point, summary.scanner, summary.sampling, summary.mode) == (
        "sender-after-encode",
        "noop",
        "every-2",
        "inline",
    )
    assert (summary.hasher, summary.index, summary.list_entries) == ("", "", 7)
    assert summary.learns == ("sender",)


def test_frames_are_counted_by_what_became_of_them() -> None:
    samples = samples_of([1, 2, 3, 4])
    for field, count in (("matched", 6), ("dropped", 4), ("flagged", 3)):
        samples[f"scan_{field}"][: 2 * count : 2] = 1
    summary = summarise_hook(samples, opened(), fps=30, seed=1)
    assert (summary.sampled, summary.matched, summary.dropped) == (100, 6, 4)
    assert summary.flagged_frames == 3


def test_a_worker_costs_its_core_but_not_the_frame() -> None:
    samples = samples_of([5000, 30, 70, 200])
    samples["scan_worker_ns"][::2] = 800
    summary = summarise_hook(samples, opened(Mode.ASYNC), fps=30, seed=1)
    assert summary.mean_ns.value == 100
    # 800 ns for every other frame.
    assert summary.core_share.value == pytest.approx(500 * 30 / 1e9)
    assert summary.worker_ns is not None
    assert summary.worker_ns.value == 800
    assert summary.lag_p50_ns is not None
    assert summary.lag_p99_ns is not None
    assert (summary.lag_p50_ns.value, summary.lag_p99_ns.value) == (900, 900)


def test_an_inline_hook_has_neither_worker_nor_lag() -> None:
    summary = summarise_hook(samples_of([1, 2, 3, 4]), opened(), fps=30, seed=1)
    assert (summary.worker_ns, summary.lag_p50_ns, summary.lag_p99_ns) == (None, None, None)


def test_a_worker_that_came_to_nothing_has_no_lag() -> None:
    samples = samples_of([1, 2, 3, 4])
    samples["scan_verdict_ns"] = 0
    summary = summarise_hook(samples, opened(Mode.ASYNC), fps=30, seed=1)
    assert (summary.worker_ns, summary.lag_p50_ns) == (None, None)


def test_a_verdict_lags_behind_the_choice_of_its_frame() -> None:
    samples = samples_of([5, 6, 7, 8])[::2]
    assert lag_ns(samples).tolist() == [900] * len(samples)


def test_what_is_added_is_the_difference_of_the_quantiles() -> None:
    draws = np.random.default_rng(3)
    encode = draws.integers(1000, 9000, ROUNDS * FRAMES)
    luma = draws.integers(0, 500, ROUNDS * FRAMES)
    summary = summarise_hook(
        samples_of([encode.tolist(), 0, luma.tolist(), 0]), opened(), fps=30, seed=1
    )
    for p, added in ((0.5, summary.added_p50_ns), (0.99, summary.added_p99_ns)):
        assert added.value == quantile(encode + luma, p) - quantile(encode, p)
        assert 0 <= added.low <= added.value <= added.high <= 500


# Drawing the two quantiles apart would add the doubt about the frames' own times.
def test_what_both_quantiles_share_is_no_doubt_about_their_difference() -> None:
    encode = np.random.default_rng(3).integers(1000, 900_000, ROUNDS * FRAMES)
    added, at_99 = Bootstrap(np.repeat(np.arange(ROUNDS), FRAMES), seed=1).quantile_shifts(
        encode + 77, np.full(ROUNDS * FRAMES, 77), (0.5, 0.99)
    )
    for each in (added, at_99):
        assert (each.low, each.value, each.high) == (77, 77, 77)


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**6)), min_size=1, max_size=60),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.5, 0.99, 1.0]),
)
def test_an_interval_holds_its_point_and_stays_within_the_parts(
    frames: list[tuple[int, int]], rounds: int, p: float
) -> None:
    values, part = (np.array(column) for column in zip(*frames, strict=True))
    (shift,) = Bootstrap(np.arange(len(values)) % rounds, resamples=20, seed=0).quantile_shifts(
        values + part, part, (p,)
    )
    assert part.min() <= shift.low <= shift.value <= shift.high <= part.max()
    assert shift.value == quantile(values + part, p) - quantile(values, p)
