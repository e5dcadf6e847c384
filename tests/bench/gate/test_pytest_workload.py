"""Tests of a toy project, served by a real worker process over real pipes."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace

import pytest

from bench.gate.worker import call_workload
from bench.gate.worker.call_workload import PreparedCall
from bench.gate.worker.messages import (
    Block,
    Closed,
    Finished,
    Job,
    Measured,
    Next,
    Opened,
    PytestSpec,
)
from bench.gate.worker_process import WorkerFailed, WorkerProcess

UNITS, BLOCKS = 200, 3

SETTINGS = """
[tool.pytest.ini_options]
addopts = ["--strict-markers", "--strict-config", "-x", "-s", "--benchmark-min-rounds", "3", {more}]
filterwarnings = ["error"]
required_plugins = ["pytest-benchmark>=4"]
"""

CONFTEST = """
import pytest

def pytest_benchmark_update_json(config, benchmarks, output_json):
    "A hook of the plugin that is replaced."

def pytest_collection_modifyitems(items):
    items.reverse()

@pytest.fixture(scope="session")
def thousand():
    print("made once")
    return 1000
"""

TESTS = """
import asyncio
import gc
import itertools
import sys

import pytest

import toy

@pytest.mark.benchmark(group="sums")
@pytest.mark.parametrize("n", [10, 100], ids=["a//b::c [x/y]", "ü"])
def test_named(benchmark, n):
    assert benchmark.group == "sums"
    assert benchmark(toy.total, n) == n * (n - 1) // 2

class TestInClass:
    def test_with_session_fixture(self, benchmark, thousand):
        print("to the terminal")
        assert benchmark(toy.total, n=thousand) == 499500

def test_pedantic(benchmark):
    made = itertools.count()
    ended = []
    result = benchmark.pedantic(
        sorted, setup=lambda: (([next(made), -1],), {}), teardown=ended.append, rounds=5
    )
    assert result == [-1, len(ended) - 1]
    assert len(ended) > 600

def test_decorated(benchmark):
    @benchmark
    def answer():
        return 42
    assert answer == 42
    assert benchmark.stats is None and not benchmark.enabled

def test_traced(benchmark):
    sys.settrace(lambda *_: None)
    try:
        assert benchmark(sys.gettrace) is None
        assert sys.gettrace() is not None
    finally:
        sys.settrace(None)
    assert gc.isenabled()

def test_asynchronous(benchmark):
    async def work():
        return 5
    assert benchmark(lambda: asyncio.run(work())) == 5

def test_coroutine_function(benchmark):
    async def work(): pass
    benchmark(work)

def test_wrong_from_the_start(benchmark):
    assert 1 + 1 == 3, "arithmetic"

def test_wrong_in_the_end(benchmark):
    calls = itertools.count()
    assert benchmark(lambda: next(calls)) < 600

def test_fails_in_the_end(benchmark):
    if benchmark(lambda: 600) < 600.5:
        pytest.fail("600 < 600.5")

def test_fails_while_timed(benchmark):
    calls = itertools.count()
    def work():
        if next(calls) > 300:
            raise ValueError("tired")
    benchmark(work)

def test_exits_while_timed(benchmark):
    calls = itertools.count()
    benchmark(lambda: sys.exit("enough") if next(calls) > 300 else None)

def test_reads_statistics(benchmark):
    benchmark(len, "")
    benchmark.stats.stats.mean

def test_skips_in_the_end(benchmark):
    benchmark(len, "")
    pytest.skip("not today")

@pytest.mark.skip(reason="no camera")
def test_skipped(benchmark): ...

@pytest.mark.xfail(reason="known")
def test_expected_to_fail(benchmark):
    assert False

def test_measures_nothing(benchmark): ...

def test_measures_twice(benchmark):
    benchmark(len, "")
    benchmark(len, "")

def test_weaves(benchmark):
    benchmark.weave(toy)

@pytest.fixture
def broken():
    raise OSError("no such device")

def test_broken_fixture(benchmark, broken): ...

@pytest.fixture
def broken_teardown():
    yield
    raise OSError("device is gone")

def test_broken_teardown(benchmark, broken_teardown):
    benchmark(len, "")

def test_last(benchmark):
    assert benchmark(toy.total, 3) == 3
