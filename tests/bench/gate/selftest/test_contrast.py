"""pytest-benchmark's own flags, by its own code."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.gate.selftest.contrast import FLAGS, ContrastUnavailable, fails

BASE_S = [0.000_400, 0.000_402, 0.000_404, 0.000_410, 0.000_440]


def slower(by: float, block_s: Sequence[float] = BASE_S) -> list[float]:
    return [block * (1 + by) for block in block_s]


def test_equal_runs_fail_no_flag() -> None:
    assert fails(BASE_S, BASE_S) == dict.fromkeys(FLAGS, False)


def test_four_percent_fails_the_tightest_flag_only() -> None:
    assert fails(BASE_S, slower(0.04)) == {
        "mean:5%": False,
        "median:5%": False,
        "min:5%": False,
        "min:3%": True,
    }


def test_six_percent_fails_every_flag_and_a_gain_none() -> None:
    assert all(fails(BASE_S, slower(0.06)).values())
    assert not any(fails(slower(0.06), BASE_S).values())


def test_one_interrupted_block_fails_the_mean_only() -> None:
    found = fails(BASE_S, [*BASE_S[:-1], 0.004])
    assert [flag for flag, failed in found.items() if failed] == ["mean:5%"]


def test_run_without_blocks_is_refused() -> None:
    with pytest.raises(ValueError, match="without blocks"):
        fails(BASE_S, [])


def test_absent_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    # None in sys.modules is Python's own way to say that there is no such module.
    monkeypatch.setitem(sys.modules, "pytest_benchmark.stats", None)
    with pytest.raises(ContrastUnavailable, match=r"pip install 'sealbench\[gate\]'"):
        fails(BASE_S, BASE_S)


CLOCK = """
moment_s = 0.0

def now():
    return moment_s
"""
SUITE = """
import blocks_clock

def test_block(benchmark):
    blocks_s = iter({blocks_s})

    def block():
        blocks_clock.moment_s += next(blocks_s)

    benchmark.pedantic(block, rounds={rounds})
"""


def test_flags_are_those_that_fail_a_whole_pytest_run(tmp_path: Path) -> None:
    head_s = [*slower(0.04)[:-1], 0.004]
    (tmp_path / "blocks_clock.py").write_text(CLOCK)

    def run(block_s: Sequence[float], *flags: str) -> str:
        suite = SUITE.format(blocks_s=block_s, rounds=len(block_s))
        (tmp_path / "test_block.py").write_text(suite)
        command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), *flags]
        clock = "--benchmark-timer=blocks_clock.now"
        done = subprocess.run(
            [*command, clock, "test_block.py"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
            text=True,
        )
        return done.stdout + done.stderr

    assert "1 passed" in run(BASE_S, "--benchmark-save=base")
    compared = run(head_s, "--benchmark-compare=0001", "--benchmark-compare-fail", *FLAGS)
    failed = re.findall(r"Field '(\w+)' has failed Percentage\w+: .* > (\d)", compared)
    expected = [flag for flag, fails_it in fails(BASE_S, head_s).items() if fails_it]
    assert [f"{field}:{percent}%" for field, percent in failed] == expected
    assert expected == ["mean:5%", "min:3%"]
