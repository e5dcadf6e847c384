"""The schema of what a run leaves behind: rows, machine and plan, each with its version."""

import msgspec

SCHEMA = 1
"""Version of every file in a run folder. A reader refuses a newer one."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A statistic with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


class StageSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Service time per frame of one stage. `kind` is a `pipelines.stage.StageKind`."""

    role: str
    stage: str
    kind: str
    p50_ns: Estimate
    p95_ns: Estimate
    p99_ns: Estimate
    mean_ns: Estimate


class RoleSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Service time per frame of one role, and what one core could do of nothing else."""

    role: str
    p50_ns: Estimate
    p95_ns: Estimate
    p99_ns: Estimate
    mean_ns: Estimate
    frames_per_s_core: Estimate
    gbit_per_s_core: Estimate


class PacedSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Latency from the due time to the end of the last stage, of one stream in real time."""

    p50_ns: Estimate
    p95_ns: Estimate
    p99_ns: Estimate
    max_ns: int
    deadline_ns: int
    deadline_misses: int
    frame_interval_ns: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One case of a run: what was measured, or the error that stopped it.

    Of a live case, `unit_bytes_mean` is the decoded frame that entered, and `overhead_bytes_mean`
    is 0: there is no access unit to compare the wire with.
    """

    schema: int = SCHEMA
    case: str
    why: str
    model: str
    media: str
    clip: str
    codec: str
    pipeline: str
    labels: tuple[str, ...] = ()
    engine: str
    library: str = ""
    sees_plaintext: tuple[str, ...] = ()
    error: str | None = None
    clip_sha256: str = ""
    clip_note: str = ""
    encoder: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    bitrate_bps: float = 0.0
    frames: int = 0
    rounds: int = 0
    processes: int = 0
    unit_bytes_mean: float = 0.0
    wire_bytes_mean: float = 0.0
    overhead_bytes_mean: float = 0.0
    packets_mean: float = 0.0
    stages: tuple[StageSummary, ...] = ()
    roles: tuple[RoleSummary, ...] = ()
    paced: PacedSummary | None = None
    harness_ns_per_frame: float = 0.0
    peak_rss_bytes: int = 0
    case_rss_bytes: int = 0
    samples: str = ""
