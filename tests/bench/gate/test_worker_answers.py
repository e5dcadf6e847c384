"""What a worker says is heard, however much of it was read at once."""

import select
from pathlib import Path

from bench.gate.worker.messages import Closed, Job, Next, PytestSpec
from bench.gate.worker_process import WorkerProcess, heard_from

TWO = """
from pathlib import Path
def test_one(benchmark):
    benchmark(len, "")
def test_two(benchmark):
    benchmark(len, "")
    Path("through").touch()
"""
PATIENCE_S = 60.0


def test_answers_that_were_read_together_are_all_heard(tmp_path: Path) -> None:
    (tmp_path / "test_fast.py").write_text(TWO)
    specs = [PytestSpec(name=f"test_fast.py::test_{name}") for name in ("one", "two")]
    with WorkerProcess([str(tmp_path)], Job(benchmarks=list(specs)), folder=tmp_path) as worker:
        assert worker.opened().name == specs[0].name
        worker.send(Next())
        worker.send(Next())
        # Both are through: Closed, the second benchmark and its Closed lie in the pipe.
        while not (tmp_path / "through").exists():
            assert worker.silent_s < PATIENCE_S
        worker.expect(Closed)
        assert worker.has_answer
        assert not select.select([worker], [], [], 0)[0]
        opened = None
        while opened is None:
            assert heard_from([worker], 0) == [worker]
            opened = worker.opened_within(PATIENCE_S)
        assert opened.name == specs[1].name
        worker.expect(Closed)
