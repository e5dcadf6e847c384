"""What is recorded of a machine, and of the conditions around a run."""

from typing import Annotated

import msgspec

from bench.clock import ClockOverhead
from bench.results import Count, Estimate, Figure


class Cache(msgspec.Struct, frozen=True, kw_only=True):
    """A cache as core 0 sees it. `kind` is Data, Instruction or Unified."""

    level: Count
    kind: str
    size_bytes: Count
    shared_by_cores: str


class Scaling(msgspec.Struct, frozen=True, kw_only=True):
    """Throughput of `processes` at once against one alone, on the same AES-256-GCM job.

    `ratio` and `one_gbit_per_s` are the median of the trials with their least and greatest value.
    """

    processes: Count
    trials: Count
    ratio: Estimate
    one_gbit_per_s: Estimate


CalibrationNs = Annotated[float, msgspec.Meta(ge=1, le=1e12)]
"""What is outside is no time of 25 us of work on any machine, and would make ratios overflow."""


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """How busy the machine was at a moment.

    `load_1min` is the load average of the last minute. `cpu_pressure_percent` is the share of the
    last 10 s in which a task waited for a CPU (PSI, `some avg10`). `calibration_ns` is how long a
    fixed piece of work took (`bench.machine.calibration`), None where nobody asked.
    """

    utc: str
    load_1min: Figure | None
    cpu_pressure_percent: Figure | None
    calibration_ns: CalibrationNs | None = None


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine as far as results depend on it; null is what could not be read.

    It holds no host name, user, path or serial number. `isa` lists the crypto-related instruction
    sets that the CPU has, `governors` the frequency governor of each core, `libraries` the version
    of each library by its name.
    """

    slug: str
    cpu_model: str | None
    architecture: str
    logical_cores: Count | None
    physical_cores: Count | None
    usable_cores: Count
    isa: tuple[str, ...] | None
    virtual: bool | None
    caches: tuple[Cache, ...] | None
    ram_bytes: Count | None
    governors: tuple[str, ...] | None
    kernel: str
    os: str
    python: str
    libraries: dict[str, str | None]
    git_revision: str | None
    clock: ClockOverhead
    scaling: Scaling | None
