"""The schema of what a run leaves behind: rows, machine and plan, each with its version."""

from typing import Annotated

import msgspec

SCHEMA = 1
"""Version of every file in a run folder. A reader refuses a newer one."""


LARGEST_FIGURE = 1e18

Figure = Annotated[float, msgspec.Meta(ge=-LARGEST_FIGURE, le=LARGEST_FIGURE)]
"""A number as no row goes beyond it; what is outside is forged, and products of it overflow."""

Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
"""How many: sums of thousands fit into 64 bits, and each into a float."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A statistic with its 95 % bootstrap interval."""

    value: Figure
    low: Figure
    high: Figure


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
    max_ns: Count
    deadline_ns: Count
    deadline_misses: Count
    frame_interval_ns: Count


class HookSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a scanning hook cost one stream, and what it found.

    `mean_ns` is the time of all the hook's steps per frame of the stream, sampled or not (the steps
    stand among the row's stages), and `core_share` what that is of one core at the clip's rate, the
    worker's time included (0.005 is half a percent). `added_p50_ns` and `added_p99_ns` are the
    quantile of the frame's way with the hook's time in it, minus the same quantile with that time
    taken out. In mode async the frame's way holds only the copy; the worker's time per scanned
    frame is `worker_ns`, and a verdict comes `lag` after its frame was sampled. `sampled`,
    `matched`, `dropped` and `flagged_frames` count frames of the case; one that was dropped was
    sampled too. `list_origin` says in words what was listed.
    """

    point: str
    scanner: str
    hasher: str
    index: str
    list_entries: Count
    index_bytes: Count
    list_origin: str = ""
    sampling: str
    mode: str
    learns: tuple[str, ...]
    mean_ns: Estimate
    core_share: Estimate
    added_p50_ns: Estimate
    added_p99_ns: Estimate
    sampled: Count
    matched: Count
    dropped: Count
    flagged_frames: Count
    worker_ns: Estimate | None = None
    lag_p50_ns: Estimate | None = None
    lag_p99_ns: Estimate | None = None


class HashSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Time to hash one luma plane."""

    hasher: str
    bits: Count
    p50_ns: Estimate
    p99_ns: Estimate
    mean_ns: Estimate
    quality_mean: Figure


class LookupSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Time of one query (of a batch, divided by its size) in a list of known size."""

    hasher: str
    index: str
    exact: bool
    radius: Count
    list_entries: Count
    index_bytes: Count
    build_s: Figure
    batch: Count
    p50_ns: Estimate
    p99_ns: Estimate
    mean_ns: Estimate
    found_mean: Figure


class PrivateSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Cost of a look-up in which neither side shows the other what it holds.

    Times are per query; `client_ns` and `server_ns` split the mean. `plaintext_ns` is the mean of a
    plaintext look-up that finds the same (`plaintext_radius`), measured beside it. `learns` says in
    a sentence what each side comes to know.
    """

    protocol: str
    library: str
    list_entries: Count
    radius: Count
    setup_s: Figure
    setup_bytes: Count
    p50_ns: Estimate
    mean_ns: Estimate
    client_ns: Figure
    server_ns: Figure
    up_bytes: Figure
    down_bytes: Figure
    plaintext_ns: Figure
    plaintext_radius: Count
    client_learns: str
    server_learns: str


class RecallCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What one hash recognised of the frames of one cell.

    Of `frames` changed frames `low_quality` were discarded by the quality gate, and do not count as
    recalled; `recalled` match a listed frame of their own clip within `radius`, `recalled_dihedral`
    do so in one of the eight turned and mirrored variants (equal to `recalled` where the hash knows
    none), `identical` have a hash that is listed bit by bit. `false_matches` frames match an entry
    of another clip, in a list with `foreign_entries` of those. `distances` are the quantiles 0, 25,
    50, 75, 100 % of the distance to the nearest own entry.
    """

    hasher: str
    radius: Count
    frames: Count
    low_quality: Count
    recalled: Count
    recalled_dihedral: Count
    identical: Count
    false_matches: Count
    foreign_entries: Count
    distances: tuple[Figure, ...]


class RecallSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What was recognised after a change of picture and re-encoding at one rung of the ladder."""

    change: str
    rung: str
    target_bps: Figure
    achieved_bps: Figure
    counts: tuple[RecallCounts, ...]


class DriftSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How far hashing the decoder's Y plane is from the reference on RGB, in bits of the hash.

    Over `frames` frames of which `good` pass the quality gate on both ways; quantiles 50, 95 and
    100 % of the distance over the good ones, and the mean difference in quality (Y minus RGB).
    """

    hasher: str
    reference: str
    frames: Count
    good: Count
    mean_bits: Figure
    quantile_bits: tuple[Figure, ...]
    quality_difference_mean: Figure


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One case of a run: what was measured, or the error that stopped it.

    `model` says which question was asked, and so which of the summaries there is.
    Of a live case, `unit_bytes_mean` is the decoded frame that entered, and `overhead_bytes_mean`
    is 0: there is no access unit to compare the wire with.
    """

    schema: int = SCHEMA
    case: str
    why: str
    model: str
    media: str = ""
    clip: str
    codec: str = ""
    pipeline: str = ""
    labels: tuple[str, ...] = ()
    engine: str = ""
    library: str = ""
    sees_plaintext: tuple[str, ...] = ()
    error: str | None = None
    clip_sha256: str = ""
    clip_note: str = ""
    encoder: str = ""
    width: Count = 0
    height: Count = 0
    fps: Figure = 0.0
    bitrate_bps: Figure = 0.0
    frames: Count = 0
    rounds: Count = 0
    processes: Count = 0
    unit_bytes_mean: Figure = 0.0
    wire_bytes_mean: Figure = 0.0
    overhead_bytes_mean: Figure = 0.0
    packets_mean: Figure = 0.0
    stages: tuple[StageSummary, ...] = ()
    roles: tuple[RoleSummary, ...] = ()
    paced: PacedSummary | None = None
    hook: HookSummary | None = None
    hash: HashSummary | None = None
    lookup: LookupSummary | None = None
    private: PrivateSummary | None = None
    recall: RecallSummary | None = None
    drift: DriftSummary | None = None
    harness_ns_per_frame: Figure = 0.0
    peak_rss_bytes: Count = 0
    case_rss_bytes: Count = 0
    samples: str = ""
