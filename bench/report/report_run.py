"""What a report is made of: the rows of one run and what is known about where they came from."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.results import Row
from bench.samples import Samples

INTERRUPTED = "interrupted"
"""Label of a row whose case was stopped by Ctrl-C before its last round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRun:
    """One finished or unfinished run.

    `evidence` says where rows and samples lie. `machine_line` is the machine in one line,
    `machine_facts` and `conditions` are (name, value) pairs to print. `clock_overhead_ns` is the
    cost of one clock reading where it is known. `load_samples` returns the raw samples of a row,
    or None where it has none.
    """

    name: str
    evidence: str
    machine_line: str
    machine_facts: tuple[tuple[str, str], ...] = ()
    conditions: tuple[tuple[str, str], ...] = ()
    clock_overhead_ns: float | None = None
    rows: tuple[Row, ...]
    load_samples: Callable[[Row], Samples | None]


def printable(text: str) -> str:
    """Return `text` with every character that is not plain visible text replaced.

    Clip names and errors are bytes from outside: an escape sequence must not reach a terminal,
    a direction mark must not reorder a page, a lone surrogate must not stop a file being written.
    """
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
