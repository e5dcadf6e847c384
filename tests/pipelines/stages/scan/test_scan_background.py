import gc
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from pipelines.media import EncodedFrame, PacketBatch, RawFrame, Unit
from pipelines.scanning.sampling import EveryKth
from pipelines.stage import StageKind
from pipelines.stages.scan.background import Background, Enqueue
from pipelines.stages.scan.records import VERDICT_NS, Records
from pipelines.stages.scan.state import Scan
from pipelines.stages.scan.steps import Sample

LONG_S = 20.0
"""Ends a test that would wait for ever; no test that passes comes near it."""


class Slow:
    """A step that says when it has begun a frame and goes on when it may."""

    name = "slow"
    kind = StageKind.SCAN

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self.begun = threading.Semaphore(0)
        self.may_go_on = threading.Semaphore(0)
        self.seen: list[int] = []
        self.threads: set[int] = set()
        self.fails_at = -1

    def __call__(self, unit: Unit, /) -> Unit:
        self.begun.release()
        assert self.may_go_on.acquire(timeout=LONG_S)
        if len(self.seen) == self.fails_at:
            raise ZeroDivisionError("a hasher went wrong")
        assert isinstance(unit, RawFrame)
        self.seen.append(int(unit.planes[0][0, 0]))
        self.threads.add(threading.get_ident())
        self._scan.records.cells[self._scan.at + VERDICT_NS] = 1
        return unit


class Line:
    """A worker with a slow step, and the frame's way to it."""

    def __init__(self, waiting: int) -> None:
        records = Records()
        self.scan = Scan(records)
        behind = Scan(records)
        self.slow = Slow(behind)
        self.background = Background(
            behind, [self.slow], waiting=waiting, room=4, clock=iter(range(10**6)).__next__
        )
        self._enqueue = Enqueue(self.scan, self.background, own=False)
        self._sample = Sample(self.scan, EveryKth(1), own=False)
        self._plane = np.zeros((2, 2), dtype=np.uint8)

    def send(self, value: int, *, sampled: bool = True) -> None:
        """Send a frame in memory that the next one uses again."""
        self._plane[:] = value
        frame = RawFrame(index=value, pts_ns=0, planes=(self._plane, self._plane, self._plane))
        self._sample(frame)
        self.scan.sampled = sampled
        assert self._enqueue(frame) is frame

    def wait_begun(self) -> None:
        assert self.slow.begun.acquire(timeout=LONG_S)

    def let_go(self, frames: int) -> None:
        self.slow.may_go_on.release(frames)

    def dropped(self, count: int) -> list[int]:
        return list(map(int, self.scan.records.columns(count)["scan_dropped"]))


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line(waiting=2)
    yield line
    line.let_go(100)
    line.background.close()


def test_a_slow_worker_costs_the_oldest_frames_that_wait(line: Line) -> None:
    line.send(0)
    line.wait_begun()  # frame 0 is in the worker's hands, and can be dropped no more
    for value in range(1, 6):
        line.send(value)
    assert line.dropped(6) == [0, 1, 1, 1, 0, 0]
    line.let_go(3)
    line.background.drain()
    assert line.slow.seen == [0, 4, 5]
    columns = line.scan.records.columns(6)
    assert (columns["scan_verdict_ns"] > 0).tolist() == [True, False, False, False, True, True]
    assert (columns["scan_worker_ns"] > 0).tolist() == [True, False, False, False, True, True]


def test_the_worker_is_another_thread_with_copies_of_its_own(line: Line) -> None:
    line.let_go(3)
    for value in (7, 8, 9):
        line.send(value)
        line.background.drain()
    assert line.slow.seen == [7, 8, 9]
    assert threading.get_ident() not in line.slow.threads
    assert len(line.slow.threads) == 1


def test_a_frame_that_is_not_sampled_does_not_wait(line: Line) -> None:
    line.send(1, sampled=False)
    line.background.drain()
    assert line.slow.seen == []
    assert line.dropped(1) == [0]


def test_the_frames_way_goes_on_while_the_worker_is_busy(line: Line) -> None:
    line.send(0)
    line.wait_begun()
    # Nothing here waits for the worker: it cannot go on before the last line.
    for value in range(1, 50):
        line.send(value)
    assert sum(line.dropped(50)) == 47
    line.let_go(3)
    line.background.drain()


def test_what_the_worker_raised_is_raised_by_the_next_frame(line: Line) -> None:
    line.slow.fails_at = 1
    line.let_go(2)
    line.send(0)
    line.background.drain()
    line.send(1)
    line.wait_begun()
    line.wait_begun()
    with pytest.raises(ZeroDivisionError, match="a hasher went wrong"):
        line.background.drain()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="a hasher went wrong"):
            line.send(2)


def test_a_failed_worker_can_still_be_closed() -> None:
    line = Line(waiting=1)
    line.slow.fails_at = 0
    line.let_go(1)
    line.send(0)
    with pytest.raises(ZeroDivisionError):
        line.background.drain()
    line.background.close()
    assert not line.background._thread.is_alive()


def test_closing_ends_the_thread_and_leaves_what_waits() -> None:
    before = threading.active_count()
    line = Line(waiting=2)
    line.send(0)
    line.wait_begun()
    line.send(1)
    closing = threading.Thread(target=line.background.close)
    closing.start()
    line.let_go(2)
    closing.join(timeout=LONG_S)
    assert not closing.is_alive()
    assert threading.active_count() == before
    assert line.slow.seen == [0]
    line.background.close()
    line.background.drain()
    with pytest.raises(RuntimeError, match="the hook is closed"):
        line.send(2)


def test_many_hooks_leave_no_thread_and_no_frame_behind() -> None:
    before = threading.active_count()
    for _ in range(20):
        line = Line(waiting=3)
        line.let_go(2)
        line.send(1)
        line.send(2)
        line.background.drain()
        line.background.close()
    assert threading.active_count() == before
    del line
    gc.collect()
    assert not [each for each in gc.get_objects() if isinstance(each, Background)]


def test_an_access_unit_waits_with_all_that_it_says(line: Line) -> None:
    payload = np.arange(9, dtype=np.uint8)
    unit = EncodedFrame(index=3, pts_ns=5, is_keyframe=True, codec="vp8", payload=payload)
    slot = line.background._slot()
    slot.fill(unit, 0)
    kept = slot.unit
    assert isinstance(kept, EncodedFrame)
    assert (kept.index, kept.pts_ns, kept.is_keyframe, kept.codec) == (3, 5, True, "vp8")
    assert kept.payload.tobytes() == payload.tobytes()
    assert not np.shares_memory(kept.payload, payload)


def test_a_plane_with_padded_rows_is_kept_without_the_padding(line: Line) -> None:
    luma = np.arange(40, dtype=np.uint8).reshape(4, 10)[:, :7]
    slot = line.background._slot()
    slot.fill(RawFrame(index=0, pts_ns=0, planes=(luma, luma, luma)), 0)
    kept = slot.unit
    assert isinstance(kept, RawFrame)
    assert np.array_equal(kept.planes[0], luma)
    assert not np.shares_memory(kept.planes[0], luma)


def test_packets_cannot_wait(line: Line) -> None:
    with pytest.raises(TypeError, match="expected a frame to keep, got a PacketBatch"):
        line.background.put(PacketBatch.of([b"x"]), 0)


def test_a_queue_without_room_is_refused() -> None:
    before = threading.active_count()
    with pytest.raises(ValueError, match=r"^a queue of 0 frames: at least one"):
        Line(waiting=0)
    assert threading.active_count() == before
