import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bench.gate.blocks import Blocks
from bench.gate.design import Design
from bench.gate.report.json_ import to_json
from bench.gate.result import Finding, GateResult, Verdict
from bench.gate.stored.baseline import Baseline, BaselineError, Least, least_of
from bench.gate.stored.read_baseline import read_baseline
from bench.machine import Conditions, Machine, describe_machine, fingerprint
from bench.results import Row
from bench.samples import Samples, samples_dtype
from bench.store import RunFolder, RunPlan

PLAN = RunPlan(
    suite="smoke",
    suite_sha256="0" * 64,
    seed=7,
    sealbench_version="0.1.0",
    started_utc="2026-11-22T04:36:03Z",
    options={},
    cases=[],
)
MARKED: dict[str, Any] = {
    "machine_info": {
        "sealbench": {"schema": 1, "fingerprint": {"isa": "aes"}, "calibration_ns": 22_000.0}
    },
    "benchmarks": [{"fullname": "tests/perf/test_a.py::test_a", "stats": {"min": 2.5e-6}}],
}
FUZZED = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
Changed = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def machine() -> Machine:
    return describe_machine(with_scaling=False)


def conditions(calibration_ns: float | None = None) -> Conditions:
    return Conditions(
        utc="2026-11-22T10:00:00Z",
        load_1min=0.1,
        cpu_pressure_percent=0.0,
        calibration_ns=calibration_ns,
    )


def frames(*times_ns: tuple[int, int]) -> Samples:
    """Return samples of frames by (index, time)."""
    samples = np.zeros(len(times_ns), dtype=samples_dtype(["sender/seal", "receiver/open"]))
    samples["frame"] = [frame for frame, _ in times_ns]
    samples["start_ns"] = 1000 * np.arange(len(times_ns))
    samples["sender/seal"] = samples["start_ns"]
    samples["receiver/open"] = samples["start_ns"] + [ns for _, ns in times_ns]
    return samples


def lookups(*times_ns: tuple[int, int]) -> Samples:
    names = ("round", "query", "start_ns", "end_ns", "found")
    samples = np.zeros(len(times_ns), dtype=[(name, np.int64) for name in names])
    samples["query"] = [query for query, _ in times_ns]
    samples["end_ns"] = [ns for _, ns in times_ns]
    return samples


def row(case: str, *, model: str = "stage", error: str | None = None, count: int = 0) -> Row:
    return Row(case=case, why="", model=model, clip="webcam", error=error, frames=count)


def run_folder(
    path: Path,
    machine: Machine,
    rows: Sequence[tuple[Row, Samples | None]],
    *,
    before: float | None = None,
    after: float | None = None,
) -> Path:
    with RunFolder.create(path, PLAN, machine, before=conditions(before)) as folder:
        for one, samples in rows:
            folder.finish_case(one, samples)
        folder.finish(conditions(after))
    return path


def written(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value))
    return path


def test_run_folder_gives_the_least_time_of_each_frame(tmp_path: Path, machine: Machine) -> None:
    samples = frames((0, 90), (1, 50), (0, 70), (1, 60))
    run = run_folder(tmp_path / "run", machine, [(row("a", count=4), samples)])
    stored = read_baseline(run)
    assert stored.kind == "run folder"
    assert stored.fingerprint == fingerprint(machine)
    assert stored.calibration_ns is None
    assert stored.benchmarks["a"].of == {0: 70.0, 1: 50.0}
    assert stored.benchmarks["a"].unit == "frame"


def test_lookups_are_told_apart_by_their_query(tmp_path: Path, machine: Machine) -> None:
    samples = lookups((3, 40), (3, 30), (5, 20))
    run = run_folder(tmp_path / "run", machine, [(row("a", model="lookup"), samples)])
    assert read_baseline(run).benchmarks["a"] == Least(
        of={3: 30.0, 5: 20.0},
        unit="look-up",
        work={"clip_sha256": "", "encoder": "", "engine": "", "library": ""},
    )


