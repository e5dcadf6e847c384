"""Reading what can be a baseline: run folders, gate.json, pytest-benchmark's JSON."""

from collections import Counter
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import numpy as np

from bench.cases import INTERLEAVED
from bench.gate.result import GATE_SCHEMA, Verdict
from bench.gate.stored.baseline import Baseline, BaselineError, Least
from bench.machine import Machine, fingerprint
from bench.machine.schema import CalibrationNs
from bench.plain_text import utf8_text
from bench.results import Row
from bench.samples import Samples, stage_fields
from bench.store import StoredRun, StoreError, read_run
from bench.store.errors import file_errors
from bench.store.files import read_bytes
from bench.store.layout import MACHINE, ROWS, RUN
from bench.verdict import WrongAnswer
from pipelines.files import path_text

FINGERPRINT_SCHEMA = 1
"""Version of what `pytest --sealbench-fingerprint` writes into `machine_info`."""

UNITS = {"stage": "frame", "hash": "plane", "lookup": "look-up"}
"""What a sample of a run folder is of, by the model of its row."""

# No unit takes longer than a day, and no clock tells less than a ps; 0 would be divided by.
Seconds = Annotated[float, msgspec.Meta(ge=1e-12, le=86_400)]
GATE = "gate.json"
MOST_BYTES = 500_000_000
"""The most that is read of a file; pytest-benchmark may keep every round of a large suite."""

NULL = msgspec.Raw(b"null")
T = TypeVar("T", bound=msgspec.Struct)


class _Mark(msgspec.Struct, frozen=True):
    schema: int
    fingerprint: dict[str, str]
    calibration_ns: CalibrationNs | None = None


class _MachineInfo(msgspec.Struct, frozen=True):
    sealbench: msgspec.Raw = NULL


class _Stats(msgspec.Struct, frozen=True):
    min: Seconds


class _Benchmark(msgspec.Struct, frozen=True):
    fullname: str
    stats: _Stats


class _File(msgspec.Struct, frozen=True):
    benchmarks: list[_Benchmark]
    machine_info: _MachineInfo = _MachineInfo()
    sealbench: msgspec.Raw = NULL


class _Version(msgspec.Struct, frozen=True):
    schema: int


class _Found(msgspec.Struct, frozen=True):
    benchmark: str
    verdict: Verdict
    reason: str
    unit: str


class _GateResult(msgspec.Struct, frozen=True):
    suite: str
    machine: Machine
    findings: list[_Found]
    calibration_ns: CalibrationNs | None = None


class _Gate(msgspec.Struct, frozen=True):
    result: _GateResult


def read_baseline(path: Path) -> Baseline:
    """Return what is stored in `path`: a run's or a gate's folder, a file in it, or a JSON file.

    The JSON is pytest-benchmark's or our own gate's, which has the same keys.
    Raises BaselineError.
    """
    try:
        with file_errors(path):
            if (path / GATE).exists():
                path /= GATE
        if path.is_dir():
            return _of_run(read_run(path), source=path_text(path))
        if path.name in {RUN, ROWS, MACHINE}:
            return _of_run(read_run(path.parent), source=path_text(path))
        data = read_bytes(path, most_bytes=MOST_BYTES)
    except StoreError as error:
        raise BaselineError(_first_line(str(error))) from error
    return _of_json(data, source=path_text(path))


def _of_run(run: StoredRun, *, source: str) -> Baseline:
    """Return the least times of the finished cases of a run. Raises BaselineError, StoreError."""
    benchmarks: dict[str, Least] = {}
    untimed: dict[str, str] = {}
    wrong_answers: dict[str, str] = {}
    for row in run.rows:
        if row.error is not None:
            wrong = row.error.startswith(WrongAnswer.__name__)
            (wrong_answers if wrong else untimed)[row.case] = _first_line(row.error)
        elif row.model not in INTERLEAVED:
            untimed[row.case] = f"a case of {row.model!r} is held against no stored one"
        elif (samples := run.samples(row)) is None:
            untimed[row.case] = "stored without its samples"
        else:
            benchmarks[row.case] = _of_samples(samples, row, f"{source}: case {row.case!r}")
    if not benchmarks and not wrong_answers:
        models = ", ".join(INTERLEAVED)
        raise BaselineError(f"{source}: rows: no finished case of {models} that has its samples")
    moments = [each for session in run.sessions for each in (session.before, session.after)]
    calibrations = [each.calibration_ns for each in moments if each and each.calibration_ns]
    return Baseline(
        source=source,
        kind="run folder",
        suite=run.plan.suite,
        fingerprint=fingerprint(run.machine),
        # Any one of them may have been disturbed for its whole 0.2 s, rarely all of them.
        calibration_ns=min(calibrations, default=None),
        benchmarks=benchmarks,
        untimed=untimed,
        wrong_answers=wrong_answers,
    )


