"""How busy the machine is right now."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from bench.machine.calibration import calibration_ns
from bench.machine.cpu import read_text
from bench.machine.schema import Conditions

PRESSURE = Path("/proc/pressure/cpu")


def read_conditions(pressure: Path = PRESSURE, *, calibrate: bool = False) -> Conditions:
    """Return load and CPU pressure now; None for what this system does not tell.

    `calibrate` measures how fast the machine is too, after the others are read: it takes 0.2 s.
    """
    return Conditions(
        utc=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        load_1min=_load_1min(),
        cpu_pressure_percent=parse_pressure(read_text(pressure) or ""),
        calibration_ns=calibration_ns() if calibrate else None,
    )


def parse_pressure(text: str) -> float | None:
    """Return `some avg10` of a PSI file in percent, or None where there is none."""
    match = re.search(r"^some avg10=(\d+(?:\.\d+)?)\b", text, re.MULTILINE)
    return float(match[1]) if match else None


def _load_1min() -> float | None:
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows has no such call
        return None
