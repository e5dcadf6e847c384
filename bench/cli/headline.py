"""The first lines of a run: on what, how much, how long, and whether it is quiet enough."""

from collections.abc import Sequence
from importlib.metadata import version

from bench.cases import AnyCase, Case
from bench.machine import limits
from bench.store import RunFolder
from pipelines.engines.table import choose_engine

NAMED_ISA = ("aes", "vaes", "avx512f", "sha_ni", "pmull")
PREPARE_FACTOR = 2
"""Loading, encoding and verifying take about as long again as the measuring."""


def known(value: float | None) -> str:
    """Return a figure with two decimals, or that it cannot be read here."""
    return "unknown" if value is None else f"{value:.2f}"


def headline(folder: RunFolder, cases: Sequence[AnyCase]) -> list[str]:
    """Return the lines that stand above a run."""
    machine, conditions = folder.machine, folder.conditions_before
    isa = [name for name in NAMED_ISA if name in (machine.isa or ())]
    done = folder.finished_cases()
    left = [case for case in cases if case.id not in done]
    minutes = sum(case.seconds for case in left) * PREPARE_FACTOR / 60
    resumed = f" ({len(done)} done before)" if done else ""
    engines = dict.fromkeys(case.engine for case in cases if isinstance(case, Case))
    choices = [choose_engine(name) for name in engines]
    hardware = ", ".join([f"{machine.usable_cores} cores", *isa])
    cpu = machine.cpu_model or machine.architecture
    return [
        f"sealbench {version('sealbench')} on {cpu} ({hardware})",
        *(f"engine {choice.engine.name}: {choice.engine.library()}" for choice in choices),
        *(choice.fallback for choice in choices if choice.fallback),
        f"suite {folder.plan.suite}: {len(left)} cases{resumed}, about {max(minutes, 0.1):.1f} min",
        f"into {folder.path}, seed {folder.plan.seed}",
        f"load {known(conditions.load_1min)}, pressure {known(conditions.cpu_pressure_percent)} %",
        *(f"note: {line}" for line in limits(machine, conditions)),
    ]
