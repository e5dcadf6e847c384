"""A whole calibration of real, small work: sums of SHA-256 over blocks of bytes."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from bench.calibrate.folder import (
    PLAN,
    ROUNDS,
    CalibrationFolder,
    CalibrationPlan,
    is_unused,
)
from bench.calibrate.probe import Bench, ProbePlan, Reading
from bench.calibrate.rounds import read_rounds
from bench.calibrate.session import Survey, calibrate
from bench.machine import describe_machine, read_conditions
from bench.machine.schema import Machine
from bench.material import Library
from bench.profile.schema import Memory, Profile
from bench.profile.store import read_profile, write_profile
from bench.store.errors import IncomparableMachine, StoreError
from pipelines.engines.pyca import PycaEngine

VERSION = "0.1.0"


class Notes:
    """Keeps the notes that a calibration shows."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def begin(self, what: str, total: float) -> None: ...

    def advance(self, done: float) -> None: ...

    def end(self) -> None: ...

    def note(self, line: str) -> None:
        self.lines.append(line)


class Hashing:
    """Hashes blocks of several sizes; `act` is called before each round."""

    def __init__(self, key: str, act: Callable[[int], None]) -> None:
        self._key, self._act = key, act
        self._round = 0

    def measure(self) -> Sequence[Reading]:
        self._act(self._round)
        self._round += 1
        readings = []
        for size in (64, 4096):
            data = bytes(size)
            began = time.process_time_ns()
            for _ in range(50):
                hashlib.sha256(data).digest()
            took = time.process_time_ns() - began
            readings.append(
                Reading(key=self._key, calls=50, packets=0, size_bytes=50 * size, cpu_ns=took)
            )
        return readings

    def close(self) -> None:
        CLOSED.append(self._key)


CLOSED: list[str] = []


def hashing(key: str, act: Callable[[int], None] = lambda _: None) -> ProbePlan:
    return ProbePlan(
        name=f"sha-256 {key}",
        on={key: "blocks of 64 and 4096 bytes"},
        open=lambda _: Hashing(key, act),
        library=lambda engine: f"hashlib beside {engine.name}",
    )


def unopenable(_: Bench) -> Hashing:
    raise OSError("no such\ncamera")


BROKEN = ProbePlan(name="broken", on={"a/1": "?", "a/2": "?"}, open=unopenable)


def survey(_: Bench) -> Survey:
    return Survey(memory={"m": Memory(bytes_each=(1.0,), count=1, on="?")}, problems={"x": "why"})


@pytest.fixture(scope="module")
def machine() -> Machine:
    return describe_machine(with_scaling=False)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def bench(notes: Notes) -> Bench:
    return Bench(engine=PycaEngine(), library=Library({}, notes), progress=notes, seed=7)


def planned(machine: Machine, plans: Sequence[ProbePlan], rounds: int = 3) -> CalibrationPlan:
    return CalibrationPlan(
        sealbench_version=VERSION,
        started_utc="2026-11-22T15:00:00Z",
        seed=7,
        rounds=rounds,
        engine="auto",
        machine=machine,
        conditions_before=read_conditions(),
        on={key: on for plan in plans for key, on in plan.on.items()},
    )


def made(
    bench: Bench, machine: Machine, path: Path, plans: Sequence[ProbePlan], rounds: int = 3
) -> Profile:
    with CalibrationFolder.create(path, planned(machine, plans, rounds)) as folder:
        return calibrate(bench, plans, folder, survey=survey)


def test_a_calibration_has_a_value_of_every_round_and_survives_the_disk(
    bench: Bench, machine: Machine, tmp_path: Path
) -> None:
    profile = made(bench, machine, tmp_path / "c", [hashing("a"), hashing("b")])
    assert profile.rounds == 3
    assert list(profile.costs) == ["a", "b"]
    for cost in profile.costs.values():
        assert len(cost.call_ns) == len(cost.byte_ns) == 3
        assert cost.samples == 3 * 2 * 50
        assert cost.library == "hashlib beside cryptography"
        assert sum(cost.byte_ns) > 0
        assert set(cost.packet_ns) == {0.0}
        assert cost.misfit is not None
    assert profile.memory["m"].count == 1
    assert profile.problems == {"x": "why"}
    assert profile.conditions_after.calibration_ns is not None
    write_profile(tmp_path / "calibration.json", profile)
    assert read_profile(tmp_path) == profile


