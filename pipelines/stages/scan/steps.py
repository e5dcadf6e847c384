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

    name = "scan-sample"
    kind = StageKind.SCAN

    def __init__(self, scan: Scan, sampler: Sampler, *, own: bool) -> None:
        self._scan = scan
        self._sampler = sampler
        self._own = own

    def __call__(self, unit: Unit, /) -> Unit:
        """Return `unit`. Raises TypeError where it does not show what the sampler looks at."""
        scan = self._scan
        records = scan.records
        scan.at = records.next_frame()
        scan.sampled = self._sampler.takes(scan.seen(unit, own=self._own))
        if scan.sampled:
            records.cells[scan.at + SAMPLED] = 1
        return unit


class Luma:
    """Looks at the luma plane where it lies."""

    name = "scan-luma"
    kind = StageKind.SCAN

    def __init__(self, scan: Scan, *, own: bool) -> None:
        self._scan = scan
        self._own = own

    def __call__(self, unit: Unit, /) -> Unit:
        """Return `unit`. Raises TypeError where what is scanned is no decoded frame."""
        scan = self._scan
        if scan.sampled:
            scan.luma = raw_frame(scan.seen(unit, own=self._own)).planes[0]
        return unit


class Hash:
    """Hashes the plane."""

    name = "scan-hash"
    kind = StageKind.SCAN

    def __init__(self, scan: Scan, hasher: Hasher) -> None:
        self._scan = scan
        self._hasher = hasher

    def __call__(self, unit: Unit, /) -> Unit:
        """Return `unit`."""
        scan = self._scan
        if scan.sampled and scan.luma is not None:
            fingerprint = self._hasher.hash(scan.luma)
            scan.words = fingerprint.words
            scan.quality = fingerprint.quality
        return unit


class Gate:
    """Lets those hashes through whose picture has enough in it.

    `min_quality` is for full-range pictures; the quality of video in limited range is scaled up.
    """

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
            if scan.good and scan.words is not None:
                found = self._index.query(scan.words)
                if len(found):
                    nearest = int(found.distance.argmin())
                    scan.entry = int(found.entry[nearest])
                    scan.distance = int(found.distance[nearest])
        return unit


class Judge:
    """Writes the verdict down, with the time at which it is there."""

    name = "scan-verdict"
    kind = StageKind.SCAN

    def __init__(self, scan: Scan, rule: FlagRule, clock: Callable[[], int]) -> None:
        self._scan = scan
        self._rule = rule
        self._clock = clock

    def __call__(self, unit: Unit, /) -> Unit:
        """Return `unit`."""
        scan = self._scan
        if scan.sampled:
            matched = scan.entry >= 0
            cells, at = scan.records.cells, scan.at
            cells[at + MATCHED] = int(matched)
            cells[at + FLAGGED] = int(self._rule.after(matched=matched))
            cells[at + ENTRY] = scan.entry
            cells[at + DISTANCE] = scan.distance
            cells[at + QUALITY] = scan.quality
            cells[at + VERDICT_NS] = self._clock()
        return unit
