import itertools
import time

import pytest

from bench.clock import clock_overhead_ns, now


def test_clock_is_the_monotonic_nanosecond_counter() -> None:
    assert now is time.perf_counter_ns


def test_a_clock_that_moves_70_ns_per_read_costs_70_ns() -> None:
    ticks = itertools.count(step=70)
    overhead = clock_overhead_ns(lambda: next(ticks), blocks=50)
    assert overhead.read_ns.value == overhead.read_ns.low == overhead.read_ns.high == 70
    assert overhead.resolution_ns == 70


def test_a_coarse_clock_shows_its_step_not_its_mean_cost() -> None:
    reads = itertools.count()
    overhead = clock_overhead_ns(lambda: next(reads) // 4 * 1000, blocks=50)
    assert overhead.resolution_ns == 1000
    assert overhead.read_ns.value < 1000


def test_interval_encloses_the_median_of_uneven_reads() -> None:
    costs = itertools.cycle([40, 40, 40, 40, 40, 40, 40, 40, 45, 50, 45, 50, 45, 900, 45])
    times = itertools.accumulate(costs)
    read_ns = clock_overhead_ns(lambda: next(times), blocks=200).read_ns
    assert 40 <= read_ns.low <= read_ns.value <= read_ns.high <= 900


def test_a_clock_that_stands_still_is_reported_not_divided_by() -> None:
    overhead = clock_overhead_ns(lambda: 5, blocks=3)
    assert overhead.read_ns.value == 0
    assert overhead.resolution_ns > 0


def test_the_real_clock_costs_something_and_has_an_ordered_interval() -> None:
    read_ns = clock_overhead_ns().read_ns
    assert 0 < read_ns.low <= read_ns.value <= read_ns.high


def test_no_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        clock_overhead_ns(blocks=0)
