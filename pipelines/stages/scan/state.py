"""What the steps of a hook hand to each other, beside the frame that passes through them."""

from pipelines.media import U8, Unit
from pipelines.scanning.hasher import U64
from pipelines.stages.scan.records import Records


class Scan:
    """The frame that is being scanned: one per thread that runs steps.

    `unit` is what the hook made of the pipeline's unit (reassembled, decoded). All but `at` and
    `sampled` are left from an earlier frame where this one is not sampled.
    """

    __slots__ = (
        "at",
        "distance",
        "entry",
        "good",
        "luma",
        "quality",
        "records",
        "sampled",
        "unit",
        "words",
    )

    def __init__(self, records: Records) -> None:
        self.records = records
        self.at = 0
        self.sampled = False
        self.unit: Unit | None = None
        self.luma: U8 | None = None
        self.words: U64 | None = None
        self.quality = 0
        self.good = False
        self.entry = -1
        self.distance = -1

    def seen(self, unit: Unit, *, own: bool) -> Unit:
        """Return what a step works on: the pipeline's `unit`, or the hook's `own` form of it."""
        return self.unit if own and self.unit is not None else unit
