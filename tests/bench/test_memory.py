import resource
from pathlib import Path

import numpy as np
import pytest

from bench import memory

MIB = 1024 * 1024


def test_the_present_size_is_at_most_the_peak() -> None:
    assert 0 < memory.rss_bytes() <= memory.peak_rss_bytes()


def test_a_reset_peak_shows_what_one_step_took() -> None:
    if not memory.reset_peak():
        # A kernel that cannot: the peak since the start is still a peak.
        assert memory.peak_rss_bytes() >= memory.rss_bytes()
        return
    before = memory.rss_bytes()
    block = np.ones(64 * MIB, dtype=np.uint8)
    grown = memory.peak_rss_bytes() - before
    assert grown > 60 * MIB
    del block
    assert memory.peak_rss_bytes() - before > 60 * MIB


def test_without_proc_the_peak_comes_from_getrusage(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(memory, "PROC", tmp_path / "none")
    assert memory.rss_bytes() == 0
    assert not memory.reset_peak()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert before <= memory.peak_rss_bytes()
    assert memory.peak_rss_bytes() <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_a_field_that_is_not_there_is_zero() -> None:
    assert memory.status_kib("VmNothing") == 0
