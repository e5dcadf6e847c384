"""A suite as it is written: one array of tables for each question a case can ask."""

from typing import Annotated, TypeVar

import msgspec

from bench.cases import Media, Model
from pipelines.engines.table import AUTO
from pipelines.scanning.hook import Mode, Point

T = TypeVar("T")
Listed = Annotated[list[T], msgspec.Meta(max_length=1000)]
Name = Annotated[str, msgspec.Meta(max_length=500)]
Words = Annotated[str, msgspec.Meta(max_length=5000)]
Whole = Annotated[int, msgspec.Meta(ge=-(1 << 53), le=1 << 53)]
"""What one part of a suite may be at most: longer lists and texts are a mistake or an attack."""


class CaseFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every list of cases has; `seconds` and `rounds` are the suite's where not given.

    `seconds` is the measuring time of each case and `rounds` the number of shuffled slices it is
    cut into.
    """

    why: Words
    clips: Listed[Name]
    seconds: float | None = None
    rounds: Whole | None = None


class ScanLists(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Scanning hooks: every combination is measured, each beside its twin without a hook.

    A scanner without an index has no list, whatever `list_sizes` says. `flag` is [n, m]: a stream
    is flagged when n of its last m sampled frames matched.
    """

    points: Listed[Point]
    scanners: Listed[Name]
    list_sizes: Listed[Whole] = msgspec.field(default_factory=lambda: [100_000])
    sampling: Listed[Name] = msgspec.field(default_factory=lambda: ["every-1"])
    modes: Listed[Mode] = msgspec.field(default_factory=lambda: [Mode.INLINE])
    queue: Whole = 4
    flag: tuple[Whole, Whole] = (1, 1)


class StreamCases(CaseFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[[case]]: frames through pipelines.

    `media` is "cached" (access units come from the cache, so only crypto and packets are timed)
    or "live" (the sender encodes, the receiver decodes). A pipeline may be a glob; an engine is one
    of `ENGINE_NAMES`.
    """

    model: Model
    codecs: Listed[Name]
    pipelines: Listed[Name]
    engines: Listed[Name] = msgspec.field(default_factory=lambda: [AUTO])
    media: Media = "cached"
    deadline_ms: float | None = None
    scan: ScanLists | None = None


class HashCases(CaseFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[[hash]]: luma planes through hash functions, ours and those of packages."""

    hashers: Listed[Name]


class LookupCases(CaseFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[[lookup]]: hashes of frames in lists. Without `radius` it is the hash's own."""

    hashers: Listed[Name]
    indexes: Listed[Name]
    list_sizes: Listed[Whole]
    batches: Listed[Whole] = msgspec.field(default_factory=lambda: [1])
    radius: Whole | None = None


class PrivateCases(CaseFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[[private]]: hashes of frames looked up without showing them, or the list."""

    protocols: Listed[Name]
    list_sizes: Listed[Whole]
    queries: Whole


class RecallCases(CaseFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[[recall]]: what is recognised after a change of picture and re-encoding.

    Every clip is looked for among its own frames and those of all the other clips of the list.
    """

    codecs: Listed[Name]
    rungs: Listed[Name]
    changes: Listed[Name]
    hashers: Listed[Name]


class DriftCases(CaseFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[[drift]]: hashing the Y plane against the reference on RGB."""


class SuiteFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A suite as it is written. `calibrate` asks for a calibration after its cases."""

    schema: int
    summary: Words
    seconds: float
    rounds: Whole
    calibrate: bool = False
    case: Listed[StreamCases] = []
    hash: Listed[HashCases] = []
    lookup: Listed[LookupCases] = []
    private: Listed[PrivateCases] = []
    recall: Listed[RecallCases] = []
    drift: Listed[DriftCases] = []
