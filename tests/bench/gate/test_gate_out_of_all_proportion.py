"""A head that is slower, or faster, beyond all measure, and sides that never come to an end."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from bench.gate import overdue, patience
from bench.gate.checkout import of_revision
from bench.gate.design import Design
from bench.gate.exact_counts import COUNTERS
from bench.gate.gate import Gate
from bench.gate.keep import forget
from bench.gate.result import Finding, Verdict
from bench.gate.worker.messages import HashSpec, PytestSpec, Spec
from bench.machine import describe_machine
from bench.progress import Silent

SMALL = Design(restarts=2, confirm_restarts=3, rounds=12, block_ns=100_000)
TOTAL = "test_speed.py::test_total"

QUICK = "def total(numbers):\n    return sum(numbers)\n"
SLOW = "import time\ndef total(numbers):\n    time.sleep(0.1)\n    return sum(numbers)\n"
ENDLESS = "def total(numbers):\n    while True:\n        pass\n"
ENDLESS_LATER = """
import time
CALLS = []
def total(numbers):
    CALLS.append(None)
    time.sleep(0.001)
    while len(CALLS) > 60:
        pass
    return sum(numbers)
"""
SLOW_AT_FIRST = """
import time
CALLS = []
def total(numbers):
    CALLS.append(None)
    if len(CALLS) < 3:
        time.sleep(0.2)
    return sum(numbers)
"""

Judge = Callable[..., Finding]
JudgeHashes = Callable[..., Mapping[str, Finding]]


@pytest.fixture
def judge(
    repository: Path,
    commit: Callable[[], None],
    small_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Judge:
    """Compare a head with a base, both given as the source of `sums`."""
    monkeypatch.setattr(patience, "CALLS_S", 3.0)
    monkeypatch.setattr(patience, "SETUP_S", 6.0)

    def judged(*, head: str, base: str = QUICK) -> Finding:
        source = repository / "src" / "sums.py"
        source.write_text(f"# the base\n{base}")
        commit()
        source.write_text(head)
        (finding,) = findings(repository, small_cache, PytestSpec(name=TOTAL)).values()
        return finding

    return judged


def findings(repository: Path, cache: Path, *specs: Spec) -> Mapping[str, Finding]:
    cache.mkdir(exist_ok=True)
    gated = Gate(
        checkouts=of_revision(repository, "HEAD", cache=cache),
        suite="pytest",
        machine=describe_machine(with_scaling=False),
        seed=1,
        progress=Silent(),
        keep=forget,
        design=SMALL,
        accepted=COUNTERS,
    ).run(specs)
    return {finding.benchmark: finding for finding in gated.result.findings}


def test_lost_cache_is_a_regression_with_its_size(judge: Judge) -> None:
    finding = judge(head=SLOW)
    assert finding.verdict is Verdict.REGRESSION
    assert finding.comparison is not None
    assert finding.comparison.ratio.low > 1000
    assert finding.units_per_block == 1


def test_gained_cache_is_an_improvement(judge: Judge) -> None:
    finding = judge(base=SLOW, head=QUICK)
    assert finding.verdict is Verdict.IMPROVED
    assert finding.comparison is not None
    assert finding.comparison.ratio.high < 0.001


def test_head_that_never_returns_is_a_regression_and_its_place_is_named(judge: Judge) -> None:
    finding = judge(head=ENDLESS)
    assert finding.verdict is Verdict.REGRESSION
    assert finding.confirmed
    assert finding.comparison is None
    assert "head: a first call not done after" in finding.reason
    assert "at src/sums.py:" in finding.reason
    assert finding.reason.count("in total") == 1


def test_head_that_never_returns_from_a_later_call_is_the_one_to_blame(judge: Judge) -> None:
    finding = judge(head=ENDLESS_LATER)
    assert finding.verdict is Verdict.REGRESSION
    assert "head: blocks not done after" in finding.reason
    assert "at src/sums.py:" in finding.reason


def test_base_that_never_returns_is_no_regression_of_the_head(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Alone, where it is counted, it is given all the time that compiling takes: here a little.
    monkeypatch.setattr(overdue, "OPEN_TIMEOUT_S", 15.0)
    finding = judge(base=ENDLESS, head=QUICK)
    assert finding.verdict is Verdict.IMPROVED
    assert "base: a first call not done after" in finding.reason


def test_first_calls_are_not_taken_for_all(judge: Judge) -> None:
    finding = judge(head=SLOW_AT_FIRST)
    assert finding.units_per_block > 1
    assert finding.comparison is not None
    assert finding.comparison.ratio.value < 4


PACKAGE = {
    "__init__.py": "",
    "media.py": "U8 = object\n",
    "scanning/__init__.py": "",
    "scanning/hasher.py": "class Hasher: ...\n",
    "scanning/hashes/__init__.py": "",
    "scanning/hashes/table.py": """
import os
import numpy as np

class Fingerprint:
    words = np.zeros(4, dtype=np.uint64)
    quality = 100

class Sum:
    def hash(self, plane):
        plane.sum()
        return Fingerprint()

class Fourth(Sum):
    ...

HASHERS = {"one": Sum, "two": Sum, "three": Sum, "four": Fourth, "five": Sum}
""",
}


@pytest.mark.parametrize(
    ("does", "verdict", "why"),
    [
        ("os.abort()", Verdict.WRONG_ANSWER, "ended with code -6"),
        ("os._exit(0)", Verdict.WRONG_ANSWER, "ended with code 0"),
        ("while True: pass", Verdict.REGRESSION, "head: a first call not done after"),
    ],
    ids=["crashes", "exits", "hangs"],
)
def test_worker_that_fails_in_one_benchmark_is_no_fault_of_those_before_it(
    toy: Path, judge_hashes: JudgeHashes, does: str, verdict: Verdict, why: str
) -> None:
    toy.write_text(
        toy.read_text().replace("    ...\n", f"    def hash(self, plane):\n        {does}\n")
    )
    found = judge_hashes("one", "two", "three", "four", "five")
    assert [name for name, each in found.items() if each.comparison is None] == ["hash four"]
    assert found["hash four"].verdict is verdict
    assert why in found["hash four"].reason


@pytest.fixture
def toy(repository: Path, commit: Callable[[], None]) -> Path:
    """Commit a package of hashers with nothing to compile; return the file that holds them."""
    table = repository / "pipelines" / "scanning" / "hashes" / "table.py"
    table.parent.mkdir(parents=True)
    for name, text in PACKAGE.items():
        (repository / "pipelines" / name).write_text(text)
    commit()
    return table


@pytest.fixture
def judge_hashes(
    repository: Path, small_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> JudgeHashes:
    """Compare hashers by their names."""
    monkeypatch.setattr(patience, "CALLS_S", 3.0)
    planes = tmp_path / "planes.npy"
    np.save(planes, np.zeros((2, 64, 64), dtype=np.uint8))

    def judged(*names: str) -> Mapping[str, Finding]:
        specs = [HashSpec(name=f"hash {name}", hasher=name, material=str(planes)) for name in names]
        return findings(repository, small_cache, *specs)

    return judged