"""

FILES = {
    "toy.py": "def total(n):\n    return sum(range(n))\n",
    "tests/conftest.py": CONFTEST,
    "tests/test_toy.py": TESTS,
    "tests/test_broken.py": "import no_such_module\n",
    "tests/test_skipped.py": "import pytest\npytest.importorskip('no_such_module')\n",
}


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a worker said of one benchmark."""

    opened: Opened
    measured: Sequence[Measured]
    closed: Closed


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(dedent(text))
    return folder


def heard_of(checkout: Path, names: Sequence[str]) -> list[Heard]:
    """Return what a worker says of each benchmark, in the order in which it says it."""
    job = Job(benchmarks=[PytestSpec(name=name) for name in names])
    heard = []
    with WorkerProcess([str(checkout)], job, folder=checkout) as worker:
        for _ in names:
            opened = worker.opened()
            blocks = BLOCKS if opened.error is None else 0
            measured = [
                worker.ask(Block(start=at * UNITS, units=UNITS), Measured) for at in range(blocks)
            ]
            heard.append(Heard(opened=opened, measured=measured, closed=worker.ask(Next(), Closed)))
        worker.expect(Finished)
    return heard


MEASURED = [
    "test_last",
    "test_named[a//b::c [x/y]]",
    r"test_named[\xfc]",
    "TestInClass::test_with_session_fixture",
    "test_pedantic",
    "test_decorated",
    "test_asynchronous",
    "test_traced",
]

ABSENT = {
    "test_toy.py::test_gone": "no such test",
    "test_toy.py::test_named[gone]": "no such test",
    "test_gone.py::test_named": "no file tests/test_gone.py",
    "test_skipped.py::test_any": "could not import 'no_such_module'",
    "test_toy.py::test_skipped": "skipped: no camera",
    "test_toy.py::test_expected_to_fail": "skipped: expected to fail: known",
}

NOT_MEASURED = {
    "test_broken.py::test_any": "ModuleNotFoundError: No module named 'no_such_module'",
    "test_toy.py::test_coroutine_function": "work is a coroutine function",
    "test_toy.py::test_measures_nothing": "never called benchmark",
    "test_toy.py::test_weaves": "benchmark.weave",
    "test_toy.py::test_broken_fixture": "OSError: no such device",
}

BROKEN_LATE = {
    "test_reads_statistics": "'NoneType' object has no attribute 'stats'",
    "test_skips_in_the_end": "skipped: not today",
    "test_measures_twice": "only once",
    "test_broken_teardown": "OSError: device is gone",
}

ENDED_WHILE_TIMED = {
    "test_fails_while_timed": "ValueError: tired",
    "test_exits_while_timed": "SystemExit: enough",
}

WRONG_LATE = ["test_wrong_in_the_end", "test_fails_in_the_end"]
WRONG = ["test_wrong_from_the_start", *WRONG_LATE]

NAMES = [
    *ABSENT,
    *NOT_MEASURED,
    *(f"test_toy.py::{name}" for name in [*BROKEN_LATE, *ENDED_WHILE_TIMED, *WRONG, *MEASURED]),
]
# What is not there stands between what is: it must not put anything out of order.
ASKED = [f"tests/{name}" for name in [*NAMES[::3], *NAMES[1::3], *NAMES[2::3]]]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> list[Heard]:
    settings = {"pyproject.toml": SETTINGS.format(more='"-n2"')}
    checkout = written(tmp_path_factory.mktemp("checkout"), FILES | settings)
    return heard_of(checkout, ASKED)


def of(heard: Sequence[Heard], name: str) -> Heard:
    return next(each for each in heard if each.opened.name == f"tests/{name}")


def test_tests_are_opened_in_the_order_of_the_job(toy: list[Heard]) -> None:
    assert [each.opened.name for each in toy] == ASKED
    assert [each.closed.name for each in toy] == ASKED


@pytest.mark.parametrize("name", MEASURED)
def test_calls_of_a_test_are_measured(toy: list[Heard], name: str) -> None:
    heard = of(toy, f"test_toy.py::{name}")
    assert heard.opened.error is None
    assert heard.opened.unit == "call"
    assert heard.opened.unit_ns > 0
    assert [each.error for each in heard.measured] == [None] * BLOCKS
    assert all(each.ns > 0 for each in heard.measured)
    assert heard.closed.error is None


@pytest.mark.parametrize("name", ABSENT)
def test_what_a_checkout_does_not_run_is_absent(toy: list[Heard], name: str) -> None:
    heard = of(toy, name)
    assert heard.opened.absent
    assert ABSENT[name] in (heard.opened.error or "")
    assert not heard.opened.wrong


