"""How trials are dealt out and kept; the comparisons themselves are the gate's."""

import random
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from bench.gate.selftest.plan import PLAN_FILE, check_plan
from bench.gate.selftest.rows import TrialRow
from bench.gate.selftest.trials import (
    EFFECTS,
    NULL_TRIALS_PER_TRIAL,
    SelftestFileError,
    _append,
    _dealt,
    _left,
    planned,
    read_trials,
)
from bench.machine import describe_machine
from bench.store import IncomparableMachine, StoreError

DEAL = random.Random(1)  # noqa: S311 - a deal, not a secret


def row(effect: float = 0.0, **changes: object) -> TrialRow:
    return msgspec.structs.replace(
        TrialRow(
            condition="idle",
            gate=0,
            benchmark="b",
            effect=effect,
            verdict="PASS",
            reason="",
            ratio=1.0,
            control=1.0,
            confirmed=False,
            seconds=1.0,
            pressure_percent=None,
            contrast={},
        ),
        **changes,
    )


def test_equal_code_is_compared_more_often_than_each_slowdown() -> None:
    wanted = planned(10)
    assert wanted.pop(0.0) == 10 * NULL_TRIALS_PER_TRIAL
    assert wanted == dict.fromkeys(EFFECTS[1:], 10)


def test_what_was_done_is_not_done_again() -> None:
    rows = [row(0.03), row(0.03, condition="noisy")]
    assert _left(planned(1), rows, "idle")[0.03] == 0
    assert _left(planned(1), rows, "idle")[0.05] == 1


def test_effects_are_dealt_from_what_is_left_and_filled_up_with_equal_code() -> None:
    left = Counter({0.0: 1, 0.05: 2})
    assert Counter(_dealt(left, 5, DEAL)) == {0.05: 2, 0.0: 3}
    assert len(_dealt(planned(9), 14, DEAL)) == 14


def test_rows_survive_the_disk_and_a_line_that_a_kill_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    _append(path, [row(0.01), row(0.02)])
    with path.open("ab") as file:
        file.write(b'{"condition":"idle","ga')
    assert [each.effect for each in read_trials(path)] == [0.01, 0.02]
    _append(path, [row(0.03)])
    assert [each.effect for each in read_trials(path)] == [0.01, 0.02, 0.03]


def test_rows_that_cannot_be_read_are_named_by_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    _append(path, [row()])
    with path.open("ab") as file:
        file.write(b"[]\n")
    with pytest.raises(SelftestFileError, match=r"trials\.jsonl: line 2: "):
        read_trials(path)


def test_no_file_means_no_trials_yet(tmp_path: Path) -> None:
    assert read_trials(tmp_path / "trials.jsonl") == []


def test_trials_of_two_machines_or_suites_do_not_mix(tmp_path: Path) -> None:
    machine = describe_machine(with_scaling=False)
    check_plan(tmp_path, machine, suite="a")
    check_plan(tmp_path, machine, suite="a")
    with pytest.raises(StoreError, match="another suite or design"):
        check_plan(tmp_path, machine, suite="b")
    other = msgspec.structs.replace(machine, cpu_model="another one")
    with pytest.raises(IncomparableMachine, match="cpu_model"):
        check_plan(tmp_path, other, suite="a")


def test_damaged_plan_is_named(tmp_path: Path) -> None:
    (tmp_path / PLAN_FILE).write_text("{")
    with pytest.raises(StoreError, match=PLAN_FILE):
        check_plan(tmp_path, describe_machine(with_scaling=False), suite="a")
