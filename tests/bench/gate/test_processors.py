from pathlib import Path

import pytest

from bench.gate.processors import (
    PressureMeter,
    idle_ticks,
    idlest_cpu,
    kept_off,
    usable_cpus,
    waited_us,
)


def test_idle_time_is_read_for_each_cpu(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  9 9 9 99 1\ncpu0 1 2 3 40 5\ncpu1 1 2 3 59 5\nintr 1\n")
    assert idle_ticks(stat) == {0: 40, 1: 59}


def test_system_that_tells_nothing_has_no_idle_times(tmp_path: Path) -> None:
    assert idle_ticks(tmp_path / "nothing") == {}


def test_chosen_cpu_is_one_of_those_given() -> None:
    assert idlest_cpu([0], look_s=0.0) == 0


def test_pressure_is_the_share_of_the_time_that_was_metered(tmp_path: Path) -> None:
    path = tmp_path / "cpu"
    path.write_text("some avg10=0.18 avg60=0.03 avg300=3.60 total=1000\nfull total=5\n")
    assert waited_us(path) == 1000
    meter = PressureMeter(path)
    with meter.metered():
        pass
    path.write_text("some avg10=0.18 avg60=0.03 avg300=3.60 total=99000\n")
    assert meter.percent is None or meter.percent == 0


def test_pressure_is_unknown_where_the_system_does_not_tell(tmp_path: Path) -> None:
    meter = PressureMeter(tmp_path / "nothing")
    with meter.metered():
        pass
    assert meter.percent is None


def test_asking_process_gives_way_and_comes_back() -> None:
    before = usable_cpus()
    with kept_off(before[-1]):
        assert usable_cpus() == (before[:-1] or before)
    assert usable_cpus() == before


@pytest.mark.parametrize("text", ["", "some", "some avg10=1 total=x"])
def test_odd_pressure_files_tell_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cpu"
    path.write_text(text)
    assert waited_us(path) is None