def test_probes_that_cannot_be_opened_or_fail_become_problems_of_their_keys(
    bench: Bench, machine: Machine, notes: Notes, tmp_path: Path
) -> None:
    def fail_in_round_2(index: int) -> None:
        if index == 2:
            raise ValueError("frame 7 differs")

    CLOSED.clear()
    plans = [BROKEN, hashing("good"), hashing("late", fail_in_round_2)]
    profile = made(bench, machine, tmp_path / "c", plans)
    assert list(profile.costs) == ["good"]
    assert profile.problems == {
        "a/1": "OSError: no such camera",
        "a/2": "OSError: no such camera",
        "late": "ValueError: frame 7 differs",
        "x": "why",
    }
    assert notes.lines == [
        "sealbench: broken: OSError: no such camera",
        "sealbench: sha-256 late: ValueError: frame 7 differs",
    ]
    assert sorted(CLOSED) == ["good", "late"]


def test_a_key_that_was_not_announced_is_a_problem(
    bench: Bench, machine: Machine, tmp_path: Path
) -> None:
    plan = ProbePlan(name="odd", on={"a": "?"}, open=lambda _: Hashing("b", lambda _: None))
    profile = made(bench, machine, tmp_path / "c", [plan, hashing("good")])
    assert list(profile.costs) == ["good"]
    assert "Unannounced: measured 'b'" in profile.problems["a"]


def test_every_round_has_an_order_of_its_own_and_a_seed_repeats_them(
    bench: Bench, machine: Machine, tmp_path: Path
) -> None:
    orders: list[list[str]] = [[], []]

    def noting(order: list[str], key: str) -> ProbePlan:
        return hashing(key, lambda index: order.append(f"{index}{key}"))

    for number, order in enumerate(orders):
        made(bench, machine, tmp_path / str(number), [noting(order, key) for key in "abcdef"])
    assert orders[0] == orders[1]
    rounds = [[step[-1] for step in orders[0] if step[:-1] == str(i)] for i in range(3)]
    assert all(sorted(each) == list("abcdef") for each in rounds)
    assert len({tuple(each) for each in rounds}) > 1


def test_ctrl_c_after_three_rounds_gives_a_profile_of_them_and_resuming_gives_the_rest(
    bench: Bench, machine: Machine, tmp_path: Path
) -> None:
    def stop(index: int) -> None:
        if index == 3:
            raise KeyboardInterrupt

    path = tmp_path / "c"
    stopped = made(bench, machine, path, [hashing("a"), hashing("b", stop)], rounds=5)
    assert stopped.rounds == 3
    assert all(len(cost.call_ns) == 3 for cost in stopped.costs.values())
    with CalibrationFolder.resume(path, machine, version=VERSION) as folder:
        whole = calibrate(bench, [hashing("a"), hashing("b")], folder, survey=survey)
    assert whole.rounds == 5
    assert whole.started_utc == stopped.started_utc
    for key, cost in whole.costs.items():
        assert cost.samples == 5 * 2 * 50
        assert len(cost.byte_ns) == 5
        assert stopped.costs[key].on == cost.on


def test_ctrl_c_before_three_rounds_gives_no_profile_but_keeps_the_rounds(
    bench: Bench, machine: Machine, tmp_path: Path
) -> None:
    def stop(index: int) -> None:
        if index == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(bench, machine, tmp_path / "c", [hashing("a", stop)])
    assert len(read_rounds(tmp_path / "c" / ROUNDS)[0]) == 2


def test_what_failed_before_a_resumption_stays_a_problem(
    bench: Bench, machine: Machine, tmp_path: Path
) -> None:
    def stop(index: int) -> None:
        if index == 2:
            raise KeyboardInterrupt

    path = tmp_path / "c"
    with pytest.raises(KeyboardInterrupt):
        made(bench, machine, path, [BROKEN, hashing("a", stop)])
    mended = ProbePlan(name="mended", on=BROKEN.on, open=lambda _: Hashing("a/1", lambda _: None))
    with CalibrationFolder.resume(path, machine, version=VERSION) as folder:
        profile = calibrate(bench, [mended, hashing("a")], folder, survey=survey)
    assert list(profile.costs) == ["a"]
    assert profile.problems["a/1"] == "OSError: no such camera"


