"""The gate on trial: comparisons whose truth is known, on this machine, idle and disturbed."""

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from bench.gate.checkout import Checkouts
from bench.gate.gate import Gate
from bench.gate.keep import forget
from bench.gate.phases import Looked
from bench.gate.processors import usable_cpus
from bench.gate.result import Verdict
from bench.gate.selftest.contrast import fails
from bench.gate.selftest.rows import Condition, TrialRow
from bench.gate.worker.messages import Spec
from bench.machine.schema import Machine
from bench.progress import Progress, Silent
from bench.store.lines import LineFile, read_lines

EFFECTS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.10)
"""Slowdowns of the head; none at all is equal code."""

NULL_TRIALS_PER_TRIAL = 4
"""Comparisons of equal code for each trial of an effect: false alarms are what must be rare."""

NEIGHBOUR = Path(__file__).with_name("neighbour.py")
TRIALS_FILE = "trials.jsonl"


class SelftestFileError(Exception):
    """The trials of an earlier self-test cannot be read; the message names file and line."""


def planned(trials: int, effects: Collection[float] = EFFECTS) -> Counter[float]:
    """Return how many comparisons of each effect a condition gets."""
    return Counter(
        {effect: trials if effect else NULL_TRIALS_PER_TRIAL * trials for effect in effects}
    )


def run_selftest(
    checkouts: Checkouts,
    specs: Sequence[Spec],
    *,
    machine: Machine,
    wanted: Counter[float],
    conditions: Sequence[Condition],
    folder: Path,
    seed: int,
    progress: Progress,
) -> list[TrialRow]:
    """Return the rows of all trials, those that `folder` holds from earlier calls included.

    In each of `conditions` comparisons are made until there are as many of each effect as `wanted`.
    One gate over `specs` after the other, the effects dealt out at random; each gate's rows are on
    the disk before the next one starts. Raises WorkerFailed, SelftestFileError,
    ContrastUnavailable.
    """
    # Now rather than after the first gate: the package may be missing.
    fails([1.0, 1.0], [1.0, 1.0])
    path = folder / TRIALS_FILE
    rows = read_trials(path)
    begun = len(rows)
    total = sum(_left(wanted, rows, condition).total() for condition in conditions)
    deal = random.Random(seed)  # noqa: S311 - a fair deal, not a secret
    gate = max((row.gate for row in rows), default=-1) + 1
    progress.begin("comparing", total)
    for condition in conditions:
        while left := _left(wanted, rows, condition):
            progress.advance(len(rows) - begun)
            effects = _dealt(left, len(specs), deal)
            slowdowns = {spec.name: effect for spec, effect in zip(specs, effects, strict=True)}
            with _neighbours(condition, deal):
                looked, pressure_percent = Gate(
                    checkouts=checkouts,
                    suite="",
                    machine=machine,
                    seed=deal.getrandbits(32),
                    progress=Silent(),
                    keep=forget,
                ).looked(specs, slowdowns)
            new = [_row(each, condition, gate, slowdowns, pressure_percent) for each in looked]
            _append(path, new)
            rows += new
            gate += 1
    progress.end()
    return rows


def read_trials(path: Path) -> list[TrialRow]:
    """Return the stored rows, none where there is no such file.

    A last line that a kill cut short is left out. Raises SelftestFileError, StoreError.
    """
    lines, _ = read_lines(path)
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(msgspec.json.decode(line, type=TrialRow))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise SelftestFileError(f"{path}: line {number}: {error}") from error
    return rows


def _append(path: Path, rows: Sequence[TrialRow]) -> None:
    _, size = read_lines(path)
    with closing(LineFile(path, size)) as file:
        file.append(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def _left(wanted: Counter[float], rows: Sequence[TrialRow], condition: Condition) -> Counter[float]:
    done = Counter(row.effect for row in rows if row.condition == condition)
    return wanted - done


def _dealt(left: Counter[float], count: int, deal: random.Random) -> list[float]:
    """Return `count` effects drawn from those that are left; equal code where none are."""
    cards = sorted(left.elements())
    deal.shuffle(cards)
    chosen = cards[:count]
    chosen += [0.0] * (count - len(chosen))
    return chosen


@contextmanager
def _neighbours(condition: Condition, deal: random.Random) -> Iterator[None]:
    """Disturb every usable CPU while the block lasts, where the condition is noisy."""
    count = len(usable_cpus()) if condition == "noisy" else 0
    processes = [
        subprocess.Popen([sys.executable, "-P", str(NEIGHBOUR), str(deal.getrandbits(32))])
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _row(
    looked: Looked,
    condition: Condition,
    gate: int,
    slowdowns: Mapping[str, float],
    pressure_percent: float | None,
) -> TrialRow:
    decided, comparison, problem = looked.decided, looked.comparison, looked.record.problem
    return TrialRow(
        condition=condition,
        gate=gate,
        benchmark=looked.name,
        effect=slowdowns[looked.name],
        # Equal code: a problem here is the machine's, or a bug of the gate.
        verdict=Verdict.INCONCLUSIVE if decided is None else decided.verdict,
        reason=decided.reason if decided is not None else "" if problem is None else problem.error,
        ratio=None if comparison is None else comparison.ratio.value,
        control=None if comparison is None else comparison.control.value,
        confirmed=looked.confirmed,
        seconds=looked.record.seconds,
        pressure_percent=pressure_percent,
        contrast=_contrast(looked),
    )


def _contrast(looked: Looked) -> dict[str, bool]:
    """Return what pytest-benchmark's flags would say of two runs: base first, head afterwards."""
    restarts = looked.record.blocks(1)
    if len(restarts) < 2:
        return {}
    base_s, head_s = restarts[0].base_ns / 1e9, restarts[1].head_ns / 1e9
    return fails(base_s.tolist(), head_s.tolist())
