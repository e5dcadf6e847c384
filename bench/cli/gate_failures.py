"""What every gate command shares: errors in one line, and where a report goes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.cli.console import TerminalProgress, fail
from bench.cli.exit_codes import INCOMPARABLE, USAGE
from bench.clips.errors import ClipError
from bench.gate.checkout import CheckoutError
from bench.gate.selftest.contrast import ContrastUnavailable
from bench.gate.selftest.trials import SelftestFileError
from bench.gate.worker_process import WorkerFailed
from bench.machine.schema import Machine
from bench.store import IncomparableMachine, StoreError
from bench.suite import SuiteError
from pipelines.codecs.settings import CodecError


@contextmanager
def failures(progress: TerminalProgress) -> Iterator[None]:
    """Turn what a user can mend into one line, and take the progress bar away."""
    try:
        yield
    except (
        CheckoutError,
        ClipError,
        CodecError,
        ContrastUnavailable,
        SelftestFileError,
        StoreError,
        SuiteError,
        WorkerFailed,
    ) as error:
        fail(str(error), INCOMPARABLE if isinstance(error, IncomparableMachine) else USAGE)
    except OSError as error:
        # Never 1, which says that the head is slower: a full disk, a folder that cannot be written.
        where = f"{error.filename}: " if error.filename else ""
        fail(f"{where}{error.strerror or error}")
    finally:
        progress.end()


def default_folder(what: str, machine: Machine) -> Path:
    """Return where a report goes that nobody named a folder for."""
    return Path("results") / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}-{what}-{machine.slug}"
