"""From a run folder to what the report reads: the only place that knows how runs are stored."""

from collections.abc import Iterator
from functools import partial

import msgspec

from bench.machine import Conditions, Machine, limits
from bench.report.quantities import MISSING, duration, number
from bench.report.report_run import INTERRUPTED, ReportRun
from bench.results import Row
from bench.samples import Samples, unlike_samples
from bench.store import Session, StoredRun, StoreError
from bench.store.stored import FRAME_BY_FRAME

_NAMED_ISA = ("aes", "vaes", "avx512f", "sha_ni", "pmull")
_NAMED_LIBRARIES = (
    ("cryptography/openssl", "cryptography with"),
    ("pylibsrtp/openssl", "pylibsrtp with"),
    ("av/ffmpeg", "FFmpeg"),
)
"""What decides the numbers is named in the machine's one line; the rest is in its facts."""


def report_run(stored: StoredRun) -> ReportRun:
    """Return the run that `stored` holds, named after its folder."""
    return ReportRun(
        name=stored.path.resolve().name,
        evidence=str(stored.path),
        machine_line=machine_line(stored.machine),
        machine_facts=tuple(_machine_facts(stored.machine)),
        conditions=tuple(_conditions(stored)),
        clock_overhead_ns=stored.machine.clock.read_ns.value,
        rows=(*stored.rows, *(_interrupted(row) for row in stored.interim)),
        load_samples=partial(_frames, stored),
    )


def _frames(stored: StoredRun, row: Row) -> Samples | None:
    """Return the samples of `row`; those of frames have all columns. Raises StoreError."""
    samples = stored.samples(row)
    if samples is not None and row.model in FRAME_BY_FRAME:
        unlike = unlike_samples(samples, hooked=row.hook is not None)
        if unlike:
            raise StoreError(f"{stored.path / row.samples}: {unlike}")
    return samples


def _interrupted(row: Row) -> Row:
    """Return the row of a case in flight, which then says so wherever it is shown."""
    return msgspec.structs.replace(row, labels=(*row.labels, INTERRUPTED))


def machine_line(machine: Machine) -> str:
    """Return CPU, cores, crypto instructions and the libraries that matter most, in one line."""
    hardware = [f"{machine.usable_cores} cores"]
    hardware += [name for name in _NAMED_ISA if name in (machine.isa or ())]
    libraries = [
        # "OpenSSL 4.0.3 29 Sep 2026": its date stands among the facts.
        f"{said} {' '.join(version.split()[:2])}"
        for name, said in _NAMED_LIBRARIES
        if (version := machine.libraries.get(name))
    ]
    parts = "; ".join(", ".join(part) for part in (hardware, libraries) if part)
    return f"{machine.cpu_model or machine.architecture} ({parts})"


def _machine_facts(machine: Machine) -> Iterator[tuple[str, str]]:
    yield "CPU", _or_unknown(machine.cpu_model)
    yield "architecture", machine.architecture
    yield (
        "cores",
        (
            f"{_or_unknown(machine.logical_cores)} logical, {_or_unknown(machine.physical_cores)} "
            f"physical, {machine.usable_cores} usable"
        ),
    )
    yield "instructions for crypto", _or_unknown(", ".join(machine.isa or ()) or None)
    yield "virtual machine", {None: "unknown", True: "yes", False: "no"}[machine.virtual]
    if machine.ram_bytes:
        yield "memory", f"{number(machine.ram_bytes / 2**30)} GiB"
    yield "frequency governor", _or_unknown(", ".join(sorted(set(machine.governors or ()))) or None)
    yield "kernel", machine.kernel
    yield "operating system", machine.os
    yield "Python", machine.python
    yield "revision of sealbench", _or_unknown(machine.git_revision)
    clock = machine.clock
    yield (
        "clock",
        f"{duration(clock.read_ns.value)} per reading, steps of {duration(clock.resolution_ns)}",
    )
    if machine.scaling:
        scaling = machine.scaling
        yield (
            "scaling over cores",
            (
                f"{scaling.processes} processes do {number(scaling.ratio.value)} times the work of "
                f"one ({number(scaling.ratio.low)} to {number(scaling.ratio.high)})"
            ),
        )
    for name, version in machine.libraries.items():
        yield name, version or "absent"


def _conditions(stored: StoredRun) -> Iterator[tuple[str, str]]:
    plan = stored.plan
    yield "suite", plan.suite
    yield "seed", str(plan.seed)
    yield "started", plan.started_utc
    if "hash-list" in plan.options:
        digest = plan.options.get("hash-list-sha256", MISSING)
        yield "own hash list", f"{plan.options['hash-list']} (SHA-256 {digest})"
    for place, session in enumerate(stored.sessions, start=1):
        part = f"session {place}" if len(stored.sessions) > 1 else "run"
        yield from _session(part, session)
    for sentence in limits(stored.machine, stored.sessions[0].before) if stored.sessions else ():
        yield "limits these numbers", sentence


def _session(part: str, session: Session) -> Iterator[tuple[str, str]]:
    yield f"before the {part}", _busy(session.before)
    yield f"after the {part}", _busy(session.after) if session.after else "unknown: it was ended"


def _busy(conditions: Conditions) -> str:
    return (
        f"load {_figure(conditions.load_1min)}, "
        f"CPU pressure {_figure(conditions.cpu_pressure_percent)} % ({conditions.utc})"
    )


def _figure(value: float | None) -> str:
    return MISSING if value is None else f"{value:.2f}"


def _or_unknown(value: object) -> str:
    return "unknown" if value is None else str(value)
