"""What pytest-benchmark's own comparison flags would have said of the same block times."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

FLAGS = ("mean:5%", "median:5%", "min:5%", "min:3%")
"""The flags in use: `--benchmark-compare-fail` of each."""


class ContrastUnavailable(Exception):  # noqa: N818 - it is a state of the installation, not a fault
    """pytest-benchmark is not installed, so there is nothing to compare with."""


def fails(base_block_s: Sequence[float], head_block_s: Sequence[float]) -> dict[str, bool]:
    """Return for each of `FLAGS` whether `pytest --benchmark-compare-fail` would have failed.

    Both are the times in s of blocks of the same work, at least one each: a run of the base that
    was saved and a run of the head that is compared with it. pytest-benchmark itself makes the
    statistics and the decision.

    Raises ContrastUnavailable where pytest-benchmark is absent, ValueError where a run is empty.
    """
    if not base_block_s or not head_block_s:
        raise ValueError("a run without blocks cannot be compared")
    try:
        # Not at the top: only the self-test needs it. Its modules carry no types.
        stats = import_module("pytest_benchmark.stats")
        rules = import_module("pytest_benchmark.utils")
    except ImportError as error:
        raise ContrastUnavailable(
            "pytest-benchmark is not installed: pip install 'sealbench[gate]'"
        ) from error
    base, head = (_statistics(stats.Stats(), run) for run in (base_block_s, head_block_s))
    # A check answers with the sentence of its failure, or with None.
    return {flag: bool(rules.parse_compare_fail(flag).fails(head, base)) for flag in FLAGS}


def _statistics(stats: Any, block_s: Sequence[float]) -> dict[str, Any]:
    """Return the figures of one run as pytest-benchmark saves and compares them."""
    for duration_s in block_s:
        stats.update(duration_s)
    figures: dict[str, Any] = stats.as_dict()
    return figures
