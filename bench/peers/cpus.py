"""Which cipher on which CPU: the AEADs under masks that hide instructions from OpenSSL."""

import os
import platform
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version

import msgspec

from bench.machine import describe_machine, read_conditions
from bench.machine.schema import Conditions, Machine
from bench.peers.cell import Cell, Direction, Memory, Part
from bench.peers.cpu_masks import CANNOT, MASKS, CpuMask
from bench.peers.cpus_worker import WorkerResult
from bench.peers.render import NONE, Table, figure
from bench.peers.rows import PeerRow
from bench.peers.session import peer_row
from bench.progress import Progress

REPEATS = 4
QUICK_REPEATS = 1
ROUNDS = 5
TIMEOUT_S = 300
AES = "aes-256-gcm"
CHACHA = "chacha20-poly1305"
CLEARLY = 1.05
"""Less than this is a tie: medians of short sessions move by some percent."""


class MaskFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One emulated CPU, and whether each library that tells says that the mask took effect."""

    name: str
    like: str
    variable: str
    took_effect: dict[str, bool | None]
    error: str | None = None


class CpuRow(msgspec.Struct, frozen=True, kw_only=True):
    """One figure under one mask."""

    mask: str
    row: PeerRow


class CpusReport(msgspec.Struct, frozen=True, kw_only=True):
    """One session of `sealbench peers --cpus`; `skipped` says why there is nothing in it."""

    schema: int = 1
    command: str = "peers --cpus"
    sealbench_version: str
    started_utc: str
    seconds: float
    seed: int
    machine: Machine
    conditions_before: Conditions
    conditions_after: Conditions
    masks: tuple[MaskFinding, ...]
    rows: tuple[CpuRow, ...]
    disturbed_passes: int
    skipped: str | None = None


def measure_cpus(*, quick: bool, seed: int, progress: Progress) -> CpusReport:
    """Return the AEADs under every mask, each in fresh processes, in random order."""
    began, started = time.monotonic(), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    before, skipped = read_conditions(), not_x86()
    results: dict[str, list[WorkerResult]] = defaultdict(list)
    errors: dict[str, str] = {}
    if skipped is None:
        turns = list(MASKS) * (QUICK_REPEATS if quick else REPEATS)
        random.Random(seed).shuffle(turns)  # noqa: S311 - an order, not a secret
        progress.begin("the AEADs on emulated CPUs", len(turns))
        for number, mask in enumerate(turns, start=1):
            try:
                results[mask.name].append(run_masked(mask, ROUNDS, seed))
            except ChildProcessError as error:
                errors[mask.name] = str(error)
            progress.advance(number)
        progress.end()
    return CpusReport(
        sealbench_version=version("sealbench"),
        started_utc=started,
        seconds=time.monotonic() - began,
        seed=seed,
        machine=describe_machine(with_scaling=False),
        conditions_before=before,
        conditions_after=read_conditions(),
        masks=tuple(
            finding(mask, results[mask.name], errors.get(mask.name))
            for mask in MASKS
            if skipped is None
        ),
        rows=tuple(
            CpuRow(mask=name, row=row)
            for name, several in results.items()
            for row in merged(several, seed=seed)
        ),
        disturbed_passes=sum(each.disturbed for several in results.values() for each in several),
        skipped=skipped,
    )


def not_x86(machine: str | None = None) -> str | None:
    """Return why the experiment can not be made here, or None where it can."""
    found = (machine or platform.machine()).lower()
    if found in {"x86_64", "amd64"}:
        return None
    return f"OPENSSL_ia32cap exists on x86 only; this machine is {found}"


def run_masked(mask: CpuMask, rounds: int, seed: int) -> WorkerResult:
    """Return what a process under `mask` measured. Raises ChildProcessError."""
    environment = os.environ | {
        "OPENSSL_ia32cap": mask.variable,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    if not mask.variable:
        del environment["OPENSSL_ia32cap"]
    try:
        told = subprocess.run(
            [sys.executable, "-m", "bench.peers.cpus_worker", str(rounds), str(seed)],
            capture_output=True,
            timeout=TIMEOUT_S,
            check=True,
            env=environment,
        )
        return msgspec.json.decode(told.stdout, type=WorkerResult)
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines() or ["no message"]
        raise ChildProcessError(f"under {mask.name}: {lines[-1]}") from error
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError) as error:
        raise ChildProcessError(f"under {mask.name}: {error}") from error


def finding(mask: CpuMask, results: Sequence[WorkerResult], error: str | None) -> MaskFinding:
    """Return what is known of `mask` from its processes."""
    settings = results[0].settings if results else {}
    return MaskFinding(
        name=mask.name,
        like=mask.like,
        variable=mask.variable,
        took_effect={name: mask.took_effect(text) for name, text in settings.items()},
        error=error,
    )


def merged(results: Sequence[WorkerResult], *, seed: int) -> list[PeerRow]:
    """Return one row per contender over all processes of a mask."""
    ns: dict[tuple[Cell, str, str], list[float]] = defaultdict(list)
    for result in results:
        for each in result.measured:
            cell = Cell(
                part=Part.AEAD,
                cipher=each.cipher,
                size_bytes=each.size_bytes,
                direction=Direction(each.direction),
                memory=Memory.HOT,
            )
            ns[cell, each.contender, each.library] += each.ns
    return [
        peer_row(cell, contender, library, 1, ns=values, seed=seed)
        for (cell, contender, library), values in ns.items()
    ]


def by_contender(report: CpusReport) -> dict[tuple[str, str], dict[tuple[str, str, int], PeerRow]]:
    """Return rows by (contender, direction), then by (mask, cipher, size)."""
    grouped: dict[tuple[str, str], dict[tuple[str, str, int], PeerRow]] = defaultdict(dict)
    for each in report.rows:
        row = each.row
        key = (each.mask, row.cipher, row.size_bytes)
        grouped[row.contender, row.direction][key] = row
    return grouped


def gain_of_chacha(
    rows: dict[tuple[str, str, int], PeerRow], mask: str, size_bytes: int
) -> float | None:
    """Return how many times as long AES-256-GCM takes as ChaCha20-Poly1305; above 1 AES loses."""
    aes, chacha = rows.get((mask, AES, size_bytes)), rows.get((mask, CHACHA, size_bytes))
    if aes is None or chacha is None or aes.median_ns is None or chacha.median_ns is None:
        return None
    return aes.median_ns.value / chacha.median_ns.value


def cpus_tables(report: CpusReport) -> list[Table]:
    """Return the ns of every cipher under every mask, then where ChaCha20 overtakes AES."""
    shown: list[Table] = []
    crossing: list[tuple[str, ...]] = []
    sizes = sorted({each.row.size_bytes for each in report.rows})
    for (contender, direction), rows in by_contender(report).items():
        ciphers = dict.fromkeys(cipher for _, cipher, _ in rows)
        lines: list[tuple[str, ...]] = []
        for mask in report.masks:
            for cipher in ciphers:
                found = [rows.get((mask.name, cipher, size)) for size in sizes]
                cells = [NONE if row is None else figure(row) for row in found]
                lines.append((f"{mask.name}: {cipher}", *cells))
            gains = [gain_of_chacha(rows, mask.name, size) for size in sizes]
            crossing.append(
                (
                    f"{contender}, {direction}: {mask.name}",
                    *(NONE if gain is None else f"{gain:.2f}" for gain in gains),
                    overtakes(sizes, gains),
                )
            )
        heads = tuple(f"{size:,} B" for size in sizes)
        title = f"{contender}, {direction}, ns per unit, hot"
        shown.append(Table(title=title, head=("", *heads), lines=tuple(lines)))
    if crossing:
        heads = (*(f"{size:,} B" for size in sizes), "ChaCha20 is faster")
        title = "AES-256-GCM over ChaCha20-Poly1305, time ratio (above 1: ChaCha20 wins)"
        shown.append(Table(title=title, head=("", *heads), lines=tuple(crossing)))
    return shown


def overtakes(sizes: Sequence[int], gains: Sequence[float | None]) -> str:
    """Return at which of `sizes` ChaCha20-Poly1305 is clearly the faster one."""
    faster = [
        size for size, gain in zip(sizes, gains, strict=True) if gain is not None and gain > CLEARLY
    ]
    if not faster:
        return "at no size"
    if len(faster) == len(sizes):
        return "at every size"
    return f"at {', '.join(f'{size:,}' for size in faster)} B"


def cpus_facts(report: CpusReport) -> list[str]:
    """Return on what it was measured, whether each mask took effect, and what it can not show."""
    machine = report.machine
    if report.skipped is not None:
        return [report.skipped]
    lines = [
        (
            f"sealbench {report.sealbench_version}, {report.started_utc}, {report.seconds:.0f} s,"
            f" seed {report.seed}, {report.disturbed_passes} passes disturbed"
        ),
        (
            f"{machine.cpu_model or machine.architecture}, {' '.join(machine.isa or ())};"
            f" {machine.os}, {machine.kernel}"
        ),
        "; ".join(
            f"{name} {text}"
            for name, text in sorted(machine.libraries.items())
            if text and "openssl" in name.lower()
        ),
    ]
    words = {True: "took effect", False: "did NOT take effect", None: "is not told"}
    for mask in report.masks:
        if mask.variable:
            told = ", ".join(f"{words[took]} in {name}" for name, took in mask.took_effect.items())
            lines.append(f"{mask.name} ({mask.like}): OPENSSL_ia32cap={mask.variable}; {told}")
        if mask.error is not None:
            lines.append(f"{mask.name}: error: {mask.error}")
    lines.append(
        "cryptography carries an OpenSSL that does not tell: its own figures show the masks' effect"
    )
    return [*lines, *CANNOT]
