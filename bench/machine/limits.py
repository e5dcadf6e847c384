"""What limits a measurement on a machine, in plain sentences."""

from collections.abc import Iterator

from bench.machine.schema import Conditions, Machine

BUSY_LOAD_PER_CORE = 0.5
BUSY_PRESSURE_PERCENT = 5.0
FEW_CORES = 4
POOR_SCALING = 0.85
COARSE_CLOCK_NS = 200.0
SLOW_CLOCK_READ_NS = 200.0
"""A stage of a small packet takes some hundred ns; a clock beyond this cannot see it."""


def limits(machine: Machine, conditions: Conditions) -> list[str]:
    """Return a sentence for each thing that makes measurements here less sure or less general."""
    return [
        *_noise(machine, conditions),
        *_frequency(machine),
        *_instructions(machine),
        *_cores(machine),
        *_clock(machine),
    ]


def _noise(machine: Machine, conditions: Conditions) -> Iterator[str]:
    load, pressure = conditions.load_1min, conditions.cpu_pressure_percent
    if load is not None and load > BUSY_LOAD_PER_CORE * machine.usable_cores:
        yield (
            f"The load average is {load:.1f} on {machine.usable_cores} usable cores: "
            "other work disturbs the times."
        )
    if pressure is None:
        yield "CPU pressure cannot be read here: disturbance by other programs goes unseen."
    elif pressure > BUSY_PRESSURE_PERCENT:
        yield (
            f"CPU pressure is {pressure:.0f} %: programs wait for a core, "
            "and percentiles above the median will show it."
        )


def _frequency(machine: Machine) -> Iterator[str]:
    if machine.governors is None:
        yield "The frequency governor is unknown: the clock rate may change during a run."
    elif slow := sorted(set(machine.governors) - {"performance"}):
        yield (
            f"The frequency governor is {', '.join(slow)}, not performance: "
            "the clock rate may change during a run."
        )


def _instructions(machine: Machine) -> Iterator[str]:
    if machine.isa is None:
        yield "The CPU's instruction sets are unknown: AES may run with or without hardware."
    elif "aes" not in machine.isa:
        yield (
            "The CPU has no AES instructions: AES runs in software, "
            "many times slower than on a usual server."
        )
    elif machine.architecture.lower() in {"x86_64", "amd64"} and "vaes" not in machine.isa:
        yield (
            "The CPU has AES-NI but no VAES: AES-GCM runs at about half the speed "
            "of recent server CPUs."
        )


def _cores(machine: Machine) -> Iterator[str]:
    if machine.usable_cores < FEW_CORES:
        yield (
            f"Few cores ({machine.usable_cores} usable): the system and other programs "
            "share them with the measurement."
        )
    if machine.virtual:
        yield (
            "This is a virtual machine: neighbours on the same host take time that cannot be "
            "seen from inside."
        )
    scaling = machine.scaling
    if scaling is None:
        yield "Scaling over cores was not measured: do not multiply figures per core."
    elif scaling.ratio.value < POOR_SCALING * scaling.processes:
        yield (
            f"{scaling.processes} processes at once do {scaling.ratio.value:.2f} times the work "
            f"of one ({scaling.ratio.low:.2f} to {scaling.ratio.high:.2f}): "
            "figures per core overstate what all cores do together."
        )


def _clock(machine: Machine) -> Iterator[str]:
    clock = machine.clock
    if clock.resolution_ns > COARSE_CLOCK_NS:
        yield (
            f"The clock is coarse: it moves in steps of {clock.resolution_ns:.0f} ns, "
            "too large for single packets."
        )
    if clock.read_ns.value > SLOW_CLOCK_READ_NS:
        yield (
            f"Reading the clock takes {clock.read_ns.value:.0f} ns, "
            "which adds to every short stage: compare with the null pipeline."
        )