@pytest.mark.parametrize("file", ["run.json", "rows.jsonl", "machine.json"])
def test_file_of_a_run_folder_stands_for_the_folder(
    file: str, tmp_path: Path, machine: Machine
) -> None:
    run = run_folder(tmp_path / "run", machine, [(row("a", count=1), frames((0, 9)))])
    assert read_baseline(run / file).benchmarks == read_baseline(run).benchmarks


def test_least_calibration_of_a_run_counts(tmp_path: Path, machine: Machine) -> None:
    rows = [(row("a", count=1), frames((0, 9)))]
    run = run_folder(tmp_path / "run", machine, rows, before=28_800.0, after=22_100.0)
    assert read_baseline(run).calibration_ns == 22_100.0


def test_cases_without_times_are_named_with_the_reason(tmp_path: Path, machine: Machine) -> None:
    rows = [
        (row("fine", count=1), frames((0, 9))),
        (row("wrong", error="WrongAnswer: frame 3 differs\nand more"), None),
        (row("broken", error="OSError: no"), None),
        (row("paced", model="paced", count=1), frames((0, 9))),
        (row("bare"), None),
    ]
    stored = read_baseline(run_folder(tmp_path / "run", machine, rows))
    assert set(stored.benchmarks) == {"fine"}
    assert stored.wrong_answers == {"wrong": "WrongAnswer: frame 3 differs"}
    assert stored.untimed == {
        "broken": "OSError: no",
        "paced": "a case of 'paced' is held against no stored one",
        "bare": "stored without its samples",
    }


def test_run_with_no_comparable_case_is_rejected(tmp_path: Path, machine: Machine) -> None:
    run = run_folder(tmp_path / "run", machine, [(row("a", model="paced"), None)])
    with pytest.raises(BaselineError, match="rows: no finished case of stage, hash, lookup"):
        read_baseline(run)


@pytest.mark.parametrize("ns", [0, -4])
def test_time_that_cannot_be_is_rejected(ns: int, tmp_path: Path, machine: Machine) -> None:
    run = run_folder(tmp_path / "run", machine, [(row("a", count=2), frames((0, 9), (1, ns)))])
    with pytest.raises(BaselineError, match=f"case 'a': samples: a time of {ns} ns"):
        read_baseline(run)


def test_samples_of_another_question_are_rejected(tmp_path: Path, machine: Machine) -> None:
    run = run_folder(tmp_path / "run", machine, [(row("a", model="hash"), lookups((0, 9)))])
    with pytest.raises(BaselineError, match="case 'a': samples: no column 'frame'"):
        read_baseline(run)


def test_folder_that_is_no_run_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"holds no run \(no run.json\)"):
        read_baseline(tmp_path)


def test_absent_file_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"none\.json: No such file"):
        read_baseline(tmp_path / "none.json")


def test_pipe_is_rejected_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(BaselineError, match="is no plain file"):
        read_baseline(tmp_path / "pipe.json")


def test_marked_json_of_pytest_benchmark_is_read(tmp_path: Path) -> None:
    stored = read_baseline(written(tmp_path / "b.json", MARKED))
    assert stored.kind == "pytest-benchmark"
    assert stored.fingerprint == {"isa": "aes"}
    assert stored.calibration_ns == 22_000
    assert stored.benchmarks["tests/perf/test_a.py::test_a"].of == {0: pytest.approx(2500)}


def json_of_pytest_benchmark(folder: Path, *options: str) -> Path:
    """Return the file that a real session with one benchmark and our plugin wrote."""
    about = folder / "sealbench-0.0.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: sealbench\nVersion: 0.0.0\n")
    (about / "entry_points.txt").write_text("[pytest11]\nsealbench = bench.pytest_plugin\n")
    (folder / "test_one.py").write_text("def test_one(benchmark):\n    benchmark(sum, [1, 2])\n")
    fixed = ("--benchmark-json=out.json", "--benchmark-max-time=0.01", "-p", "no:cacheprovider")
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *fixed, *options, "test_one.py"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{Path(__file__).parents[4]}"},
        check=True,
        capture_output=True,
    )
    return folder / "out.json"


def test_real_json_of_pytest_benchmark_has_no_fingerprint(tmp_path: Path) -> None:
    stored = read_baseline(json_of_pytest_benchmark(tmp_path))
    assert stored.fingerprint == {}
    assert stored.benchmarks.keys() == {"test_one.py::test_one"}
    assert stored.benchmarks["test_one.py::test_one"].of[0] > 0


