"""Threads that protect packets side by side."""

import os
import sys

import pytest

from bench.peers.rounds import pinned
from bench.peers.scaling import measure_workers
from bench.peers.scaling_worker import Sender, packets_per_s
from bench.progress import Silent


def test_streams_go_on_through_many_spans() -> None:
    senders = [Sender(), Sender()]
    # Each span goes on with the next sequence numbers; one used twice would raise.
    assert all(packets_per_s(senders, 0.002) > 0 for _ in range(40))


def test_nothing_to_call_is_said() -> None:
    found = measure_workers(None, quick=True, progress=Silent())
    assert found.rows == ()
    assert [each.reason for each in found.absent] == ["no libcrypto to call"]


@pytest.mark.skipif(sys.platform != "linux", reason="affinity is Linux's")
def test_pinning_ends_with_its_block() -> None:
    before = os.sched_getaffinity(0)
    with pinned() as core:
        assert os.sched_getaffinity(0) == {core}
    assert os.sched_getaffinity(0) == before
