"""No worker outlives its gate, whatever it is doing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[3]
PATIENCE_S = 30.0

GATE = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from bench.gate.worker.messages import Job, PytestSpec
from bench.gate.worker_process import WorkerProcess
job = Job(benchmarks=[PytestSpec(name="test_slow.py::test_slow")])
with WorkerProcess([{folder!r}], job, folder=Path({folder!r})) as worker:
    while not Path({folder!r}, "begun").exists():
        time.sleep(0.01)
    print(worker.pid, flush=True)
    time.sleep(600)
"""

ENDLESS = """
import pathlib, time
def test_slow(benchmark):
    pathlib.Path("begun").touch()
    while True:
        time.sleep(0.1)
"""


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_worker_in_an_endless_benchmark_ends_when_the_gate_is_killed(tmp_path: Path) -> None:
    (tmp_path / "test_slow.py").write_text(ENDLESS)
    program = GATE.format(root=str(ROOT), folder=str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as gate:
        assert gate.stdout is not None
        worker = int(gate.stdout.readline())
        assert is_running(worker)
        os.kill(gate.pid, signal.SIGKILL)
        gate.wait()
    end = time.monotonic() + PATIENCE_S
    while is_running(worker) and time.monotonic() < end:
        time.sleep(0.01)
    assert not is_running(worker)
