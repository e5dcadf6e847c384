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


class StoredRatio(msgspec.Struct, frozen=True, kw_only=True):
    """The least time of now over the stored one, 1 where they are equal.

    `measured` is of the times as they are, `normalised` of their multiples of the calibration; None
    where not both sides say how fast the machine was.
    """

    measured: float
    normalised: float | None

    @property
    def judged(self) -> float:
        """Return the ratio that a reader should look at first."""
        return self.measured if self.normalised is None else self.normalised


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark: its verdict, the reason in one line, and what it rests on.

    `reason` is empty for a plain PASS. `unit` says what `ns_per_unit`, the base's median time, and
    the counts are per: an access unit, a hash, a call. `comparison` is that of the phase that
    decided (`confirmed` where that was the second one), None where nothing could be measured.
    `p_value` is adjusted over the suite (Holm). `counts` holds the exact counters of the head,
    `changes` those that differ from the base's. `stored` is what there is instead of a comparison
    where the base is a file: no interval, no twin, no p-value.
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
    stored: StoredRatio | None = None


class StoredSide(msgspec.Struct, frozen=True, kw_only=True):
    """How a stored base was held against now: its kind of file, and how often now was measured.

    `calibrated` is whether both sides say how fast the machine was, without which more must differ
    before it counts.
    """

    kind: str
    calibrated: bool
    measurements: int


class GateResult(msgspec.Struct, frozen=True, kw_only=True):
    """A whole gate. `base` and `head` name the revisions as a reader knows them.

    `notes` are what was left out and why (benchmarks that only one side has, cases that no gate can
    hold). `pressure_percent` is the share of the measuring time in which others had the workers'
    CPU; None where the system does not tell. `calibration_ns` is the least time of
    `bench.machine.calibration` before and after. `stored` says that the base is a file with least
    times of an earlier day: then nothing was measured in turns, and of `design` only the thresholds
    mean anything.
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
    calibration_ns: float | None = None
    stored: StoredSide | None = None
    schema: int = GATE_SCHEMA
