"""The regression gate for users of pytest-benchmark: `pytest --sealbench-base=main tests/perf`.

pytest loads this into every run of an environment that sealbench is installed in, so it imports
nothing else until it is asked to do something.
"""

import math
from pathlib import Path
from typing import Any

import pytest

SAVING = ("benchmark_json", "benchmark_save", "benchmark_autosave")
"""Options of pytest-benchmark that write JSON."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, all of them off."""
    group = parser.getgroup("sealbench", "the regression gate of sealbench")
    group.addoption(
        "--sealbench-base",
        metavar="REV",
        help="Instead of running the tests that use the fixture 'benchmark', compare their speed"
        " in the working tree with that in a git revision. A regression or a wrong answer is a"
        " failure; what cannot be told here and now is skipped.",
    )
    group.addoption(
        "--sealbench-out",
        metavar="DIR",
        type=Path,
        help="With --sealbench-base: write the report, its plots and all times to this folder.",
    )
    group.addoption(
        "--sealbench-fingerprint",
        action="store_true",
        help="Describe CPU and libraries in the JSON of pytest-benchmark, so that 'sealbench gate"
        " --baseline' can tell later whether it may be compared with.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Do what was asked for. Raises UsageError where that cannot be."""
    base = config.getoption("--sealbench-base")
    out = config.getoption("--sealbench-out")
    if out is not None and base is None:
        raise pytest.UsageError("--sealbench-out: there is no report without --sealbench-base REV")
    if base is not None:
        if config.getoption("numprocesses", None) or config.getoption("tx", None):
            raise pytest.UsageError(
                "--sealbench-base: pytest-xdist runs tests side by side, which would measure each"
                " other; add -n 0"
            )
        from bench.pytest_gate import PytestGate  # noqa: PLC0415 - only now that it is needed

        config.pluginmanager.register(PytestGate(config, base, out), "sealbench-gate")
    if config.getoption("--sealbench-fingerprint"):
        if not any(config.getoption(option, None) for option in SAVING):
            raise pytest.UsageError(
                "--sealbench-fingerprint: goes into the JSON of pytest-benchmark, which is written"
                " with --benchmark-json=FILE, --benchmark-save=NAME or --benchmark-autosave"
            )
        config.pluginmanager.register(Fingerprint(), "sealbench-fingerprint")


class Fingerprint:
    """Puts into the JSON of pytest-benchmark what decides whether machines may be compared."""

    def __init__(self) -> None:
        self._calibration_ns = math.inf

    def pytest_sessionstart(self) -> None:
        """Measure how fast the machine is, before the benchmarks."""
        self._calibrate()

    @pytest.hookimpl(optionalhook=True)
    def pytest_benchmark_update_json(self, output_json: dict[str, Any]) -> None:
        """Add the fingerprint and the calibration, the smaller of before and after."""
        # Only now that it is needed.
        from bench.machine import describe_machine  # noqa: PLC0415
        from bench.machine.compare import fingerprint  # noqa: PLC0415

        self._calibrate()
        output_json["machine_info"]["sealbench"] = {
            "schema": 1,
            "fingerprint": fingerprint(describe_machine(with_scaling=False)),
            "calibration_ns": self._calibration_ns,
        }

    def _calibrate(self) -> None:
        # Only now that it is needed.
        from bench.machine.calibration import calibration_ns  # noqa: PLC0415

        # Either may be disturbed for its whole 0.2 s, rarely both.
        self._calibration_ns = min(self._calibration_ns, calibration_ns())
