"""The calibration of the machine that this runs on."""

from collections.abc import Callable
from pathlib import Path

from bench.machine import describe_machine
from bench.profile.store import stored_profile


def stored_here(note: Callable[[str], None] = lambda _: None) -> Path | None:
    """Return the newest stored calibration of this machine and its libraries; takes some 30 ms.

    `note` is told what is passed over. Raises ProfileError.
    """
    return stored_profile(describe_machine(with_scaling=False), note)
