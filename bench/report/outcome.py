"""How a case without numbers ended: it failed, it cannot be, or a package for it is absent."""

from bench.report.report_run import printable
from bench.results import Row

_REMARKS = {"ScanRefused: ": "refused", "NotInstalled: ": "not installed"}
"""Errors that are findings or choices, by how they begin, and what is said instead of `error`."""


def remark(row: Row) -> str | None:
    """Return what stands in place of the numbers of a case that was refused or not installed."""
    for start, said in _REMARKS.items():
        if row.error is not None and row.error.startswith(start):
            return f"{said}: {printable(row.error.removeprefix(start))}"
    return None


def failure(row: Row) -> str | None:
    """Return the error of a case that should have had numbers and has none."""
    if row.error is None or remark(row) is not None:
        return None
    return printable(row.error)
