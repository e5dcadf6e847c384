"""The timed loops: `stage` (service times) and `paced` (latency from the due time)."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from bench.chain import Chain
from bench.clock import now
from bench.flight import beat
from bench.samples import FIXED_FIELDS, Samples, samples_dtype
from pipelines.media import EncodedFrame, PacketBatch, Unit, unit_bytes
from pipelines.told import kind_of, text_of

Clock = Callable[[], int]

Look = Callable[[Unit, Unit], None]
"""Looks at a unit that was sent and at what came of it, between frames; it may raise."""

SPIN_NS = 2_000_000
"""A sleeping thread may wake this late; the rest of a wait is spent looking at the clock."""

MEDIA_FIELDS = FIXED_FIELDS[1:6]
"""What `media_facts` returns: frame, is_keyframe, unit_bytes, wire_bytes, packets."""


class FrameFailed(Exception):  # noqa: N818 - what happened, with the frame it happened at
    """A stage raised while the frame that was sent as number `index` was on its way."""

    def __init__(self, index: int, error: Exception) -> None:
        super().__init__(f"{kind_of(error)} at frame {index}: {text_of(error)}")


def measure_stages(
    chain: Chain,
    units: Iterator[Unit],
    count: int,
    *,
    round_index: int = 0,
    clock: Clock = now,
    look: Look | None = None,
) -> Samples:
    """Send `count` units through `chain` and return their samples, shape (count,).

    The clock is read once before the first stage and once after each, so the time of a stage
    holds one clock read and one store into a list besides its work, and nothing else. `look` is
    shown the last unit, when all are timed. Raises FrameFailed, and what `look` raises.
    """
    timed = TimedFrames(chain, count, clock)
    with collector_off():
        for _ in range(count):
            timed.send(next(units))
    timed.show_last(look)
    return timed.samples(round_index=round_index)


def settle(chain: Chain, units: Iterator[Unit], count: int, look: Look) -> Samples:
    """Send `count` units, whose times nobody counts, and let `look` see each.

    Raises FrameFailed, and what `look` raises.
    """
    timed = TimedFrames(chain, count, now)
    with collector_off():
        for _ in range(count):
            timed.send(next(units))
            timed.show_last(look)
    return timed.samples(round_index=0)


def measure_paced(
    chain: Chain,
    units: Iterator[Unit],
    count: int,
    *,
    interval_ns: int,
    clock: Clock = now,
    sleep: Callable[[float], None] = time.sleep,
    look: Look | None = None,
) -> Samples:
    """Send one unit every `interval_ns` through `chain` and return their samples, shape (count,).

    An open loop: a unit that is late does not push back the due time of the next, so latency
    counts from when the camera would have delivered the frame. `sleep` takes seconds; `look` is
    shown the last unit. Raises FrameFailed, and what `look` raises.
    """
    timed = TimedFrames(chain, count, clock)
    first_due_ns = clock() + interval_ns
    due_ns = np.arange(count, dtype=np.int64) * interval_ns + first_due_ns
    with collector_off():
        for due in due_ns.tolist():
            unit = next(units)
            ahead_ns = due - clock() - SPIN_NS
            if ahead_ns > 0:
                sleep(ahead_ns / 1e9)
            while clock() < due:
                pass
            timed.send(unit)
    timed.show_last(look)
    return timed.samples(round_index=0, due_ns=due_ns)


class TimedFrames:
    """Clock stamps of `count` frames on their way through a chain, in preallocated columns."""

    def __init__(self, chain: Chain, count: int, clock: Clock) -> None:
        self._chain = chain
        self._clock = clock
        # A list takes an int in a third of the time that an array needs.
        self._stamps = [0] * (count * (1 + len(chain.fields)))
        self._count = count
        self._facts = np.zeros((count, len(MEDIA_FIELDS)), dtype=np.int64)
        self._sent = 0
        self._last: tuple[Unit, Unit] | None = None
        if chain.hook is not None:
            chain.hook.begin(count)

    def send(self, unit: Unit) -> None:
        """Take one unit through all stages, reading the clock between them. Raises FrameFailed."""
        chain, clock, stamp = self._chain, self._clock, self._stamps
        at = self._sent * (1 + len(chain.fields))
        entered = unit
        try:
            stamp[at] = clock()
            for stage in chain.sender:
                unit = stage(unit)
                at += 1
                stamp[at] = clock()
            wire = unit
            for stage in chain.onward:
                unit = stage(unit)
                at += 1
                stamp[at] = clock()
        except Exception as error:
            raise FrameFailed(self._sent, error) from error
        self._facts[self._sent] = media_facts(entered, wire)
        self._last = entered, unit
        self._sent += 1
        beat()

    def show_last(self, look: Look | None) -> None:
        """Let `look`, if there is one, see the last unit that was sent and what came of it."""
        if look is not None and self._last is not None:
            look(*self._last)

    def samples(self, *, round_index: int, due_ns: npt.NDArray[np.int64] | None = None) -> Samples:
        """Return the samples of all frames; without `due_ns` a frame was due when it started.

        A hook's worker is waited for. Raises FrameFailed where that one failed.
        """
        hook = self._chain.hook
        stamps = np.array(self._stamps, dtype=np.int64).reshape(self._count, -1)
        samples = np.zeros(
            self._count, dtype=samples_dtype(self._chain.fields, hooked=hook is not None)
        )
        samples["round"] = round_index
        for column, name in enumerate(MEDIA_FIELDS):
            samples[name] = self._facts[:, column]
        samples["start_ns"] = stamps[:, 0]
        samples["due_ns"] = stamps[:, 0] if due_ns is None else due_ns
        for column, name in enumerate(self._chain.fields, start=1):
            samples[name] = stamps[:, column]
        if hook is not None:
            try:
                hook.drain()
            except Exception as error:
                raise FrameFailed(self._sent - 1, error) from error
            for name, values in hook.records(self._count).items():
                samples[name] = values
        return samples


def media_facts(entered: Unit, wire: Unit) -> tuple[int, int, int, int, int]:
    """Return frame index, key-frame flag, bytes in, bytes and packets that left the sender."""
    is_keyframe = isinstance(entered, EncodedFrame) and entered.is_keyframe
    packets = len(wire) if isinstance(wire, PacketBatch) else 1
    index = 0 if isinstance(entered, PacketBatch) else entered.index
    return index, int(is_keyframe), unit_bytes(entered), unit_bytes(wire), packets


@contextmanager
def collector_off() -> Iterator[None]:
    """Collect garbage now and not again until the block ends."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
