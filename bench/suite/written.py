"""A suite as it is written: one array of tables for each question a case can ask."""

import msgspec

from bench.cases import Media, Model
from pipelines.engines.table import AUTO
from pipelines.scanning.hook import Mode, Point


class CaseFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every list of cases has; `seconds` and `rounds` are the suite's where not given.

    `seconds` is the measuring time of each case and `rounds` the number of shuffled slices it is
    cut into.
    """

    why: str
    clips: list[str]
    seconds: float | None = None
    rounds: int | None = None


class ScanLists(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Scanning hooks: every combination is measured, each beside its twin without a hook.

    A scanner without an index has no list, whatever `list_sizes` says. `flag` is [n, m]: a stream
    is flagged when n of its last m sampled frames matched.
    """

    points: list[Point]
    scanners: list[str]
    list_sizes: list[int] = msgspec.field(default_factory=lambda: [100_000])
    sampling: list[str] = msgspec.field(default_factory=lambda: ["every-1"])
    modes: list[Mode] = msgspec.field(default_factory=lambda: [Mode.INLINE])
    queue: int = 4
    flag: tuple[int, int] = (1, 1)


class StreamCases(CaseFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[[case]]: frames through pipelines.

    `media` is "cached" (access units come from the cache, so only crypto and packets are timed)
    or "live" (the sender encodes, the receiver decodes). A pipeline may be a glob; an engine is one
    of `ENGINE_NAMES`.
    """

    model: Model
    codecs: list[str]
    pipelines: list[str]
    engines: list[str] = msgspec.field(default_factory=lambda: [AUTO])
    media: Media = "cached"
    deadline_ms: float | None = None
    scan: ScanLists | None = None


class HashCases(CaseFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[[hash]]: luma planes through hash functions, ours and those of packages."""

    hashers: list[str]


class LookupCases(CaseFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[[lookup]]: hashes of frames in lists. Without `radius` it is the hash's own."""

    hashers: list[str]
    indexes: list[str]
    list_sizes: list[int]
    batches: list[int] = msgspec.field(default_factory=lambda: [1])
    radius: int | None = None


class PrivateCases(CaseFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[[private]]: hashes of frames looked up without showing them, or the list."""

    protocols: list[str]
    list_sizes: list[int]
    queries: int


class RecallCases(CaseFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[[recall]]: what is recognised after a change of picture and re-encoding.

    Every clip is looked for among its own frames and those of all the other clips of the list.
    """

    codecs: list[str]
    rungs: list[str]
    changes: list[str]
    hashers: list[str]


class DriftCases(CaseFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[[drift]]: hashing the Y plane against the reference on RGB."""


class SuiteFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A suite as it is written. `calibrate` asks for a calibration after its cases."""

    schema: int
    summary: str
    seconds: float
    rounds: int
    calibrate: bool = False
    case: list[StreamCases] = []
    hash: list[HashCases] = []
    lookup: list[LookupCases] = []
    private: list[PrivateCases] = []
    recall: list[RecallCases] = []
    drift: list[DriftCases] = []