def test_other_machines_and_versions_cannot_go_on_with_a_calibration(
    machine: Machine, tmp_path: Path
) -> None:
    CalibrationFolder.create(tmp_path, planned(machine, [hashing("a")])).close()
    other = msgspec.structs.replace(machine, cpu_model="Z80")
    with pytest.raises(IncomparableMachine, match="Z80"):
        CalibrationFolder.resume(tmp_path, other, version=VERSION)
    with pytest.raises(StoreError, match=r"begun by sealbench 0\.1\.0, this is 9"):
        CalibrationFolder.resume(tmp_path, machine, version="9")
    with pytest.raises(StoreError, match="holds a calibration already"):
        CalibrationFolder.create(tmp_path, planned(machine, [hashing("a")]))
    with (
        CalibrationFolder.resume(tmp_path, machine, version=VERSION),
        pytest.raises(StoreError, match=rf"pid {os.getpid()}\) writes this calibration"),
    ):
        CalibrationFolder.resume(tmp_path, machine, version=VERSION)
    (tmp_path / PLAN).unlink()
    with pytest.raises(StoreError, match="holds no calibration to resume"):
        CalibrationFolder.resume(tmp_path, machine, version=VERSION)


def test_a_torn_last_line_is_a_round_that_was_not_measured_and_any_other_is_refused(
    bench: Bench, machine: Machine, tmp_path: Path
) -> None:
    made(bench, machine, tmp_path, [hashing("a")], rounds=3)
    whole = (tmp_path / ROUNDS).read_bytes()
    (tmp_path / ROUNDS).write_bytes(whole[: len(whole) * 3 // 4])
    rounds, size = read_rounds(tmp_path / ROUNDS)
    assert 1 <= len(rounds) <= 2
    with CalibrationFolder.resume(tmp_path, machine, version=VERSION) as folder:
        assert (tmp_path / ROUNDS).stat().st_size == size
        assert calibrate(bench, [hashing("a")], folder, survey=survey).rounds == 3
    lines = (tmp_path / ROUNDS).read_bytes().splitlines(keepends=True)
    (tmp_path / ROUNDS).write_bytes(b"".join([lines[0], lines[2]]))
    with pytest.raises(StoreError, match=r"rounds\.jsonl:2: index: 2 is not 1"):
        read_rounds(tmp_path / ROUNDS)
    (tmp_path / ROUNDS).write_bytes(b"[\n" + whole)
    with pytest.raises(StoreError, match=r"rounds\.jsonl:1: "):
        read_rounds(tmp_path / ROUNDS)


def test_readings_that_nobody_took_are_refused(
    bench: Bench, machine: Machine, tmp_path: Path
) -> None:
    made(bench, machine, tmp_path, [hashing("a")], rounds=3)
    whole = (tmp_path / ROUNDS).read_bytes()
    for field, forged in (("calls", b"-5"), ("cpu_ns", b"-1"), ("packets", b"1%020d" % 0)):
        name = b'"%s":' % field.encode()
        (tmp_path / ROUNDS).write_bytes(re.sub(name + rb"\d+", name + forged, whole))
        with pytest.raises(StoreError, match=rf"rounds\.jsonl:1: .*{field}"):
            CalibrationFolder.resume(tmp_path, machine, version=VERSION)
    more = whole.splitlines(keepends=True)[2].replace(b'"index":2', b'"index":3')
    (tmp_path / ROUNDS).write_bytes(whole + more)
    with pytest.raises(StoreError, match=r"holds 4 rounds, where 3 were planned"):
        CalibrationFolder.resume(tmp_path, machine, version=VERSION)


def test_a_name_that_no_file_can_have_is_one_line(machine: Machine, tmp_path: Path) -> None:
    nowhere = tmp_path / ("a" * 300)
    with pytest.raises(StoreError, match="File name too long"):
        is_unused(nowhere)
    with pytest.raises(StoreError, match="File name too long"):
        CalibrationFolder.resume(nowhere, machine, version=VERSION)


KILLED = """
import sys, time
from pathlib import Path
from bench.calibrate.folder import CalibrationFolder
from bench.calibrate.rounds import Round

sys.path.insert(0, sys.argv[2])
from test_calibration_session import describe_machine, hashing, planned

plan = planned(describe_machine(with_scaling=False), [hashing("a")], 1000)
folder = CalibrationFolder.create(Path(sys.argv[1]), plan)
for index in range(1000):
    folder.append(Round(index=index, utc="", seconds=0, readings=()))
    print(index, flush=True)
time.sleep(60)
"""


def test_kill_9_loses_no_round_that_had_ended(machine: Machine, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, tmp_path, Path(__file__).parent],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        ended = 0
        for line in process.stdout:
            ended = int(line) + 1
            if ended == 20:
                process.kill()
        assert process.wait() == -signal.SIGKILL
    with CalibrationFolder.resume(tmp_path, machine, version=VERSION) as folder:
        assert len(folder.rounds) >= ended
