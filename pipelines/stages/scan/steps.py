"""The steps of a hook on a picture: sample, luma view, hash, quality gate, look-up, verdict.

Each is a stage that hands on the very unit it was given, so that whoever times stages times the
steps apart. A frame that is not sampled passes all of them untouched.
"""

from collections.abc import Callable

from pipelines.media import Unit
from pipelines.scanning.hasher import Hasher
from pipelines.scanning.index.contract import Index
from pipelines.scanning.rule import FlagRule
from pipelines.scanning.sampling import Sampler
from pipelines.stage import StageKind
from pipelines.stages.scan.records import (
    CELLS,
    DISTANCE,
    ENTRY,
    FLAGGED,
    MATCHED,
    QUALITY,
    SAMPLED,
    VERDICT_NS,
)
from pipelines.stages.scan.state import Scan
from pipelines.stages.units import raw_frame

FULL_RANGE, LIMITED_RANGE = 255, 219
"""Steps of luma from black to white: as pictures for screens have them, and as video has them
(ITU-R BT.709 3.3: 16 to 235). A hash's quality grows with them in proportion."""


class Sample:
    """Begins a frame, and decides whether it is looked at."""

    __slots__ = ("_own", "_scan", "_takes")

    name = "scan-sample"
    kind = StageKind.SCAN

    def __init__(self, scan: Scan, sampler: Sampler, *, own: bool) -> None:
        self._scan = scan
        self._takes = sampler.takes
        self._own = own

    def __call__(self, unit: Unit, /) -> Unit:
        """Return `unit`. Raises TypeError where it does not show what the sampler looks at."""
        scan = self._scan
        records = scan.records
        number = records.frames
        records.frames = number + 1
        if number >= records.room:
            records.blank(number)
        scan.at = at = number % records.room * CELLS
        scan.sampled = sampled = self._takes(scan.unit if self._own else unit)
        if sampled:
            records.cells[at + SAMPLED] = 1
        return unit


class Luma:
    """Looks at the luma plane where it lies."""

    __slots__ = ("_own", "_scan")

    name = "scan-luma"
    kind = StageKind.SCAN

    def __init__(self, scan: Scan, *, own: bool) -> None:
        self._scan = scan
        self._own = own

    def __call__(self, unit: Unit, /) -> Unit:
        """Return `unit`. Raises TypeError where what is scanned is no decoded frame."""
        scan = self._scan
        if scan.sampled:
            scan.luma = raw_frame(scan.unit if self._own else unit).planes[0]
        return unit


class Hash:
    """Hashes the plane."""

    __slots__ = ("_hasher", "_scan")

    name = "scan-hash"
    kind = StageKind.SCAN

    def __init__(self, scan: Scan, hasher: Hasher) -> None:
        self._scan = scan
        self._hasher = hasher

    def __call__(self, unit: Unit, /) -> Unit:
        """Return `unit`."""
        scan = self._scan
        if scan.sampled:
            fingerprint = self._hasher.hash(scan.luma)
            scan.words = fingerprint.words
            scan.quality = fingerprint.quality
        return unit


class Gate:
    """Lets those hashes through whose picture has enough in it.

    `min_quality` is for full-range pictures; the quality of video in limited range is scaled up.
    """

    __slots__ = ("_least", "_scan")

    name = "scan-gate"
    kind = StageKind.SCAN

    def __init__(self, scan: Scan, min_quality: int) -> None:
        self._scan = scan
        self._least = min_quality * LIMITED_RANGE

    def __call__(self, unit: Unit, /) -> Unit:
        """Return `unit`."""
        scan = self._scan
        if scan.sampled:
            scan.good = scan.quality * FULL_RANGE >= self._least
        return unit


class LookUp:
    """Looks the hash up, and keeps the nearest entry: of equally near ones, the first."""

    __slots__ = ("_index", "_scan")

    name = "scan-lookup"
    kind = StageKind.SCAN

    def __init__(self, scan: Scan, index: Index) -> None:
        self._scan = scan
        self._index = index

    def __call__(self, unit: Unit, /) -> Unit:
        """Return `unit`."""
        scan = self._scan
        if scan.sampled:
            scan.entry = scan.distance = -1
            if scan.good:
                found = self._index.query(scan.words)
                if len(found):
                    nearest = int(found.distance.argmin())
                    scan.entry = int(found.entry[nearest])
                    scan.distance = int(found.distance[nearest])
        return unit


class Judge:
    """Writes the verdict down, with the time at which it is there."""

    __slots__ = ("_clock", "_rule", "_scan")

    name = "scan-verdict"
    kind = StageKind.SCAN

    def __init__(self, scan: Scan, rule: FlagRule, clock: Callable[[], int]) -> None:
        self._scan = scan
        # Of one frame, the rule is the match itself.
        self._rule = rule if rule.m > 1 else None
        self._clock = clock

    def __call__(self, unit: Unit, /) -> Unit:
        """Return `unit`."""
        scan = self._scan
        if scan.sampled:
            cells, at, entry = scan.records.cells, scan.at, scan.entry
            matched = entry >= 0
            if matched:
                cells[at + MATCHED] = 1
                cells[at + ENTRY] = entry
                cells[at + DISTANCE] = scan.distance
            if matched if self._rule is None else self._rule.after(matched=matched):
                cells[at + FLAGGED] = 1
            cells[at + QUALITY] = scan.quality
            cells[at + VERDICT_NS] = self._clock()
        return unit
