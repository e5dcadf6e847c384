"""The calibration of the machine that this runs on."""

from pathlib import Path

from bench.machine import describe_machine
from bench.profile.store import stored_profile


def stored_here() -> Path | None:
    """Return the newest stored calibration of this machine and its libraries; takes some 30 ms."""
    return stored_profile(describe_machine(with_scaling=False))
