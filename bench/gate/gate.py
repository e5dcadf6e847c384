"""The gate: checkouts, counts, two looks, findings, one verdict."""

import random
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.gate.blocks import Blocks
from bench.gate.checkout import Checkouts, Side, gate_cache, of_revision, only_gate
from bench.gate.design import DESIGN, Design
from bench.gate.exact_counts import COUNTERS, Counts, Took, count_all
from bench.gate.findings import absent_note, count_notes, finding_of
from bench.gate.keep import keeper_in
from bench.gate.patience import Patience
from bench.gate.phases import Keep, Looked, look_twice
from bench.gate.processors import PressureMeter
from bench.gate.report import write_report
from bench.gate.result import GateResult
from bench.gate.statistics.decide import overall
from bench.gate.turns import Turns
from bench.gate.worker.messages import PytestSpec, Spec
from bench.machine import describe_machine
from bench.machine.calibration import calibration_ns
from bench.machine.schema import Machine
from bench.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """A gate's result, and the blocks that it rests on by benchmark, in order of restarts."""

    result: GateResult
    blocks: Mapping[str, Sequence[Blocks]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One comparison of two checkouts. `accepted` names counters that may grow."""

    checkouts: Checkouts
    suite: str
    machine: Machine
    seed: int
    progress: Progress
    keep: Keep
    design: Design = DESIGN
    accepted: Collection[str] = ()
    patience: Patience = field(default_factory=Patience)

    def run(self, specs: Sequence[Spec], notes: Sequence[str] = ()) -> Gated:
        """Count, measure and decide on `specs`; `notes` go into the result. Raises WorkerFailed."""
        began_utc, began = datetime.now(UTC), time.monotonic()
        calibration_before_ns = calibration_ns()
        counts = self._counted(specs)
        looked, pressure_percent = self.looked(specs)
        found = [finding_of(each, counts, accepted=self.accepted) for each in looked]
        findings = [finding for finding in found if finding is not None]
        absent = [note for each in looked if (note := absent_note(each)) is not None]
        names = [finding.benchmark for finding in findings]
        result = GateResult(
            base=self.checkouts.base.description,
            head=self.checkouts.head.description,
            suite=self.suite,
            started_utc=f"{began_utc:%Y-%m-%dT%H:%M:%SZ}",
            seconds=time.monotonic() - began,
            seed=self.seed,
            sealbench_version=self.machine.libraries.get("sealbench") or "unknown",
            machine=self.machine,
            design=self.design,
            pressure_percent=pressure_percent,
            verdict=overall(finding.verdict for finding in findings),
            findings=tuple(findings),
            notes=(*notes, *absent, *count_notes(counts, names)),
            # Either may have been disturbed for its whole 0.2 s, rarely both.
            calibration_ns=min(calibration_before_ns, calibration_ns()),
        )
        return Gated(result=result, blocks=_blocks(looked))

    def looked(
        self, specs: Sequence[Spec], slowdowns: Mapping[str, float] | None = None
    ) -> tuple[list[Looked], float | None]:
        """Measure `specs` and decide; return what was seen, and the CPU pressure in percent.

        `slowdowns` are what a self-test does to the head, by benchmark. Raises WorkerFailed.
        """
        turns = Turns(
            checkouts=self.checkouts,
            design=self.design,
            random=random.Random(self.seed),  # noqa: S311 - an order, not a secret
            pressure=PressureMeter(),
            plans={},
            slowdowns=slowdowns or {},
            patience=self.patience,
        )
        looked = look_twice(turns, specs, self.keep, self.progress)
        return looked, turns.pressure.percent

    def _counted(self, specs: Sequence[Spec]) -> dict[Side, dict[str, Counts]]:
        """Count on base and head; what they compile on the way, the twin need not compile."""
        counts: dict[Side, dict[str, Counts]] = {}
        took_s: Took = {}
        sides = (self.checkouts.base, self.checkouts.head)
        self.progress.begin("counting", len(sides))
        for done, checkout in enumerate(sides, start=1):
            like = counts.get(Side.BASE)
            counts[checkout.side] = count_all(checkout, specs, took_s, self.patience, like=like)
            self.progress.advance(done)
        self.progress.end()
        return counts


def gate_tests(
    folder: Path,
    revision: str,
    node_ids: Sequence[str],
    *,
    out: Path | None,
    progress: Progress,
    seed: int | None = None,
) -> GateResult:
    """Return what the gate finds in the tests `node_ids` of the repository around `folder`.

    Each uses the fixture `benchmark`. The report goes to the folder `out`. Raises CheckoutError,
    WorkerFailed.
    """
    cache = gate_cache()
    with only_gate(cache):
        checkouts = of_revision(folder, revision, cache=cache)
        gate = Gate(
            checkouts=checkouts,
            suite="pytest",
            machine=describe_machine(with_scaling=False),
            seed=secrets.randbits(32) if seed is None else seed,
            progress=progress,
            keep=keeper_in(out),
            # Strangers' tests do what they like; their counts are shown, and the clock decides.
            accepted=COUNTERS,
        )
        gated = gate.run([PytestSpec(name=name) for name in node_ids])
    if out is not None:
        write_report(out, gated.result, gated.blocks)
    return gated.result


def _blocks(looked: Sequence[Looked]) -> dict[str, list[Blocks]]:
    """Return the blocks of each benchmark, those of the phase that decided last."""
    return {each.name: [*each.record.blocks(1), *each.record.blocks(2)] for each in looked}