def test_real_json_with_our_option_carries_the_fingerprint(
    tmp_path: Path, machine: Machine
) -> None:
    stored = read_baseline(json_of_pytest_benchmark(tmp_path, "--sealbench-fingerprint"))
    assert stored.fingerprint == fingerprint(machine)
    assert stored.calibration_ns


def set_min(value: object) -> Changed:
    return lambda file: file["benchmarks"][0]["stats"].update(min=value)


def mark(**changes: object) -> Changed:
    return lambda file: file["machine_info"]["sealbench"].update(changes)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (set_min(-1.0), r"`float` >= 1e-12 - at `\$.benchmarks\[0\].stats.min`"),
        (set_min(0), r"stats.min"),
        (set_min(float("nan")), r"malformed"),
        (set_min(1e300), r"stats.min"),
        (set_min("1"), r"stats.min"),
        (lambda file: file.pop("benchmarks"), "missing required field `benchmarks`"),
        (lambda file: file.update(benchmarks=[]), "benchmarks: there are none"),
        (lambda file: file.update(benchmarks=file["benchmarks"] * 2), "is there more than once"),
        (mark(schema=2), "machine_info.sealbench.schema: 2 is unknown, this sealbench reads 1"),
        (mark(schema="1"), r"machine_info.sealbench: Expected `int`"),
        (mark(fingerprint={"isa": 7}), r"machine_info.sealbench: Expected `str`"),
        (mark(calibration_ns=-1), r"machine_info.sealbench: Expected `float` >= 1"),
        (lambda file: file.update(sealbench={"schema": 9}), "sealbench.schema: 9 is unknown"),
        (lambda file: file.update(sealbench={"schema": 1}), "sealbench: .* field `result`"),
        (lambda file: file.update(sealbench=[]), "sealbench: Expected `object`"),
    ],
)
def test_broken_json_is_rejected_with_its_field(change: Changed, told: str, tmp_path: Path) -> None:
    file = json.loads(json.dumps(MARKED))
    change(file)
    with pytest.raises(BaselineError, match=told) as caught:
        read_baseline(written(tmp_path / "b.json", file))
    assert str(caught.value).startswith(f"{tmp_path / 'b.json'}: ")
    assert "\n" not in str(caught.value)


@FUZZED
@given(cut=st.integers(0, len(json.dumps(MARKED)) - 1))
def test_truncated_json_is_rejected(cut: int, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps(MARKED)[:cut])
    with pytest.raises(BaselineError):
        read_baseline(tmp_path / "b.json")


@FUZZED
@given(data=st.binary(max_size=80), at=st.integers(0, 220), drop=st.integers(0, 8))
@example(data=b"[" * 100_000, at=0, drop=0)
@example(data=b"\xff", at=5, drop=1)
def test_any_bytes_give_a_baseline_or_one_line(
    data: bytes, at: int, drop: int, tmp_path: Path
) -> None:
    whole = json.dumps(MARKED).encode()
    (tmp_path / "b.json").write_bytes(whole[:at] + data + whole[at + drop :])
    assert_read_or_refused(tmp_path / "b.json")


@FUZZED
@given(
    which=st.integers(0, 3),
    damage=st.tuples(st.floats(0, 1), st.integers(0, 8), st.binary(max_size=40)),
)
def test_any_damage_to_a_run_folder_gives_a_baseline_or_one_line(
    which: int, damage: tuple[float, int, bytes], tmp_path: Path, machine: Machine
) -> None:
    run = tmp_path / "run"
    if not run.exists():
        run_folder(run, machine, [(row("a", count=2), frames((0, 9), (1, 8)))], before=22_000.0)
    (samples,) = (run / "samples").iterdir()
    damaged = (run / "run.json", run / "machine.json", run / "rows.jsonl", samples)[which]
    whole = damaged.read_bytes()
    at, drop, data = damage
    place = round(at * len(whole))
    damaged.write_bytes(whole[:place] + data + whole[place + drop :])
    try:
        assert_read_or_refused(run)
    finally:
        damaged.write_bytes(whole)


