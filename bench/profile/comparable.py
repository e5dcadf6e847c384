"""Which machine a profile belongs to: what moves a calibration, and nothing else."""

from bench.machine import fingerprint
from bench.machine.compare import unlike
from bench.machine.schema import Machine

NOT_CALIBRATED = frozenset(
    f"libraries.{name}"
    for name in ("faiss-cpu", "ImageHash", "pdqhash", "pillow", "openmined-psi", "tenseal")
)
"""Recorded because `sealbench run` may measure them; no cost of a profile goes through them."""


def calibrated_parts(machine: Machine) -> dict[str, str]:
    """Return the parts of the fingerprint that must match for profiles to be of one machine."""
    return {
        name: value for name, value in fingerprint(machine).items() if name not in NOT_CALIBRATED
    }


def unlike_machines(a: Machine, b: Machine) -> list[str]:
    """Return one line for each part in which `a` and `b` differ, `a` before `b`."""
    return unlike(calibrated_parts(a), calibrated_parts(b))
