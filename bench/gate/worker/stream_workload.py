"""Access units through sender, relay and receiver of a pipeline, as in a measured run."""

import inspect
from collections.abc import Iterator, Sequence
from functools import cache, partial

import numpy as np

from pipelines.engines.table import choose_engine
from pipelines.media import EncodedFrame, PacketBatch, Unit
from pipelines.pipeline import Pipeline
from pipelines.registry import Registry, load_registry
from pipelines.session import Session
from pipelines.stage import Rejected, Stage

from .messages import StreamSpec
from .workload import Absent, WrongAnswer

CHECKED_UNITS = 40
"""Access units that are looked at before anything is timed; later it is the last of a block."""


class StreamWorkload:
    """The stages of all roles with keys of their own; one unit is one access unit."""

    unit = "access unit"
    own_ns = 0
    answer = ""

    def __init__(
        self,
        pipeline: Pipeline,
        engine: str,
        frames: Sequence[EncodedFrame],
        *,
        verified: bool = False,
    ) -> None:
        """Build the stages. Raises WrongAnswer where they are not `verified` yet and are wrong."""
        self._pipeline = pipeline
        self._engine_name = engine
        self._engine = choose_engine(engine).engine
        self._frames = frames
        self.period = len(frames)
        self._sender, self._onward = self._stages()
        self._all = (*self._sender, *self._onward)
        self._last: tuple[EncodedFrame, Unit] = (frames[0], frames[0])
        if not verified:
            self._verify()

    def again(self) -> "StreamWorkload":
        """Return the same pipeline with other keys and buffers."""
        return StreamWorkload(self._pipeline, self._engine_name, self._frames, verified=True)

    def run(self, start: int, units: int) -> None:
        """Send `units` access units from `start` on through all stages."""
        frames, stages, period = self._frames, self._all, self.period
        frame = unit = frames[0]
        for at in range(start, start + units):
            frame = unit = frames[at % period]
            for stage in stages:
                unit = stage(unit)  # type: ignore[assignment] # the last stage's is looked at below
        self._last = frame, unit

    def check(self) -> None:
        """Raise WrongAnswer unless the last access unit came out as it went in."""
        _same(*self._last)

    def facts(self, units: int) -> dict[str, float]:
        """Return packets, and the bytes that left the sender beyond the access units."""
        sender, _ = self._stages()
        packets = overhead_bytes = 0
        for at in range(units):
            frame = self._frames[at % self.period]
            wire = _through(sender, frame)
            packets += len(wire) if isinstance(wire, PacketBatch) else 1
            overhead_bytes += _bytes(wire) - len(frame.payload)
        return {"packets": packets, "overhead_bytes": overhead_bytes}

    def _stages(self) -> tuple[tuple[Stage, ...], tuple[Stage, ...]]:
        session = Session.fresh(codec=self._frames[0].codec, engine=self._engine)
        pipeline = self._pipeline
        return tuple(pipeline.sender(session)), (
            *pipeline.relay(session.hop()),
            *pipeline.receiver(session),
        )

    def _verify(self) -> None:
        """Raise WrongAnswer unless the first units come out whole and a tampered one is refused."""
        sender, onward = self._stages()
        for frame in self._frames[:CHECKED_UNITS]:
            lent = frame.with_payload(frame.payload.copy(), frame.codec)
            _same(frame, _through((*sender, *onward), lent))
            if not np.array_equal(lent.payload, frame.payload):
                raise WrongAnswer(f"access unit {frame.index}: a stage wrote into what went in")
        if not self._pipeline.authenticated:
            return
        for tampered in _tampered(_through(sender, self._frames[0])):
            try:
                _through(onward, tampered)
            except Rejected:
                continue
            raise WrongAnswer("a tampered access unit was accepted")


def open_stream(spec: StreamSpec) -> StreamWorkload:
    """Return the benchmark `spec`. Raises Absent, WrongAnswer, or whatever the checkout raises."""
    pipelines = _registry().pipelines
    if spec.pipeline not in pipelines:
        if _registry().problems:
            raise WrongAnswer(f"no pipeline {spec.pipeline!r}; {'; '.join(_registry().problems)}")
        raise Absent(f"no pipeline {spec.pipeline!r}")
    frames = load_frames(spec.material)
    if frames[0].codec not in pipelines[spec.pipeline].codecs:
        raise Absent(f"no {frames[0].codec} through {spec.pipeline}")
    return StreamWorkload(pipelines[spec.pipeline], spec.engine, frames)


@cache
def _registry() -> Registry:
    return load_registry()


def origin_of(spec: StreamSpec) -> str:
    """Return the file that composes the pipeline: a plug-in's need not be in the checkout."""
    sender = _registry().pipelines[spec.pipeline].sender
    while isinstance(sender, partial):
        sender = sender.func
    return inspect.getfile(inspect.unwrap(sender if inspect.isroutine(sender) else type(sender)))


@cache
def load_frames(path: str) -> list[EncodedFrame]:
    """Return the access units of a material file, as `bench/gate/material.py` wrote them."""
    with np.load(path, allow_pickle=False) as stored:
        columns = {name: stored[name] for name in stored.files}
    # All benchmarks of a worker share them.
    columns["payload"].flags.writeable = False
    ends = np.cumsum(columns["size"]).tolist()
    starts = [0, *ends[:-1]]
    return [
        EncodedFrame(
            index=index,
            pts_ns=int(columns["pts_ns"][index]),
            is_keyframe=bool(columns["is_keyframe"][index]),
            codec=str(columns["codec"]),
            payload=columns["payload"][start:end],
        )
        for index, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def _through(stages: Sequence[Stage], unit: Unit) -> Unit:
    for stage in stages:
        unit = stage(unit)
    return unit


def _same(frame: EncodedFrame, unit: Unit) -> None:
    if not isinstance(unit, EncodedFrame):
        raise WrongAnswer(f"the receiver ends with a {type(unit).__name__}")
    if unit.codec != frame.codec or not np.array_equal(unit.payload, frame.payload):
        raise WrongAnswer(
            f"access unit {frame.index}: {len(frame.payload)} bytes of {frame.codec} went in,"
            f" {len(unit.payload)} other bytes of {unit.codec} came out"
        )


def _bytes(unit: Unit) -> int:
    if isinstance(unit, PacketBatch):
        return unit.total_bytes
    if isinstance(unit, EncodedFrame):
        return len(unit.payload)
    return sum(plane.size for plane in unit.planes)


def _tampered(wire: Unit) -> Iterator[Unit]:
    """Yield `wire` with a bit flipped in its middle, and with one flipped in its last byte."""
    if isinstance(wire, PacketBatch):
        size = int(wire.size[-1])
        for at in (size // 2, size - 1):
            copy = wire.copy()
            copy.data[-1, at] ^= 1
            yield copy
    elif isinstance(wire, EncodedFrame):
        for at in (len(wire.payload) // 2, len(wire.payload) - 1):
            payload = wire.payload.copy()
            payload[at] ^= 1
            yield wire.with_payload(payload, wire.codec)