def assert_read_or_refused(path: Path) -> None:
    told, stored = "", None
    try:
        stored = read_baseline(path)
    except BaselineError as error:
        told = str(error)
    if stored is None:
        assert len(told.splitlines()) == 1
        assert told.startswith(str(path))
    else:
        assert stored.benchmarks or stored.wrong_answers
        assert all(
            0 < ns < 1e19 for least in stored.benchmarks.values() for ns in least.of.values()
        )


def found(benchmark: str, verdict: Verdict, reason: str = "") -> Finding:
    return Finding(
        benchmark=benchmark,
        verdict=verdict,
        reason=reason,
        unit="access unit",
        ns_per_unit=None,
        units_per_block=4,
        threads=False,
        threshold=0.015,
        comparison=None,
        confirmed=False,
        p_value=None,
        counts={},
        changes=(),
        seconds=0.0,
    )


def test_file_of_the_gate_is_read_with_its_units_and_wrong_answers(
    tmp_path: Path, machine: Machine
) -> None:
    result = GateResult(
        base="1234567",
        head="89abcde",
        suite="core",
        started_utc="2026-11-22T10:00:00Z",
        seconds=1.0,
        seed=1,
        sealbench_version="0.1.0",
        machine=machine,
        design=Design(),
        pressure_percent=None,
        verdict=Verdict.WRONG_ANSWER,
        findings=(
            found("a", Verdict.PASS),
            found("b", Verdict.WRONG_ANSWER, "frame 3 differs"),
            found("c", Verdict.INCONCLUSIVE, "base: the worker ended"),
        ),
        notes=(),
    )
    times_ns = np.array([5000, 4000], dtype=np.int64)
    restart = Blocks(
        base_ns=times_ns,
        head_ns=times_ns,
        twin_ns=times_ns,
        interrupted=np.zeros(2, dtype=np.bool_),
    )
    (tmp_path / "gate.json").write_bytes(to_json(result, {"a": [restart]}))
    stored = read_baseline(tmp_path / "gate.json")
    assert stored.kind == "gate"
    assert stored.fingerprint == fingerprint(machine)
    assert stored.benchmarks["a"].of[0] == pytest.approx(1000)
    assert stored.benchmarks["a"].unit == "access unit"
    assert set(stored.benchmarks) == {"a"}
    assert stored.wrong_answers == {"b": "frame 3 differs"}
    assert stored.untimed == {"c": "base: the worker ended"}
    assert stored.suite == "core"
    assert read_baseline(tmp_path).benchmarks == stored.benchmarks


def side(calibration_ns: float | None, **times_ns: dict[int, float]) -> Baseline:
    return Baseline(
        source="now",
        kind="run folder",
        fingerprint={"isa": "aes"},
        calibration_ns=calibration_ns,
        benchmarks={name: Least(of=of, unit="frame") for name, of in times_ns.items()},
    )


def test_measured_twice_the_lesser_time_of_each_frame_counts() -> None:
    first = side(22_000.0, a={0: 9.0, 1: 5.0}, b={0: 3.0})
    again = side(21_000.0, a={0: 7.0, 1: 6.0, 2: 8.0}, c={0: 4.0})
    both = least_of(first, again)
    assert both.calibration_ns == 21_000
    assert {name: least.of for name, least in both.benchmarks.items()} == {
        "a": {0: 7.0, 1: 5.0, 2: 8.0},
        "b": {0: 3.0},
        "c": {0: 4.0},
    }


def test_measured_twice_and_once_uncalibrated_is_uncalibrated() -> None:
    assert least_of(side(22_000.0), side(None)).calibration_ns is None


def test_measured_twice_and_wrong_once_is_wrong() -> None:
    first = side(22_000.0, a={0: 9.0})
    wrong = Baseline(
        source="now",
        kind="run folder",
        fingerprint={"isa": "aes"},
        calibration_ns=22_000.0,
        benchmarks={},
        wrong_answers={"a": "WrongAnswer: frame 3"},
    )
    both = least_of(first, wrong)
    assert not both.benchmarks
    assert both.wrong_answers == {"a": "WrongAnswer: frame 3"}
