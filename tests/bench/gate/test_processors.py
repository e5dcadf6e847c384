import os
from pathlib import Path

import pytest

from bench.gate.processors import (
    PressureMeter,
    idle_ticks,
    idlest_cpu,
    kept_off,
    ran_ns,
    usable_cpus,
)


def test_idle_time_is_read_for_each_cpu(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  9 9 9 99 1\ncpu0 1 2 3 40 5\ncpu1 1 2 3 59 5\nintr 1\n")
    assert idle_ticks(stat) == {0: 40, 1: 59}


def test_system_that_tells_nothing_has_no_idle_times(tmp_path: Path) -> None:
    assert idle_ticks(tmp_path / "nothing") == {}


def test_chosen_cpu_is_one_of_those_given() -> None:
    assert idlest_cpu([0], look_s=0.0) == 0


def ran(folder: Path, pid: int, ns: int, ticks: int) -> None:
    """Write that process `pid` has run for `ns` so far, and CPU 1 for `ticks`."""
    for thread, share in ((pid, ns // 2), (pid + 1, ns - ns // 2)):
        task = folder / str(pid) / "task" / str(thread)
        task.mkdir(parents=True, exist_ok=True)
        (task / "schedstat").write_text(f"{share} 55 789\n")
    (folder / "stat").write_text(f"cpu  9\ncpu1 {ticks} 0 0 5 5 0 0 0 0 0\nintr 1\n")


def test_pressure_is_what_others_had_of_the_cpu(tmp_path: Path) -> None:
    ran(tmp_path, 7, 0, 0)
    meter = PressureMeter(tmp_path)
    with meter.metered([7], [1]):
        ran(tmp_path, 7, 1000, 900_000)
    assert meter.percent is not None
    assert meter.percent > 100


def test_cpu_that_only_the_workers_had_is_under_no_pressure(tmp_path: Path) -> None:
    ran(tmp_path, 7, 0, 0)
    meter = PressureMeter(tmp_path)
    with meter.metered([7], [1]):
        ran(tmp_path, 7, 9_000_000_000, 900)
    assert meter.percent == 0


def test_pressure_of_our_own_process_is_known() -> None:
    meter = PressureMeter()
    with meter.metered([os.getpid()], usable_cpus()):
        pass
    assert meter.percent is not None


def test_pressure_is_unknown_where_the_system_does_not_tell(tmp_path: Path) -> None:
    meter = PressureMeter(tmp_path / "nothing")
    with meter.metered([1], [0]):
        pass
    assert meter.percent is None


def test_asking_process_gives_way_and_comes_back() -> None:
    before = usable_cpus()
    with kept_off(before[-1]):
        assert usable_cpus() == (before[:-1] or before)
    assert usable_cpus() == before


@pytest.mark.parametrize("text", ["", "x 1", "-"])
def test_odd_files_tell_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "schedstat").write_text(text)
    assert ran_ns(tmp_path) is None
    assert ran_ns(tmp_path / "gone") is None
