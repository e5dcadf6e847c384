"""`sealbench gate --baseline`: what a stored file allows to say of the code as it is now."""

from pathlib import Path
from typing import NoReturn

from bench.cli.console import TerminalProgress
from bench.machine.schema import Machine
from pipelines.registry import Registry


def gate_stored(
    baseline: Path,
    registry: Registry,
    machine: Machine,
    folder: Path,
    progress: TerminalProgress,
    *,
    only: str | None,
    json: bool,
) -> NoReturn:
    """Measure what `baseline` holds once more, compare, print, and exit with the verdict's code."""
    raise NotImplementedError
