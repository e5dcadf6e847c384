"""What the steps of a hook hand to each other, beside the frame that passes through them."""

from pipelines.media import U8, Unit
from pipelines.scanning.hasher import U64
from pipelines.stages.scan.records import Records


class Scan:
    """The frame that is being scanned: one per thread that runs steps.

    Its cells in `records` begin `at`. `unit` is what the hook made of the pipeline's unit
    (reassembled, decoded), and is not there where no step makes one. From `luma` on, all is left
    from an earlier frame, or not there, where this one is not sampled. `entry` and `distance` are
    those of the nearest match, -1 where there is none.
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
        self.unit: Unit
        self.luma: U8
        self.words: U64
        self.quality = 0
        self.good = False
        self.entry = -1
        self.distance = -1
