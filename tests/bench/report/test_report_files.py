"""The files of a report: all there, whole, and made again from a stored run."""

import stat
from pathlib import Path

import pytest

from bench.machine import Conditions, describe_machine
from bench.report.quantities import MISSING, bit_rate, duration, half_interval_percent, number
from bench.report.report_run import ReportRun, printable
from bench.report.stored import machine_line, report_run
from bench.report.write import write_report
from bench.results import Estimate
from bench.store import RunFolder, RunPlan, read_run


def test_report_writes_pages_and_each_plot_twice(hostile_run: ReportRun, tmp_path: Path) -> None:
    written = write_report([hostile_run], tmp_path)
    assert [path.name for path in written[:2]] == ["report.md", "report.html"]
    assert all(path.is_file() and path.stat().st_size > 1000 for path in written)
    plots = written[2:]
    assert {path.suffix for path in plots} == {".png", ".svg"}
    markdown = written[0].read_text(encoding="utf-8")
    assert all(f"(plots/{path.name})" in markdown for path in plots)


def test_nothing_temporary_is_left_and_all_may_read(failed_run: ReportRun, tmp_path: Path) -> None:
    write_report([failed_run], tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"report.md", "report.html"}
    assert stat.S_IMODE((tmp_path / "report.md").stat().st_mode) == 0o644


def test_writing_again_replaces(
    empty_run: ReportRun, failed_run: ReportRun, tmp_path: Path
) -> None:
    write_report([empty_run], tmp_path)
    write_report([failed_run], tmp_path)
    assert "CodecError" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_plots_of_several_runs_do_not_overwrite_each_other(
    hostile_run: ReportRun, tmp_path: Path
) -> None:
    written = write_report([hostile_run, hostile_run], tmp_path)
    assert len(set(written)) == len(written)
    assert all(path.resolve().is_relative_to(tmp_path.resolve()) for path in written)


def test_a_stored_run_reads_back_into_a_report(small_run: ReportRun, tmp_path: Path) -> None:
    machine = describe_machine(with_scaling=False)
    before = Conditions(utc="2026-11-22T09:12:00Z", load_1min=0.3, cpu_pressure_percent=None)
    plan = RunPlan(
        suite="smoke",
        suite_sha256="0" * 64,
        seed=7,
        sealbench_version="0.1.0",
        started_utc="2026-11-22T09:12:00Z",
        options={"hash-list": "/lists/own.hashes", "hash-list-sha256": "ab" * 32},
        cases=[],
    )
    with RunFolder.create(tmp_path / "run", plan, machine, before=before) as folder:
        for row in small_run.rows[:3]:
            folder.finish_case(row, small_run.load_samples(row))
    run = report_run(read_run(tmp_path / "run"))
    assert run.name == "run"
    assert run.machine_line == machine_line(machine)
    assert "OpenSSL" in run.machine_line
    assert ("seed", "7") in run.conditions
    assert ("own hash list", f"/lists/own.hashes (SHA-256 {'ab' * 32})") in run.conditions
    assert run.clock_overhead_ns == machine.clock.read_ns.value
    loaded = run.load_samples(run.rows[0])
    assert loaded is not None
    assert len(loaded) == small_run.rows[0].frames


def test_control_and_direction_characters_are_replaced() -> None:
    assert printable("a\x1b[31m\u202eb\udcff c") == "a\ufffd[31m\ufffdb\ufffd c"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.91234, "0.912"), (14.25, "14.2"), (142.4, "142"), (11432.0, "11,400"), (0, "0")],
)
def test_numbers_have_three_significant_digits(value: float, shown: str) -> None:
    assert number(value) == shown


def test_rounding_up_into_the_next_decade_keeps_three_digits() -> None:
    assert number(9.996) == "10.0"
    assert number(999.6) == "1,000"
    assert number(float("nan")) == MISSING


def test_durations_and_rates_choose_their_unit() -> None:
    assert [duration(value) for value in (58, 14_200, 4.8e6, 2e9)] == [
        "58.0 ns",
        "14.2 µs",
        "4.80 ms",
        "2.00 s",
    ]
    assert bit_rate(1.8e6) == "1.80 Mbit/s"
    assert bit_rate(64_000) == "64.0 kbit/s"


def test_interval_is_half_its_width_in_percent() -> None:
    assert half_interval_percent(Estimate(value=100, low=98, high=102)) == "±2 %"
    assert half_interval_percent(Estimate(value=100, low=99.99, high=100.01)) == "±<0.1 %"
