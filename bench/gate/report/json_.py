"""gate.json: the whole gate, in a file that readers of pytest-benchmark's JSON understand too."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from bench.gate.blocks import Blocks
from bench.gate.report.deciding import deciding
from bench.gate.report.pytest_stats import stats_of
from bench.gate.result import GATE_SCHEMA, Finding, GateResult, Verdict
from bench.plain_text import utf8_text
from bench.results import LARGEST_FIGURE
from pipelines.files import read_plain

SHAPE_VERSION = "5.3.1"
"""The pytest-benchmark whose file has this shape."""

MOST_BYTES = 500_000_000
"""The most that is read of a gate.json, which holds every block."""


class GateFileError(Exception):
    """A file holds no gate that can be read; the text is one line that names file and field."""


class _SchemaOnly(msgspec.Struct):
    schema: int


class _AnyFile(msgspec.Struct):
    sealbench: _SchemaOnly | None = None


class _Block(msgspec.Struct):
    result: GateResult


class _GateFile(msgspec.Struct):
    sealbench: _Block


def to_json(result: GateResult, blocks: Mapping[str, Sequence[Blocks]]) -> bytes:
    """Return the gate as JSON: pytest-benchmark's keys, and ours under `sealbench`.

    `benchmarks` holds the head's times, in seconds per unit, of the rounds that decided.
    `sealbench.blocks` holds every block by benchmark and restart, in ns as measured. A figure that
    JSON cannot hold is written as the largest figure (infinity) or as null (no number).
    """
    entries = [
        entry
        for finding in result.findings
        if (entry := _benchmark(finding, result, blocks.get(finding.benchmark, ()))) is not None
    ]
    document = {
        "machine_info": _machine_info(result),
        "commit_info": _commit_info(result),
        "benchmarks": entries,
        "datetime": re.sub("Z$", "+00:00", result.started_utc),
        "version": SHAPE_VERSION,
        "sealbench": {
            "schema": GATE_SCHEMA,
            "result": _finite(msgspec.to_builtins(result)),
            "blocks": {name: [_columns(one) for one in every] for name, every in blocks.items()},
        },
    }
    return msgspec.json.encode(document) + b"\n"


def read_gate_json(source: bytes | Path) -> GateResult:
    """Return the gate that `source`, the content of a gate.json or its path, holds.

    Raises GateFileError where it cannot be read, is no gate's, or of another schema.
    """
    where = str(source) if isinstance(source, Path) else "gate.json"
    try:
        data = read_plain(source, most_bytes=MOST_BYTES) if isinstance(source, Path) else source
    except OSError as error:
        raise GateFileError(f"{where}: {error.strerror}") from error
    try:
        # The schema first: a newer file may well have fields that this version rejects.
        data = utf8_text(data)
        found = msgspec.json.decode(data, type=_AnyFile).sealbench
        if found is None:
            raise GateFileError(f"{where}: sealbench: missing, so no gate wrote this file")
        _check_schema(found.schema, f"{where}: sealbench.schema")
        result = msgspec.json.decode(data, type=_GateFile).sealbench.result
    # Bytes that are not UTF-8 are a ValueError; deep nesting exhausts the stack.
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise GateFileError(f"{where}: {error}") from error
    _check_schema(result.schema, f"{where}: sealbench.result.schema")
    return result


def _check_schema(schema: int, where: str) -> None:
    if schema != GATE_SCHEMA:
        raise GateFileError(f"{where}: {schema} is unknown, this sealbench reads {GATE_SCHEMA}")


def _machine_info(result: GateResult) -> dict[str, Any]:
    """Return pytest-benchmark's description of a machine; its node is our slug, no host's name."""
    machine = result.machine
    system, _, release = machine.kernel.partition(" ")
    implementation, _, version = machine.python.partition(" ")
    return {
        "node": machine.slug,
        "processor": machine.cpu_model or "",
        "machine": machine.architecture,
        "python_compiler": "",
        "python_implementation": implementation,
        "python_implementation_version": version,
        "python_version": version,
        "python_build": ["", ""],
        "release": release,
        "system": system,
        "cpu": {
            "arch_string_raw": machine.architecture,
            "brand_raw": machine.cpu_model or "",
            "count": machine.logical_cores,
            "flags": list(machine.isa or ()),
        },
    }


def _commit_info(result: GateResult) -> dict[str, Any]:
    # A head that is no bare commit, such as the working tree, may hold what no commit does.
    dirty = re.fullmatch("[0-9a-f]{7,64}", result.head) is None
    return {
        "id": result.head,
        "time": None,
        "author_time": None,
        "dirty": dirty,
        "project": "sealbench",
        "branch": "(unknown)",
    }


def _benchmark(
    finding: Finding, result: GateResult, every: Sequence[Blocks]
) -> dict[str, Any] | None:
    """Return the head's entry, None where no round of it can be used or its answer is wrong."""
    times_s = [
        ns / finding.units_per_block / 1e9
        for one in deciding(finding, every)
        for ns in one.head_ns[~one.interrupted & (one.head_ns > 0)].tolist()
    ]
    if not times_s or finding.verdict is Verdict.WRONG_ANSWER:
        return None
    ratio = None if finding.comparison is None else finding.comparison.ratio
    return {
        "group": None,
        "name": finding.benchmark.rpartition("::")[2],
        "fullname": finding.benchmark,
        "params": None,
        "param": None,
        "extra_info": {
            "unit": finding.unit,
            "verdict": finding.verdict.value,
            "change_percent": None if ratio is None else _finite(100 * (ratio.value - 1)),
            "counts": _finite(dict(finding.counts)),
        },
        "options": {
            "disable_gc": True,
            "timer": "perf_counter_ns",
            "min_rounds": result.design.rounds,
            "min_time": result.design.block_ns / 1e9,
            "warmup": True,
        },
        "stats": {**stats_of(times_s), "iterations": finding.units_per_block},
    }


def _columns(blocks: Blocks) -> dict[str, list[int]]:
    return {
        "base_ns": blocks.base_ns.tolist(),
        "head_ns": blocks.head_ns.tolist(),
        "twin_ns": blocks.twin_ns.tolist(),
        "interrupted": blocks.interrupted.astype(int).tolist(),
    }


def _finite(value: Any) -> Any:
    """Return `value`, made of what JSON knows, with no infinity and no NaN in it."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in cast("Sequence[Any]", value)]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else math.copysign(LARGEST_FIGURE, value)
    return value
