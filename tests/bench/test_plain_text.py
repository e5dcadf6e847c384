"""Files that users hand in are read with a mark in front, and refused with line and reason."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.gate.stored.baseline import BaselineError
from bench.gate.stored.read_baseline import read_baseline
from bench.plain_text import NoText, utf8_text
from bench.profile.store import read_profile
from bench.sizing.scenario.errors import ScenarioError
from bench.sizing.scenario.load import builtin_scenarios, load_scenario
from bench.store import StoreError
from bench.suite import SuiteError, builtin_suites, load_suite
from pipelines.registry import load_registry

PROFILE = Path(__file__).parents[1] / "golden" / "sizing" / "calibration.json"

ENCODINGS = ("utf-8-sig", "utf-16", "utf-32", "utf-8")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_marks_and_line_ends_do_not_reach_the_reader(encoding: str) -> None:
    assert utf8_text("a = 1\r\nb = 'µ'\r\n".encode(encoding)) == "a = 1\r\nb = 'µ'\r\n".encode()
    assert utf8_text("".encode(encoding)) == b""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a\nb\xff", "line 2: is not UTF-8 from byte 3"),
        (b"\xff\xfea\0\n\0b", "line 2: is not UTF-16-LE from byte 4"),
        (b"a\nb\nc\0", "line 3: has a NUL character"),
        ("schema = 1\n".encode("utf-16-le"), "line 1: has a NUL character"),
    ],
)
def test_what_is_no_text_is_refused_with_its_line(data: bytes, said: str) -> None:
    with pytest.raises(NoText, match=f"^{said}"):
        utf8_text(data)


def suite_of(path: Path) -> object:
    return load_suite(path, load_registry().pipelines)


@pytest.mark.parametrize(
    ("source", "read", "refused"),
    [
        (builtin_suites()["smoke"], suite_of, SuiteError),
        (builtin_scenarios()["council"], load_scenario, ScenarioError),
        (PROFILE, read_profile, StoreError),
    ],
    ids=["suite", "scenario", "calibration"],
)
def test_every_reader_takes_marks_and_names_what_it_does_not_take(
    tmp_path: Path,
    source: Path,
    read: Callable[[Path], object],
    refused: type[Exception],
) -> None:
    text = source.read_text(encoding="utf-8")
    copy = tmp_path / source.name
    for encoding in ENCODINGS:
        copy.write_bytes(text.encode(encoding))
        read(copy)
    copy.write_bytes(b"\n" + text.encode("utf-16-le"))
    with pytest.raises(refused, match=rf"{source.name}: line 2: has a NUL character"):
        read(copy)


def test_a_stored_baseline_may_have_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(json.dumps({"benchmarks": 1}).encode("utf-16"))
    with pytest.raises(BaselineError) as refused:
        read_baseline(path)
    assert "malformed" not in str(refused.value)
