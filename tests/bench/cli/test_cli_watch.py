"""The process that measures ends with the one that the user began, and holds what that says."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Begin = Callable[..., subprocess.Popen[str]]


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def measuring(begin: Begin, folder: Path, tmp_path: Path) -> tuple[subprocess.Popen[str], int]:
    """Return a run that is measuring, and the process that does it."""
    process = begin("run", folder / "longer.toml", "--out", tmp_path / "r")
    wait_until(lambda: len(list((tmp_path / "r" / "partial").glob("*.npy"))) > 2)
    (child,) = children_of(process.pid)
    return process, child


def test_a_command_that_is_killed_leaves_no_process(
    measuring: tuple[subprocess.Popen[str], int],
) -> None:
    process, child = measuring
    process.kill()
    assert process.wait() == -signal.SIGKILL
    wait_until(lambda: not is_alive(child))


def test_a_command_that_is_stopped_measures_nothing_meanwhile(
    measuring: tuple[subprocess.Popen[str], int], tmp_path: Path
) -> None:
    process, _ = measuring
    process.send_signal(signal.SIGSTOP)
    time.sleep(1)
    blocks = len(list((tmp_path / "r" / "partial").glob("*.npy")))
    time.sleep(1)
    assert len(list((tmp_path / "r" / "partial").glob("*.npy"))) == blocks
    process.send_signal(signal.SIGCONT)


def test_whose_process_is_killed_under_it_says_so_and_goes_on_with_the_rest(
    measuring: tuple[subprocess.Popen[str], int],
) -> None:
    process, child = measuring
    os.kill(child, signal.SIGKILL)
    _, said = process.communicate()
    # In between cases nobody is to blame; mostly it is in the middle of one.
    assert process.returncode in (1, 70)
    assert "by signal 9 (SIGKILL: from outside, perhaps for its memory)" in said