def _of_samples(samples: Samples, row: Row, where: str) -> Least:
    if not len(samples):
        raise BaselineError(f"{where}: samples: there are none")
    number, began = "query" if row.model == "lookup" else "frame", "start_ns"
    ended = (stage_fields(samples) or ("end_ns",))[-1]
    if missing := {number, began, ended} - set(samples.dtype.names or ()):
        raise BaselineError(f"{where}: samples: no column {min(missing)!r}")
    times_ns = samples[ended] - samples[began]
    if times_ns.min() < 1:
        raise BaselineError(f"{where}: samples: a time of {times_ns.min()} ns")
    units, place = np.unique(samples[number], return_inverse=True)
    least_ns = np.full(len(units), np.inf)
    np.minimum.at(least_ns, place, times_ns)
    return Least(
        of=dict(zip(units.tolist(), least_ns.tolist(), strict=True)),
        unit=UNITS[row.model],
        work={
            "clip_sha256": row.clip_sha256,
            "encoder": row.encoder,
            "engine": row.engine,
            "library": row.library,
        },
    )


def _of_json(data: bytes, *, source: str) -> Baseline:
    stored = _decode(data, _File, f"{source}: no JSON of a gate or of pytest-benchmark")
    twice = [
        name for name, times in Counter(b.fullname for b in stored.benchmarks).items() if times > 1
    ]
    if twice:
        raise BaselineError(f"{source}: benchmarks: {twice[0]!r} is there more than once")
    least_ns = {each.fullname: each.stats.min * 1e9 for each in stored.benchmarks}
    if stored.sealbench != NULL:
        return _of_gate(stored.sealbench, least_ns, source)
    if not least_ns:
        raise BaselineError(f"{source}: benchmarks: there are none")
    mark = None
    if stored.machine_info.sealbench != NULL:
        where = f"{source}: machine_info.sealbench"
        mark = _decode_known(stored.machine_info.sealbench, _Mark, FINGERPRINT_SCHEMA, where)
    return Baseline(
        source=source,
        kind="pytest-benchmark",
        fingerprint={} if mark is None else mark.fingerprint,
        calibration_ns=None if mark is None else mark.calibration_ns,
        benchmarks={name: Least(of={0: ns}, unit="call") for name, ns in least_ns.items()},
    )


def _of_gate(block: msgspec.Raw, least_ns: dict[str, float], source: str) -> Baseline:
    result = _decode_known(block, _Gate, GATE_SCHEMA, f"{source}: sealbench").result
    units = {found.benchmark: found.unit for found in result.findings}
    wrong_answers = {
        found.benchmark: _first_line(found.reason)
        for found in result.findings
        if found.verdict is Verdict.WRONG_ANSWER
    }
    benchmarks = {
        name: Least(of={0: ns}, unit=units.get(name, "unit"))
        for name, ns in least_ns.items()
        if name not in wrong_answers
    }
    if not benchmarks and not wrong_answers:
        raise BaselineError(f"{source}: benchmarks: there are none")
    untimed = {
        found.benchmark: _first_line(found.reason)
        for found in result.findings
        if found.benchmark not in benchmarks and found.benchmark not in wrong_answers
    }
    return Baseline(
        source=source,
        kind="gate",
        suite=result.suite,
        fingerprint=fingerprint(result.machine),
        calibration_ns=result.calibration_ns,
        benchmarks=benchmarks,
        untimed=untimed,
        wrong_answers=wrong_answers,
    )


def _decode_known(data: msgspec.Raw, kind: type[T], schema: int, where: str) -> T:
    """Return the `kind` in `data` once its schema is `schema`: others may have other fields."""
    found = _decode(data, _Version, where).schema
    if found != schema:
        raise BaselineError(f"{where}.schema: {found} is unknown, this sealbench reads {schema}")
    return _decode(data, kind, where)


def _decode(data: bytes | msgspec.Raw, kind: type[T], where: str) -> T:
    try:
        text = data if isinstance(data, msgspec.Raw) else utf8_text(data)
        return msgspec.json.decode(text, type=kind)
    # Bytes that are not UTF-8 are a ValueError; deep nesting exhausts the stack.
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BaselineError(f"{where}: {_first_line(str(error))}") from error


def _first_line(text: str) -> str:
    return (text.splitlines() or [""])[0]
