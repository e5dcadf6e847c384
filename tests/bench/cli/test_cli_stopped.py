"""A run that is killed or stopped loses nothing it had finished, and can be gone on with."""

import random
import re
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.store import StoredRun, read_run

Finished = subprocess.CompletedProcess[str]
Sealbench = Callable[..., Finished]
Begin = Callable[..., subprocess.Popen[str]]
OneAfterAnother = Callable[[Sequence[tuple[str | Path, ...]]], list[Finished]]

IDS = [
    "stage/webcam-360p/h264/null",
    "stage/webcam-360p/h264/sframe-aes-256-gcm",
    "stage/webcam-360p/h264/srtp-aes-128-gcm",
]
ROUNDS = 30


def blocks_of(out: Path) -> int:
    return len(list((out / "partial").glob("*.npy")))


def wait_for_blocks(process: subprocess.Popen[str], out: Path, more_than: int) -> None:
    """Return when the run is measuring and has kept more blocks than that."""
    while process.poll() is None and blocks_of(out) <= more_than:
        time.sleep(0.01)
    assert process.poll() is None, process.communicate()[1]


def assert_complete(stored: StoredRun) -> None:
    assert sorted(row.case for row in stored.rows) == IDS
    assert not stored.interim
    for row in stored.rows:
        assert row.error is None
        assert row.rounds == ROUNDS
        samples = stored.samples(row)
        assert samples is not None
        assert len(samples) == row.frames
        assert set(samples["round"].tolist()) == set(range(ROUNDS))
        # No frame was measured twice in one round: what a kill tore was measured anew.
        assert (samples["start_ns"][1:] != samples["start_ns"][:-1]).all()
    assert not list((stored.path / "partial").iterdir())
    assert not list(stored.path.rglob("*.tmp"))
    assert len((stored.path / "rows.jsonl").read_text().splitlines()) == len(IDS)


def test_a_run_killed_twice_and_resumed_is_as_complete_as_one_that_was_not(
    folder: Path, begin: Begin, sealbench: Sealbench, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    commands: list[tuple[str | Path, ...]] = [
        ("run", folder / "longer.toml", "--out", out, "--json"),
        ("run", "--resume", out, "--json"),
    ]
    kept = 0
    for command in commands:
        process = begin(*command)
        # Of 90 blocks; a case ends with one of the last three.
        wait_for_blocks(process, out, kept + random.randrange(25))  # noqa: S311 - any moment will do
        process.kill()
        assert process.wait() == -signal.SIGKILL
        kept = blocks_of(out)
        assert kept > 0
    finished = sealbench("run", "--resume", out, "--json")
    assert finished.returncode == 0, finished.stderr
    stored = read_run(out)
    assert_complete(stored)
    assert len(stored.sessions) == 3
    assert [session.after is None for session in stored.sessions] == [True, True, False]
    assert max(row.processes for row in stored.rows) >= 2


def test_ctrl_c_keeps_interim_rows_names_the_way_on_and_resume_finishes(
    folder: Path,
    begin: Begin,
    sealbench: Sealbench,
    one_after_another: OneAfterAnother,
    tmp_path: Path,
) -> None:
    out = tmp_path / "stopped"
    process = begin("run", folder / "longer.toml", "--out", out)
    wait_for_blocks(process, out, 6)

    process.send_signal(signal.SIGSTOP)  # it holds the folder for as long as we look
    (refused,) = one_after_another([("run", "--resume", out)])
    process.send_signal(signal.SIGCONT)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"another process (pid {process.pid}) writes this run" in refused.stderr

    process.send_signal(signal.SIGINT)
    shown, said = process.communicate()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    last = said.splitlines()[-1]
    assert last == f"sealbench: stopped; go on with: sealbench run --resume {out}"

    stopped = read_run(out)
    assert not stopped.rows
    assert sorted(row.case for row in stopped.interim) == IDS
    for row in stopped.interim:
        assert 0 < row.rounds < ROUNDS
        samples = stopped.samples(row)
        assert samples is not None
        assert len(samples) == row.frames
    assert (out / "report.html").exists()
    assert "srtp-aes-128-gcm" in shown
    assert stopped.sessions[0].after is not None

    way_on = re.search(r"sealbench (run --resume .*)$", last)
    assert way_on is not None
    finished = sealbench(*way_on[1].split(), "--json")
    assert finished.returncode == 0, finished.stderr
    assert_complete(read_run(out))
