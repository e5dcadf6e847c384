"""The result of a comparison with a stored file: a gate that claims less than others do."""

from bench.gate.design import Design
from bench.gate.result import GateResult, StoredSide
from bench.gate.statistics.decide import overall
from bench.gate.stored.against_stored import threshold_of
from bench.gate.stored.baseline import Baseline
from bench.gate.stored.judge import Judged
from bench.machine.schema import Machine


def result_of(
    baseline: Baseline,
    judged: Judged,
    *,
    head: str,
    machine: Machine,
    started_utc: str,
    seconds: float,
    seed: int,
) -> GateResult:
    """Return what is reported; `head` says which code was measured now."""
    threshold = threshold_of(calibrated=judged.calibrated)
    return GateResult(
        base=f"{baseline.source} (stored {baseline.kind})",
        head=head,
        suite=baseline.suite or "pytest",
        started_utc=started_utc,
        seconds=seconds,
        seed=seed,
        sealbench_version=machine.libraries.get("sealbench") or "unknown",
        machine=machine,
        # No restarts, no rounds: each side was measured as its file says, at its own time.
        design=Design(
            threshold=threshold,
            threads_threshold=threshold,
            restarts=0,
            confirm_restarts=0,
            rounds=0,
            block_ns=0,
        ),
        pressure_percent=None,
        verdict=overall(finding.verdict for finding in judged.findings),
        findings=judged.findings,
        notes=judged.notes,
        calibration_ns=judged.calibration_ns,
        stored=StoredSide(
            kind=baseline.kind, calibrated=judged.calibrated, measurements=judged.measurements
        ),
    )
