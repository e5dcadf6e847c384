"""Only one gate at a time, and a dead one is none."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.gate.checkout import CheckoutError, only_gate

ROOT = Path(__file__).parents[4]

HOLD = """
import sys
from pathlib import Path
from bench.gate.checkout.lock import only_gate

with only_gate(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder_of(cache: Path) -> subprocess.Popen[bytes]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(cache)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    return holder


def test_second_gate_is_told_which_process_is_first(cache: Path) -> None:
    with holder_of(cache) as holder:
        with (
            pytest.raises(CheckoutError, match=f"another gate is running: process {holder.pid};"),
            only_gate(cache),
        ):
            pytest.fail("two gates at once")
        assert holder.poll() is None


def test_gate_that_ended_does_not_block(cache: Path) -> None:
    with holder_of(cache) as holder:
        holder.communicate()
    with only_gate(cache):
        assert (cache / "lock").read_text() == str(os.getpid())


def test_killed_gate_does_not_block(cache: Path) -> None:
    with holder_of(cache) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with only_gate(cache):
        assert (cache / "lock").read_text() == str(os.getpid())


def test_same_process_cannot_gate_twice_at_once(cache: Path) -> None:
    with (
        only_gate(cache),
        pytest.raises(CheckoutError, match=f"process {os.getpid()};"),
        only_gate(cache),
    ):
        pytest.fail("two gates at once")


def test_lock_is_free_again_after_an_error(cache: Path) -> None:
    with pytest.raises(ZeroDivisionError), only_gate(cache):
        _ = 1 / 0
    with only_gate(cache):
        pass


def test_cache_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with (
        pytest.raises(CheckoutError, match="cannot write to"),
        only_gate(tmp_path / "file" / "cache"),
    ):
        pytest.fail("locked nothing")
