"""Mode async: a frame pays for a copy of itself, and a worker does the rest when it can.

Only frames that nothing else depends on may be dropped, so what waits is a luma plane, or an access
unit that needs no other (a key frame). Where each unit must be decoded to keep the references of
later ones, decoding stays on the frame's way, and the plane of what is sampled waits.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from pipelines.media import U8, EncodedFrame, RawFrame, Unit
from pipelines.memory import GrowOnlyMemory
from pipelines.stage import Stage, StageKind
from pipelines.stages.scan.records import DROPPED, WORKER_NS
from pipelines.stages.scan.state import Scan

NO_PLANE: U8 = np.empty((0, 0), dtype=np.uint8)
"""Stands for the chroma planes: no hash looks at them, so they are not copied."""


class Slot:
    """Memory for one frame that waits: `room` bytes at first, touched before they are needed."""

    __slots__ = ("_memory", "at", "unit")

    def __init__(self, room: int) -> None:
        self._memory = GrowOnlyMemory()
        self._memory.lend(room).fill(0)
        self.at = 0
        self.unit: Unit | None = None

    def fill(self, unit: Unit, at: int) -> None:
        """Copy what a scan needs of the frame `unit`, whose cells begin `at`. Raises TypeError."""
        if isinstance(unit, RawFrame):
            luma = unit.planes[0]
            plane = self._memory.lend(luma.size).reshape(luma.shape)
            np.copyto(plane, luma)
            self.unit = RawFrame(
                index=unit.index, pts_ns=unit.pts_ns, planes=(plane, NO_PLANE, NO_PLANE)
            )
        elif isinstance(unit, EncodedFrame):
            payload = self._memory.lend(len(unit.payload))
            np.copyto(payload, unit.payload)
            self.unit = unit.with_payload(payload, unit.codec)
        else:
            raise TypeError(f"expected a frame to keep, got a {type(unit).__name__}")
        self.at = at


class Background:
    """A worker thread that runs the last steps of a hook on at most `waiting` frames that wait.

    Where one more comes, the oldest is dropped: a verdict on the newest picture is worth most.
    `room` is what a frame takes, in bytes. Raises ValueError where none could wait.
    """

    def __init__(
        self,
        scan: Scan,
        steps: Sequence[Stage],
        *,
        waiting: int,
        room: int,
        clock: Callable[[], int],
    ) -> None:
        if waiting < 1:
            raise ValueError(f"a queue of {waiting} frames: at least one must be able to wait")
        self._scan = scan
        self._steps = tuple(steps)
        self._clock = clock
        self._most = waiting
        # One more is being worked on, or being filled.
        self._free = [Slot(room) for _ in range(waiting + 1)]
        self._waiting: deque[Slot] = deque()
        self._changed = threading.Condition()
        self._busy = False
        self._closed = False
        self._error: BaseException | None = None
        # A daemon, so that a hook that nobody closed does not keep the process from ending.
        self._thread = threading.Thread(target=self._work, name="sealbench-scan", daemon=True)
        self._thread.start()

    def put(self, unit: Unit, at: int) -> None:
        """Let a copy of `unit` wait. Raises what the worker raised, if it did."""
        slot = self._slot()
        slot.fill(unit, at)
        with self._changed:
            self._waiting.append(slot)
            self._changed.notify_all()

    def drain(self) -> None:
        """Return when nothing waits and the worker rests. Raises what it raised, if it did."""
        with self._changed:
            self._changed.wait_for(lambda: self._error or self._is_idle())
            self._raise_error()

    def close(self) -> None:
        """End the thread when it is done with its frame; what waits gets no verdict."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        self._thread.join()

    def _slot(self) -> Slot:
        """Return memory for a frame, of the oldest one where no other is free."""
        with self._changed:
            self._raise_error()
            if self._closed:
                raise RuntimeError("the hook is closed: its worker is gone")
            if len(self._waiting) < self._most:
                return self._free.pop()
            oldest = self._waiting.popleft()
            self._scan.records.cells[oldest.at + DROPPED] = 1
            return oldest

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    def _is_idle(self) -> bool:
        return not self._waiting and not self._busy

    def _work(self) -> None:
        try:
            while (slot := self._next()) is not None:
                self._scan_frame(slot)
                with self._changed:
                    self._free.append(slot)
                    self._busy = False
                    self._changed.notify_all()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the frame's way must hear
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _next(self) -> Slot | None:
        """Return the frame that has waited longest, as soon as there is one; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            self._busy = True
            return self._waiting.popleft()

    def _scan_frame(self, slot: Slot) -> None:
        scan, unit = self._scan, slot.unit
        if unit is None:
            raise AssertionError("an empty slot waits")
        began_ns = self._clock()
        scan.at = slot.at
        scan.sampled = True
        for step in self._steps:
            step(unit)
        scan.records.cells[slot.at + WORKER_NS] = self._clock() - began_ns


class Enqueue:
    """Gives a copy of a sampled frame to the worker."""

    name = "scan-enqueue"
    kind = StageKind.SCAN

    def __init__(self, scan: Scan, background: Background, *, own: bool) -> None:
        self._scan = scan
        self._background = background
        self._own = own

    def __call__(self, unit: Unit, /) -> Unit:
        """Return `unit`. Raises what the worker raised, if it did."""
        scan = self._scan
        if scan.sampled:
            self._background.put(scan.unit if self._own else unit, scan.at)
        return unit
