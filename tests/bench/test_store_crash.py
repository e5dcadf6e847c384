"""A run is killed for real, again and again, and loses nothing that was finished."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import numpy as np
import pytest

from bench.machine import describe_machine
from bench.samples import FIXED_FIELDS
from bench.store import RunFolder, read_run

CASES = 400
ROUNDS = 3
KILLS = 15

# Forks a writer per line on stdin, so that only the first pays for its imports. A writer to be
# killed never ends by itself: its pid stays its own.
ZYGOTE = """
import os, signal, sys
from pathlib import Path
import numpy as np
from bench.machine import describe_machine
from bench.results import Row
from bench.samples import samples_dtype
from bench.store import RunFolder, RunPlan

path, cases, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
machine = describe_machine(with_scaling=False)
plan = RunPlan(suite="crash", suite_sha256="", seed=0, sealbench_version="0", started_utc="",
               options={}, cases=[])

def write_cases():
    exists = (path / "run.json").exists()
    folder = RunFolder.open_for_resume(path, machine) if exists else (
        RunFolder.create(path, plan, machine))
    for number in range(cases):
        case = f"case/{number}"
        if case in folder.finished_cases():
            continue
        for round_index in range(rounds):
            if round_index not in folder.blocks(case):
                samples = np.zeros(50, dtype=samples_dtype(["sender/seal"]))
                samples["round"], samples["frame"] = round_index, number
                samples["sender/seal"] = os.getpid()
                folder.save_block(case, round_index, samples)
        blocks = folder.blocks(case)
        samples = np.concatenate([blocks[index] for index in sorted(blocks)])
        row = Row(case=case, why="w" * 3000, model="stage", media="video", clip="c", codec="h264",
                  pipeline="null", engine="e", frames=len(samples))
        folder.finish_case(row, samples)

for line in sys.stdin:
    child = os.fork()
    if not child:
        try:
            write_cases()
        except BaseException as error:
            print("failed", repr(error), flush=True)
        while line == "write until killed\\n":
            signal.pause()
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


@pytest.fixture
def zygote(tmp_path: Path) -> Iterator[tuple[IO[str], IO[str]]]:
    # One thread only: the zygote forks.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", ZYGOTE, str(tmp_path / "run"), str(CASES), str(ROUNDS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        yield cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
        process.communicate()


def wait_for_another_row(rows: Path) -> None:
    """Wait until `rows` grows, for ten seconds at most."""
    before = rows.stat().st_size if rows.exists() else 0
    for _ in range(5000):
        if rows.exists() and rows.stat().st_size > before:
            return
        time.sleep(0.002)


def check_run(path: Path) -> dict[str, bytes]:
    """Check that each row is whole and alone and has its samples; return the samples by case."""
    run = read_run(path)
    found: dict[str, bytes] = {}
    for row in run.rows:
        assert row.case not in found
        samples = run.samples(row)
        assert samples is not None
        assert samples.dtype.names == (*FIXED_FIELDS, "sender/seal")
        assert row.frames == len(samples) == 50 * ROUNDS
        assert (samples["frame"] == int(row.case.removeprefix("case/"))).all()
        assert np.array_equal(samples["round"], np.repeat(np.arange(ROUNDS), 50))
        found[row.case] = samples.tobytes()
    return found


def test_a_run_killed_at_any_moment_keeps_every_finished_case(
    tmp_path: Path, zygote: tuple[IO[str], IO[str]]
) -> None:
    requests, answers = zygote
    path = tmp_path / "run"
    moments = np.random.default_rng(20261122)
    finished: dict[str, bytes] = {}
    deaths_with_work = 0
    for kill in range(KILLS):
        requests.write("write until killed\n")
        requests.flush()
        writer = int(answers.readline())
        if kill % 3 == 2:  # on a slow machine too, some writers get to their work
            wait_for_another_row(path / "rows.jsonl")
        time.sleep(moments.uniform(0.001, 0.06))
        os.kill(writer, signal.SIGKILL)
        assert answers.readline() == "ended\n"
        if not (path / "run.json").exists():
            continue
        now = check_run(path)
        # What was finished is still there, byte for byte; nothing was measured a second time.
        assert finished.items() <= now.items()
        deaths_with_work += len(now) > len(finished)
        finished = now
        if len(finished) == CASES:
            break
    assert deaths_with_work > 0

    # The last one is left to end by itself, and does the rest.
    requests.write("write all\n")
    requests.flush()
    int(answers.readline())
    assert answers.readline() == "ended\n"
    whole = check_run(path)
    assert whole.keys() == {f"case/{number}" for number in range(CASES)}
    assert finished.items() <= whole.items()
    assert list((path / "partial").iterdir()) == []
    assert len(list((path / "samples").iterdir())) == CASES
    with RunFolder.open_for_resume(path, describe_machine(with_scaling=False)) as folder:
        assert folder.finished_cases() == whole.keys()
