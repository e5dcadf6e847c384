"""gate.json: what pytest-benchmark reads of it, and what we read of it again."""

import json
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from bench.gate.blocks import Blocks
from bench.gate.design import Comparison
from bench.gate.report import GateFileError, read_gate_json, to_json
from bench.gate.report.deciding import deciding
from bench.gate.report.pytest_stats import stats_of
from bench.gate.result import Finding, GateResult
from bench.results import LARGEST_FIGURE, Estimate

MakeFinding = Callable[..., Finding]
MakeComparison = Callable[..., Comparison]
MakePassed = Callable[[int], list[Finding]]
MakeGate = Callable[..., GateResult]
MakeRestarts = Callable[[Finding, int], list[Blocks]]
MakeBlocks = Callable[[GateResult], Mapping[str, list[Blocks]]]
Known = Mapping[str, Finding]


@pytest.fixture(scope="module")
def written(full_gate: GateResult, full_blocks: Mapping[str, Sequence[Blocks]]) -> bytes:
    return to_json(full_gate, full_blocks)


def test_a_gate_survives_its_file(full_gate: GateResult, written: bytes, tmp_path: Path) -> None:
    path = tmp_path / "gate.json"
    path.write_bytes(written)
    assert read_gate_json(written) == full_gate
    assert read_gate_json(path) == full_gate


def test_a_gate_without_findings_survives_its_file(make_gate: MakeGate) -> None:
    assert read_gate_json(to_json(make_gate(), {})) == make_gate()


