"""What a gate found: one finding per benchmark, and one verdict over all."""

from enum import StrEnum

import msgspec

from bench.gate.design import Comparison, Design
from bench.machine.schema import Machine

GATE_SCHEMA = 1


class Verdict(StrEnum):
    """What is said of a benchmark, and of the whole gate."""

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    REGRESSION = "REGRESSION"
    IMPROVED = "IMPROVED"
    INCONCLUSIVE = "INCONCLUSIVE"
    WRONG_ANSWER = "WRONG ANSWER"


class CountChange(msgspec.Struct, frozen=True, kw_only=True):
    """An exact count per unit of work that differs between base and head."""

    counter: str
    base: float
    head: float


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark: its verdict, the reason in one line, and what it rests on.

    `reason` is empty for a plain PASS. `unit` says what `ns_per_unit`, the base's median time, and
    the counts are per: an access unit, a hash, a call. `comparison` is that of the phase that
    decided (`confirmed` where that was the second one), None where nothing could be measured.
    `p_value` is adjusted over the suite (Holm). `counts` holds the exact counters of the head,
    `changes` those that differ from the base's.
    """

    benchmark: str
    verdict: Verdict
    reason: str
    unit: str
    ns_per_unit: float | None
    units_per_block: int
    threads: bool
    threshold: float
    comparison: Comparison | None
    confirmed: bool
    p_value: float | None
    counts: dict[str, float]
    changes: tuple[CountChange, ...]
    seconds: float


class GateResult(msgspec.Struct, frozen=True, kw_only=True):
    """A whole gate. `base` and `head` name the revisions as a reader knows them.

    `notes` are what was left out and why (benchmarks that only one side has, cases that no gate can
    hold). `pressure_percent` is the share of the measuring time in which a task waited for a CPU;
    None where the system does not tell.
    """

    base: str
    head: str
    suite: str
    started_utc: str
    seconds: float
    seed: int
    sealbench_version: str
    machine: Machine
    design: Design
    pressure_percent: float | None
    verdict: Verdict
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    schema: int = GATE_SCHEMA
