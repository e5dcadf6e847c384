"""The gate over a real repository, with real workers; how fast anything is, is not asserted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.gate.checkout import of_revision
from bench.gate.design import Design
from bench.gate.gate import Gate, Gated
from bench.gate.keep import keeper_in
from bench.gate.result import Finding, Verdict
from bench.gate.worker.messages import PytestSpec
from bench.machine import describe_machine
from bench.progress import Silent

SMALL = Design(restarts=2, confirm_restarts=2, rounds=12, block_ns=100_000)
TOTAL = "test_speed.py::test_total"

RunGate = Callable[..., Gated]


@pytest.fixture
def run_gate(repository: Path, small_cache: Path, tmp_path: Path) -> RunGate:
    def run(*names: str, accepted: tuple[str, ...] = ()) -> Gated:
        small_cache.mkdir(exist_ok=True)
        return Gate(
            checkouts=of_revision(repository, "HEAD", cache=small_cache),
            suite="pytest",
            machine=describe_machine(with_scaling=False),
            seed=1,
            progress=Silent(),
            keep=keeper_in(tmp_path / "out"),
            design=SMALL,
            accepted=accepted,
        ).run([PytestSpec(name=name) for name in names or (TOTAL,)])

    return run


def only_finding(gated: Gated) -> Finding:
    (finding,) = gated.result.findings
    return finding


def test_equal_code_is_neither_slower_nor_wrong(run_gate: RunGate, tmp_path: Path) -> None:
    gated = run_gate()
    finding = only_finding(gated)
    assert finding.verdict in {Verdict.PASS, Verdict.INCONCLUSIVE}
    assert finding.changes == ()
    assert gated.result.notes == ()
    assert finding.counts["allocations"] >= 0
    restarts = len(gated.blocks[TOTAL])
    assert len((tmp_path / "out" / "blocks.jsonl").read_text().splitlines()) == restarts


def test_wrong_answer_of_the_head_is_named(run_gate: RunGate, repository: Path) -> None:
    (repository / "src" / "sums.py").write_text("def total(numbers):\n    return 7\n")
    gated = run_gate()
    assert gated.result.verdict is Verdict.WRONG_ANSWER
    assert "head" in only_finding(gated).reason


def test_head_that_raises_gives_a_wrong_answer(run_gate: RunGate, repository: Path) -> None:
    (repository / "src" / "sums.py").write_text("def total(numbers):\n    raise KeyError('x')\n")
    assert "KeyError" in only_finding(run_gate()).reason


def test_more_allocations_are_a_regression_without_a_clock(
    run_gate: RunGate, repository: Path
) -> None:
    slower = "def total(numbers):\n    return sum([bytearray(900) and n for n in numbers])\n"
    (repository / "src" / "sums.py").write_text(slower)
    finding = only_finding(run_gate())
    assert finding.verdict is Verdict.REGRESSION
    assert "allocations" in finding.reason
    assert {"allocations", "allocated_bytes"} <= {change.counter for change in finding.changes}


def test_growth_that_was_accepted_is_left_to_the_clock(run_gate: RunGate, repository: Path) -> None:
    more = "def total(numbers):\n    bytearray(9)\n    return sum(numbers)\n"
    (repository / "src" / "sums.py").write_text(more)
    counters = ("allocations", "allocated_bytes", "bytes_copied")
    finding = only_finding(run_gate(accepted=counters))
    assert "exact counts grew" not in finding.reason


def test_benchmark_that_the_base_lacks_is_noted_and_not_judged(
    run_gate: RunGate, repository: Path
) -> None:
    new = "\ndef test_new(benchmark):\n    benchmark(len, [])\n"
    (repository / "test_speed.py").write_text((repository / "test_speed.py").read_text() + new)
    gated = run_gate(TOTAL, "test_speed.py::test_new")
    assert [finding.benchmark for finding in gated.result.findings] == [TOTAL]
    assert any("test_new: not compared: base" in note for note in gated.result.notes)


def test_base_that_cannot_be_measured_leaves_nothing_to_compare(
    run_gate: RunGate, repository: Path, commit: Callable[[], None]
) -> None:
    (repository / "test_speed.py").write_text("import gone\ndef test_total(benchmark): pass\n")
    commit()
    gated = run_gate()
    assert gated.result.verdict is Verdict.INCONCLUSIVE


def test_worker_that_is_killed_is_no_verdict_on_the_head(
    run_gate: RunGate, repository: Path
) -> None:
    (repository / "src" / "sums.py").write_text(
        "import os\ndef total(numbers):\n    os.kill(os.getpid(), 9)\n"
    )
    finding = only_finding(run_gate())
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "ended with code -9" in finding.reason
