"""What a comparison leaves behind: every figure with its spread, the ratios, and on what."""

from dataclasses import dataclass

import msgspec

from bench.machine.schema import Conditions, Machine
from bench.results import Estimate

SCHEMA = 1
"""Version of peers.json."""


class PeerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One contender in one cell.

    `median_ns` is per unit, over `rounds` passes, with its 95 % bootstrap interval; `p25_ns` and
    `p75_ns` bound the middle half. `batch` is how many units one call takes. `error` says why there
    is no figure.
    """

    part: str
    cipher: str
    size_bytes: int
    direction: str
    memory: str
    contender: str
    library: str
    batch: int
    rounds: int = 0
    median_ns: Estimate | None = None
    p25_ns: float = 0.0
    p75_ns: float = 0.0
    error: str | None = None


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """How many times as fast one is as another, paired round by round; `target` is what it must be.

    For `at_most` the value is a cost ratio that must not exceed the target.
    """

    name: str
    memory: str
    value: Estimate
    target: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether the median meets the target."""
        return self.value.value <= self.target if self.at_most else self.value.value >= self.target


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """A contender that did not take part."""

    part: str
    contender: str
    reason: str


class ScalingRow(msgspec.Struct, frozen=True, kw_only=True):
    """Throughput of two at once against one alone, on the same packets."""

    workers: str
    library: str
    ratio: Estimate
    trials: int


class PeersReport(msgspec.Struct, frozen=True, kw_only=True):
    """One session of `sealbench peers`."""

    schema: int = SCHEMA
    command: str
    sealbench_version: str
    started_utc: str
    seconds: float
    seed: int
    rounds: int
    pinned_core: int | None
    disturbed_passes: int
    passes: int
    machine: Machine
    conditions_before: Conditions
    conditions_after: Conditions
    clock_read_ns: Estimate
    rows: tuple[PeerRow, ...]
    ratios: tuple[Ratio, ...]
    scaling: tuple[ScalingRow, ...]
    absent: tuple[Absent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedSample:
    """One run of `openssl speed`: a figure, or why there is none."""

    ns_per_unit: float | None
    error: str | None
