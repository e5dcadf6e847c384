"""What the measuring itself costs: the same loop over stages that do nothing."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from bench.chain import Chain
from bench.measure import measure_stages
from bench.samples import latency_ns, stage_field
from pipelines.media import EncodedFrame, Unit
from pipelines.stage import Role, StageKind

FRAMES = 4000


class Nothing:
    """A stage that hands on what it was given."""

    name = "nothing"
    kind = StageKind.PACKETS

    def __call__(self, unit: Unit, /) -> Unit:
        """Return `unit`."""
        return unit


@cache
def harness_ns_per_frame(stages: int) -> float:
    """Return the median ns that clock reads, stores and calls add to a frame of `stages` stages.

    It lies inside the timed region, so every figure of such a case holds this much.
    """
    chain = Chain(
        sender=(Nothing(),) * stages,
        onward=(),
        fields=tuple(stage_field(Role.SENDER, f"nothing#{index}") for index in range(stages)),
        kinds=(StageKind.PACKETS,) * stages,
    )
    return float(np.median(latency_ns(measure_stages(chain, _units(), FRAMES))))


def _units() -> Iterator[Unit]:
    unit = EncodedFrame(
        index=0, pts_ns=0, is_keyframe=False, codec="raw", payload=np.zeros(1, dtype=np.uint8)
    )
    while True:
        yield unit
