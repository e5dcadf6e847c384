"""What the measuring itself costs: the same loop over stages that do nothing."""

from collections.abc import Iterator
from functools import cache
from itertools import islice

import numpy as np

from bench.chain import Chain
from bench.clock import now
from bench.measure import measure_stages
from bench.samples import latency_ns, stage_field
from pipelines.media import EncodedFrame, Unit
from pipelines.stage import Role, Stage, StageKind

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
    """Return the median ns that clock reads and stores add to a frame of `stages` stages.

    It lies inside the timed region, so every figure of such a case holds this much. The calls of
    the stages are not in it: whoever runs a pipeline makes them, with or without a clock.
    """
    nothing = (Nothing(),) * stages
    chain = Chain(
        sender=nothing,
        onward=(),
        fields=tuple(stage_field(Role.SENDER, f"nothing#{index}") for index in range(stages)),
        kinds=(StageKind.PACKETS,) * stages,
    )
    with_clock_ns = np.median(latency_ns(measure_stages(chain, _units(), FRAMES)))
    return max(0.0, float(with_clock_ns - np.median(_without_clock_ns(nothing))))


def _without_clock_ns(stages: tuple[Stage, ...]) -> list[int]:
    """Return the times in ns of a frame's way through `stages`, read only before and after."""
    times_ns: list[int] = []
    for unit in islice(_units(), FRAMES):
        began_ns = now()
        for stage in stages:
            unit = stage(unit)  # noqa: PLW2901 - the unit goes on to the next stage
        times_ns.append(now() - began_ns)
    return times_ns


def _units() -> Iterator[Unit]:
    unit = EncodedFrame(
        index=0, pts_ns=0, is_keyframe=False, codec="raw", payload=np.zeros(1, dtype=np.uint8)
    )
    while True:
        yield unit
