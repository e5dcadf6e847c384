"""What a self-test keeps of each comparison it made, whose truth it knew."""

from typing import Annotated, Literal

import msgspec

from bench.gate.result import Verdict
from bench.results import Count, Figure

VerdictName = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(Verdict)})$")]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Condition = Literal["idle", "noisy"]


class TrialRow(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison of a benchmark with itself, the head slowed down by `effect` (0.03: 3 %).

    `gate` numbers the gate it was part of: those of one gate share their processes, so they are
    not quite independent. `confirmed` says whether it went into the second phase, `seconds` what it
    took, its share of starting processes included. `contrast` says for each comparison flag of
    pytest-benchmark (`mean:5%`) whether it would have failed on blocks of the same trial, taken as
    two runs: the base's from the first restart, the head's from the second.
    """

    condition: Condition
    gate: Count
    benchmark: str
    effect: Figure
    verdict: VerdictName
    reason: str
    ratio: Figure | None
    control: Figure | None
    confirmed: bool
    seconds: Seconds
    pressure_percent: Figure | None
    contrast: dict[str, bool]
