"""Tests that use the fixture `benchmark`, run by pytest itself, as workloads of the gate."""

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from .counting.counter import Counter
from .link import Link
from .messages import Job
from .pytest_options import AcceptedOptions
from .pytest_turns import Turns

QUOTED_LINES = 3

REPLACED_PLUGINS = ("benchmark", "pytest_benchmark.plugin", "sealbench", "bench.pytest_plugin")
"""pytest-benchmark, whose fixture ours takes the place of, and the plugin that starts gates."""


def run_tests(link: Link, job: Job, counter: Counter | None) -> None:
    """Serve the tests of `job` in its order; the current folder is the checkout. Raises GateGone.

    Whole files are collected and the tests picked from them: pytest refuses to run anything where
    one of the ids that it is given does not exist.
    """
    checkout = Path.cwd()
    names = [spec.name for spec in job.benchmarks]
    turns = Turns(link, names, counter, checkout)
    files = dict.fromkeys(name.split("::", maxsplit=1)[0] for name in names)
    there = [file for file in files if (checkout / file).is_file()]
    turns.end(_run_pytest(there, turns) if there else "")


def _run_pytest(files: Sequence[str], turns: Turns) -> str:
    """Run pytest over `files`; return how it ended, and the last lines that it printed."""
    terminal = io.StringIO()
    with contextlib.redirect_stdout(terminal), contextlib.redirect_stderr(terminal):
        # What stands later on the command line wins over `addopts` of the checkout. A plugin that
        # is required may be one of those that are replaced.
        code = pytest.main(
            [
                "--rootdir=.",
                "--capture=fd",
                "--maxfail=0",
                "--continue-on-collection-errors",
                "--tb=short",
                "--override-ini=required_plugins=",
                *(f"-pno:{name}" for name in REPLACED_PLUGINS),
                *files,
            ],
            plugins=[AcceptedOptions(), turns],
        )
    lines = [line.strip(" =") for line in terminal.getvalue().splitlines()]
    last = [line for line in lines if line][-QUOTED_LINES:]
    return " | ".join([f"pytest ended with code {int(code)}", *last])
