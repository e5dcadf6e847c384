"""A hook with everything it holds: its steps as stages, its records, its worker."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.codecs.decoder import Decoder
from pipelines.codecs.settings import raw_frame_bytes
from pipelines.scanning.hasher import Hasher
from pipelines.scanning.hook import LEARNS, Hook, Mode, Point
from pipelines.scanning.index.contract import Index
from pipelines.scanning.rule import FlagRule
from pipelines.scanning.sampling import LooksAt, parse_sampling
from pipelines.scanning.scanner import Scanner
from pipelines.stage import Role, Stage
from pipelines.stages.scan.background import Background, Enqueue
from pipelines.stages.scan.decoding import Decode, Reassemble
from pipelines.stages.scan.place import ENCODED, ROLES
from pipelines.stages.scan.records import Records, Verdict
from pipelines.stages.scan.state import Scan
from pipelines.stages.scan.steps import Gate, Hash, Judge, LookUp, Luma, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHook:
    """A hook for one stream. To be closed.

    `steps` are the stages to put at its point, in this order. With `needs_every_unit` the stream
    must begin with a key frame and go on without a gap, or the hook's decoder lacks references.
    `hasher` and `index` are names, empty where the scanner has none.
    """

    hook: Hook
    scanner: Scanner
    hasher: str
    index: str
    list_entries: int
    index_bytes: int
    steps: tuple[Stage, ...]
    needs_every_unit: bool
    _records: Records
    _background: Background | None

    @property
    def role(self) -> Role:
        """Return whose work the steps are."""
        return ROLES[self.hook.point]

    def begin(self, count: int) -> None:
        """Drain, then forget all records and make room for those of the next `count` frames."""
        self.drain()
        self._records.begin(count)

    def records(self, count: int) -> dict[str, npt.NDArray[np.int64]]:
        """Return the FRAME_FIELDS of the last `count` frames, int64 of shape (count,) each.

        `drain` first, or the last verdicts may be missing. Raises ValueError for more frames than
        have passed since `begin`, or than there is room for.
        """
        return self._records.columns(count)

    def verdicts(self) -> tuple[Verdict, ...]:
        """Return the verdicts since `begin`, in the order of their frames."""
        return self._records.verdicts(LEARNS[self.hook.point])

    def drain(self) -> None:
        """Wait until every frame that waits has its verdict. Raises what the worker raised."""
        if self._background is not None:
            self._background.drain()

    def close(self) -> None:
        """End the worker, if there is one; what waits gets no verdict."""
        if self._background is not None:
            self._background.close()


def open_hook(
    hook: Hook,
    scanner: Scanner,
    index: Index | None = None,
    *,
    list_entries: int = 0,
    codec: str,
    width: int,
    height: int,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> OpenHook:
    """Return `hook` with new state, for one stream of `width` x `height` in `codec`.

    `index` is a list of `list_entries` hashes, built by the scanner's back end; hooks may share
    one as long as they take turns. `clock` is the one that times the stages. Whether the pipeline
    has a place for the hook is for `refuse_impossible` to say. Raises ValueError for a sampling,
    rule or queue that cannot be, and where `index` is missing or too much.
    """
    if (index is None) != (scanner.index is None):
        raise ValueError(
            f"scanner {scanner.name!r} looks up {'nothing' if scanner.index is None else 'hashes'},"
            f" and it was given {'no list' if index is None else 'a list'}"
        )
    records = Records()
    scan = Scan(records)
    decoder = Decoder(codec, width, height) if hook.point in ENCODED else None
    front = _front(scan, hook, codec, decoder)
    work = _Work(
        hasher=None if scanner.new_hasher is None else scanner.new_hasher(),
        index=index,
        rule=FlagRule(hook.flag_n, hook.flag_m),
        clock=clock,
        decoder=None if front.decodes else decoder,
    )
    background = None
    if hook.mode is Mode.ASYNC:
        behind = Scan(records)
        background = Background(
            behind,
            work.steps(behind, own=False),
            waiting=hook.queue,
            room=raw_frame_bytes(width, height),
            clock=clock,
        )
        rest: list[Stage] = [Enqueue(scan, background, own=front.own)]
    else:
        rest = work.steps(scan, own=front.own)
    return OpenHook(
        hook=hook,
        scanner=scanner,
        hasher="" if work.hasher is None else work.hasher.name,
        index="" if scanner.index is None else scanner.index.name,
        list_entries=list_entries,
        index_bytes=0 if index is None else index.nbytes,
        steps=(*front.steps, *rest),
        needs_every_unit=front.decodes and codec != "raw",
        _records=records,
        _background=background,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Front:
    """The steps that each frame passes, up to the choice of those that are scanned.

    `own`: the hook has then made something of its own from the unit; `decodes`: a picture.
    """

    steps: list[Stage]
    own: bool
    decodes: bool


def _front(scan: Scan, hook: Hook, codec: str, decoder: Decoder | None) -> _Front:
    """Return the front of `hook`: it samples as early as it can see what that needs."""
    sampling = parse_sampling(hook.sampling)
    # Key frames, and raw ones, need no other: those that are not sampled may stay undecoded.
    independent = codec == "raw" or sampling.looks_at is LooksAt.ACCESS_UNIT
    decodes = decoder is not None and (not independent or sampling.looks_at is LooksAt.PICTURE)
    steps: list[Stage] = []
    places = [0]
    if hook.point is Point.RELAY:
        steps.append(Reassemble(scan, codec))
    places.append(len(steps))
    if decoder is not None and decodes:
        steps.append(Decode(scan, decoder, own=bool(steps), each=True))
    places.append(len(steps))
    # Place n is behind all that makes what LooksAt n is about.
    place = places[sampling.looks_at]
    own = bool(steps)
    steps.insert(place, Sample(scan, sampling.new_sampler(), own=place > 0))
    return _Front(steps=steps, own=own, decodes=decodes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What is done with a frame that is sampled."""

    hasher: Hasher | None
    index: Index | None
    rule: FlagRule
    clock: Callable[[], int]
    decoder: Decoder | None

    def steps(self, scan: Scan, *, own: bool) -> list[Stage]:
        """Return the steps, which share `scan`; `own`: there is an own form of the unit to take."""
        steps: list[Stage] = []
        if self.decoder is not None:
            steps.append(Decode(scan, self.decoder, own=own, each=False))
        steps.append(Luma(scan, own=own or self.decoder is not None))
        if self.hasher is not None:
            steps.append(Hash(scan, self.hasher))
            steps.append(Gate(scan, self.hasher.min_quality))
        if self.index is not None:
            steps.append(LookUp(scan, self.index))
        steps.append(Judge(scan, self.rule, self.clock))
        return steps
