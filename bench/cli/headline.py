"""The first lines of a run: on what, how much, how long, and whether it is quiet enough."""

from collections.abc import Sequence
from importlib.metadata import version

from bench.machine import limits
from bench.store import RunFolder
from bench.suite import Case
from pipelines.engines.pyca import CRYPTOGRAPHY

NAMED_ISA = ("aes", "vaes", "avx512f", "sha_ni", "pmull")
PREPARE_FACTOR = 2
"""Loading, encoding and verifying take about as long again as the measuring."""


def headline(folder: RunFolder, cases: Sequence[Case]) -> list[str]:
    """Return the lines that stand above a run."""
    machine, conditions = folder.machine, folder.conditions_before
    isa = [name for name in NAMED_ISA if name in (machine.isa or ())]
    done = folder.finished_cases()
    left = [case for case in cases if case.id not in done]
    minutes = sum(case.seconds for case in left) * PREPARE_FACTOR / 60
    resumed = f" ({len(done)} done before)" if done else ""
    hardware = ", ".join([f"{machine.usable_cores} cores", *isa])
    cpu = machine.cpu_model or machine.architecture
    return [
        f"sealbench {version('sealbench')} on {cpu} ({hardware}; {CRYPTOGRAPHY.library()})",
        f"suite {folder.plan.suite}: {len(left)} cases{resumed}, about {max(minutes, 0.1):.1f} min",
        f"into {folder.path}, seed {folder.plan.seed}",
        f"load {conditions.load_1min}, CPU pressure {conditions.cpu_pressure_percent} %",
        *(f"note: {line}" for line in limits(machine, conditions)),
    ]
