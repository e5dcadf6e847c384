"""Whether results of two machines may stand side by side."""

from collections.abc import Mapping

from bench.machine.schema import Machine

NOT_IN_MEASURED_CODE = frozenset({"sealbench", "matplotlib", "openssl program"})
"""Recorded versions that move no result, and sealbench's own, which is what a gate compares."""


def fingerprint(machine: Machine) -> dict[str, str]:
    """Return the parts that must match for results to be comparable, by name.

    Kernel, RAM and conditions are recorded but left out: they move results far less than the CPU's
    instruction sets and the libraries do. The git revision is left out too, since comparing two
    revisions on one machine is what a regression gate is for.
    """
    parts = {
        "cpu_model": machine.cpu_model,
        "architecture": machine.architecture,
        "logical_cores": machine.logical_cores,
        "physical_cores": machine.physical_cores,
        "usable_cores": machine.usable_cores,
        "isa": None if machine.isa is None else " ".join(machine.isa) or "none",
        "python": machine.python,
    }
    libraries = {
        f"libraries.{name}": version
        for name, version in machine.libraries.items()
        if name not in NOT_IN_MEASURED_CODE
    }
    return {
        name: "unknown" if value is None else str(value)
        for name, value in (parts | libraries).items()
    }


def differences(a: Machine, b: Machine) -> list[str]:
    """Return one line for each part of the fingerprint that differs, `a` before `b`."""
    return unlike(fingerprint(a), fingerprint(b))


def unlike(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    """Return one line for each part in which two fingerprints differ, or only one has."""
    names = [*first, *(name for name in second if name not in first)]
    return [
        " ".join(f"{name}: {first.get(name, 'unknown')} -> {second.get(name, 'unknown')}".split())
        for name in names
        if first.get(name, "unknown") != second.get(name, "unknown")
    ]