@pytest.mark.parametrize("name", NOT_MEASURED)
def test_a_test_that_cannot_be_measured_says_why(toy: list[Heard], name: str) -> None:
    heard = of(toy, name)
    assert NOT_MEASURED[name] in (heard.opened.error or "")
    assert not heard.opened.absent
    assert not heard.opened.wrong


@pytest.mark.parametrize("name", BROKEN_LATE)
def test_what_breaks_after_the_measurement_is_said_at_the_end(toy: list[Heard], name: str) -> None:
    heard = of(toy, f"test_toy.py::{name}")
    assert [each.error for each in heard.measured] == [None] * BLOCKS
    assert BROKEN_LATE[name] in (heard.closed.error or "")
    assert not heard.closed.wrong


@pytest.mark.parametrize("name", ENDED_WHILE_TIMED)
def test_an_error_in_a_timed_call_is_said_at_once(toy: list[Heard], name: str) -> None:
    heard = of(toy, f"test_toy.py::{name}")
    # The warm-up, or a block.
    said: list[Opened | Measured] = [heard.opened, *heard.measured]
    last = said[-1]
    assert ENDED_WHILE_TIMED[name] in (last.error or "")
    assert not last.wrong


def test_an_assertion_before_the_measurement_is_a_wrong_answer(toy: list[Heard]) -> None:
    opened = of(toy, "test_toy.py::test_wrong_from_the_start").opened
    assert opened.wrong
    assert "arithmetic" in (opened.error or "")


@pytest.mark.parametrize("name", WRONG_LATE)
def test_a_wrong_answer_of_a_late_call_shows_at_the_end(toy: list[Heard], name: str) -> None:
    heard = of(toy, f"test_toy.py::{name}")
    assert [each.error for each in heard.measured] == [None] * BLOCKS
    assert heard.closed.wrong
    assert "< 600" in (heard.closed.error or "")


def test_a_broken_conftest_is_quoted(tmp_path: Path) -> None:
    files = {
        "conftest.py": "import no_such_module\n",
        "tests/test_any.py": "def test_a(benchmark): ...",
    }
    heard = of(
        heard_of(written(tmp_path, files), ["tests/test_any.py::test_a"]), "test_any.py::test_a"
    )
    assert "No module named 'no_such_module'" in (heard.opened.error or "")
    assert not heard.opened.absent


@pytest.mark.parametrize("place", ["src", "projects/toy/src"])
def test_a_package_that_all_checkouts_share_is_refused(tmp_path: Path, place: str) -> None:
    package = "def total():\n    return 0\n"
    files = {
        "elsewhere/toy/__init__.py": package,
        f"checkout/{place}/toy/__init__.py": package,
        # As an editable install does, but before the checkout's own folders.
        "checkout/conftest.py": f"import sys\nsys.path.insert(0, '{tmp_path}/elsewhere')\n",
        "checkout/tests/test_any.py": "import toy\ndef test_a(benchmark): benchmark(toy.total)\n",
    }
    checkout = written(tmp_path, files) / "checkout"
    heard = of(heard_of(checkout, ["tests/test_any.py::test_a"]), "test_any.py::test_a")
    assert f"toy is imported from {tmp_path / 'elsewhere'}" in (heard.opened.error or "")


def test_a_worker_ends_with_the_gate(tmp_path: Path) -> None:
    files = {"test_any.py": "def test_a(benchmark): benchmark(len, '')\ndef test_b(benchmark): ..."}
    job = Job(benchmarks=[PytestSpec(name=f"test_any.py::{name}") for name in ("test_a", "test_b")])
    with WorkerProcess([str(tmp_path)], job, folder=written(tmp_path, files)) as worker:
        assert worker.opened().error is None
        os.close(worker._requests)
        worker._requests = os.open(os.devnull, os.O_WRONLY)
        with pytest.raises(WorkerFailed, match="ended with code 0"):
            worker.opened()


def test_what_stands_around_a_call_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock_ns = 0

    def spend(ns: int) -> None:
        nonlocal clock_ns
        clock_ns += ns

    def prepared() -> tuple[tuple[int], dict[str, int]]:
        spend(1000)
        return (5,), {}

    monkeypatch.setattr(call_workload, "time", SimpleNamespace(perf_counter_ns=lambda: clock_ns))
    workload = PreparedCall(spend, prepared, lambda _: spend(70))
    workload.run(0, 10)
    assert workload.own_ns == 50
    assert clock_ns == 10 * 1075
