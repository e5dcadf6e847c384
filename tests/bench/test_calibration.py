from pathlib import Path

import msgspec
import pytest

from bench.machine import Conditions, read_conditions
from bench.machine.calibration import BULK_BYTES, PACKET_BYTES, PACKETS, calibration_ns


def test_calibration_takes_no_less_than_the_fastest_aes_there_is() -> None:
    # No core seals more than 100 bytes per ns; a smaller time would mean that nothing was done.
    assert calibration_ns() > (PACKETS * PACKET_BYTES + BULK_BYTES) / 100


def test_conditions_are_calibrated_only_where_that_is_asked_for(tmp_path: Path) -> None:
    assert read_conditions(tmp_path / "no-pressure").calibration_ns is None
    calibrated = read_conditions(tmp_path / "no-pressure", calibrate=True)
    assert calibrated.calibration_ns is not None
    again = msgspec.json.decode(msgspec.json.encode(calibrated), type=Conditions)
    assert again == calibrated


def test_conditions_stored_before_there_was_a_calibration_are_read() -> None:
    stored = b'{"utc": "2026-11-22T09:12:00Z", "load_1min": 0.3, "cpu_pressure_percent": null}'
    assert msgspec.json.decode(stored, type=Conditions).calibration_ns is None


@pytest.mark.parametrize("told", ["0", "-5", "1e-300", "1e300", "NaN", '"fast"'])
def test_calibration_that_is_no_time_is_rejected(told: str) -> None:
    stored = f'{{"utc": "", "load_1min": 0, "cpu_pressure_percent": 0, "calibration_ns": {told}}}'
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(stored, type=Conditions)
