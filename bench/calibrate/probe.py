"""What a calibration is made of: probes, each of which times a few stages once a round."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol

import msgspec

from bench.material import Library
from bench.progress import Progress
from pipelines.engines.engine import Engine

Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
"""What no block reaches, and a float still holds."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One timed block of a stage: how much it did, and the CPU time in ns that it took.

    CPU time, of all threads of this process: what others do with the machine is not in it, what
    the kernel does for us is. `key` names the cost (`bench.profile.keys`).
    """

    key: str
    calls: Count
    packets: Count
    size_bytes: Count
    cpu_ns: Count


class Probe(Protocol):
    """Something ready to be timed: verified, warm, compiled."""

    def measure(self) -> Sequence[Reading]:
        """Time one round's blocks, in a new random order where there are several."""

    def close(self) -> None:
        """Give everything back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What probes are opened with."""

    engine: Engine
    library: Library
    progress: Progress
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePlan:
    """A probe that can be opened: the costs it gives, and what they are measured on, by key.

    `open` raises whatever makes it impossible; that becomes the profile's problem of each key.
    """

    name: str
    on: dict[str, str]
    open: Callable[[Bench], Probe]
    library: Callable[[Engine], str] = lambda _: ""