def test_pytest_benchmark_itself_compares_the_file(
    written: bytes, tmp_path: Path, known: Known
) -> None:
    (tmp_path / "gate.json").write_bytes(written)
    done = subprocess.run(
        [sys.executable, "-m", "pytest_benchmark", "compare", "gate.json", "--csv=out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Failed to load" not in done.stdout + done.stderr
    table = (tmp_path / "out.csv").read_text()
    assert known["again"].benchmark in table
    # A header, and the 17 of 19 benchmarks that were measured.
    assert len(table.splitlines()) == 18


@pytest.mark.parametrize("count", [*range(1, 14), 480])
def test_statistics_are_those_of_pytest_benchmark(count: int) -> None:
    rng = np.random.default_rng(count)
    times_s = (1e-5 * (1 + rng.random(count) + (rng.random(count) > 0.9))).tolist()
    # Its modules carry no types.
    theirs: Any = import_module("pytest_benchmark.stats").Stats()
    for each in times_s:
        theirs.update(each)
    ours = stats_of(times_s)
    assert ours.pop("data") == theirs.data
    assert list(ours) == list(theirs.as_dict())
    for field, value in theirs.as_dict().items():
        assert ours[field] == (value if isinstance(value, str) else pytest.approx(value)), field


def test_times_are_the_heads_in_seconds_per_unit_without_interrupted_rounds(
    make_passed: MakePassed, make_gate: MakeGate, make_restarts: MakeRestarts
) -> None:
    one = make_passed(1)[0]
    blocks = make_restarts(one, 1)
    blocks[0].interrupted[:] = False
    blocks[0].interrupted[0] = True
    document = json.loads(to_json(make_gate(one), {one.benchmark: blocks}))
    (entry,) = document["benchmarks"]
    expected = blocks[0].head_ns[1:] / one.units_per_block / 1e9
    assert entry["stats"]["data"] == pytest.approx(expected.tolist())
    assert entry["stats"]["iterations"] == one.units_per_block
    assert document["sealbench"]["blocks"][one.benchmark][0]["interrupted"][:2] == [1, 0]


def test_only_the_second_look_counts_where_there_was_one(
    make_finding: MakeFinding, make_restarts: MakeRestarts, known: Known
) -> None:
    blocks = make_restarts(known["again"], 12)
    assert list(deciding(known["again"], blocks)) == blocks[4:]
    assert list(deciding(known["again"], blocks[4:])) == blocks[4:]
    assert list(deciding(make_finding("not compared"), blocks)) == blocks


def test_a_wrong_answer_has_no_times(
    known: Known, make_restarts: MakeRestarts, make_gate: MakeGate
) -> None:
    wrong = known["wrong"]
    data = to_json(make_gate(wrong), {wrong.benchmark: make_restarts(wrong, 2)})
    assert json.loads(data)["benchmarks"] == []


def test_a_benchmark_whose_rounds_were_all_interrupted_has_no_entry(
    make_passed: MakePassed, make_gate: MakeGate, make_restarts: MakeRestarts
) -> None:
    one = make_passed(1)[0]
    blocks = make_restarts(one, 1)
    blocks[0].interrupted[:] = True
    assert json.loads(to_json(make_gate(one), {one.benchmark: blocks}))["benchmarks"] == []


def test_host_name_is_not_in_the_file(written: bytes) -> None:
    info = json.loads(written)["machine_info"]
    assert info["node"] == "epyc-2c"
    assert platform.node() not in {"", *map(str, info.values())}


def refuse(constant: str) -> Any:
    raise AssertionError(constant)


def test_no_figure_is_one_that_json_cannot_hold(
    make_finding: MakeFinding, make_comparison: MakeComparison, make_gate: MakeGate
) -> None:
    ratio = Estimate(value=1.0, low=float("-inf"), high=float("inf"))
    compared = msgspec.structs.replace(make_comparison(0.0), ratio=ratio)
    result = make_gate(make_finding("endless", compared=compared))
    data = to_json(result, {})
    json.loads(data, parse_constant=refuse)
    read = read_gate_json(data).findings[0].comparison
    assert read is not None
    assert (read.ratio.low, read.ratio.high) == (-LARGEST_FIGURE, LARGEST_FIGURE)
    not_a_number = msgspec.structs.replace(result, seconds=float("nan"))
    data = to_json(not_a_number, {})
    with pytest.raises(GateFileError, match=r"result\.seconds"):
        read_gate_json(data)


def changed(written: bytes, **changes: Any) -> bytes:
    document = json.loads(written)
    document["sealbench"]["result"] |= changes
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "gate.json: Input data was truncated"),
        (b"\xff\xfe", "gate.json: "),
        (b"[]", "gate.json: Expected `object`, got `array`"),
        (b"[" * 200_000, "gate.json: "),
        (b'{"benchmarks": []}', "gate.json: sealbench: missing, so no gate wrote this file"),
        (b'{"sealbench": {}}', r"missing required field `schema` - at `\$.sealbench`"),
        (b'{"sealbench": {"schema": 2}}', "sealbench.schema: 2 is unknown, this sealbench reads 1"),
        (b'{"sealbench": {"schema": 1}}', r"missing required field `result` - at `\$.sealbench`"),
    ],
)
def test_what_is_no_gate_is_refused_in_words(data: bytes, said: str) -> None:
    with pytest.raises(GateFileError, match=said):
        read_gate_json(data)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seed": "7"}, r"Expected `int`, got `str` - at `\$.sealbench.result.seed`"),
        ({"verdict": "MAYBE"}, r"Invalid enum value 'MAYBE' - at `\$.sealbench.result.verdict`"),
        ({"schema": 9}, "sealbench.result.schema: 9 is unknown"),
        ({"findings": [{}]}, r"at `\$.sealbench.result.findings\[0\]`"),
    ],
)
def test_a_broken_field_is_named(written: bytes, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(GateFileError, match=said):
        read_gate_json(changed(written, **changes))


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(GateFileError, match=r"absent\.json: No such file or directory"):
        read_gate_json(tmp_path / "absent.json")


def test_odd_names_survive(
    make_finding: MakeFinding,
    make_comparison: MakeComparison,
    make_gate: MakeGate,
    make_blocks: MakeBlocks,
) -> None:
    one = make_finding('q"uote\\|\n\x00\x1b' + "x" * 200, compared=make_comparison(0.0))
    result = make_gate(one)
    assert read_gate_json(to_json(result, make_blocks(result))) == result
