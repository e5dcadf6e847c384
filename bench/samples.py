"""Raw samples of frames in a pipeline: a structured int64 array with one record per frame.

Fields of a record, in order:

    round        round of the shuffled interleaving the frame was measured in
    frame        index of the frame in its clip
    is_keyframe  1 for a key frame; 0 where a decoded frame entered (live)
    unit_bytes   bytes of the access unit (or raw frame) that entered the pipeline
    wire_bytes   bytes that left the sender for the relay, all headers and tags included
    packets      packets (or sealed units) that left the sender
    due_ns       when the frame was due (paced model), else equal to start_ns
    start_ns     clock before the first stage
    scan_*       what a scanning hook knew of the frame, where there is one:
                 `pipelines.stages.scan.records.FRAME_FIELDS`
    <role>/<stage>   clock after that stage; it began when the one before it ended

All times are readings of one monotonic clock, so only differences mean anything.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipelines.stage import Role
from pipelines.stages.scan.records import FRAME_FIELDS

Samples = npt.NDArray[np.void]
"""A structured array as described above, of shape (frames,)."""

FIXED_FIELDS = (
    "round",
    "frame",
    "is_keyframe",
    "unit_bytes",
    "wire_bytes",
    "packets",
    "due_ns",
    "start_ns",
)

HOOK_FIELDS = FRAME_FIELDS
"""The columns that a scanning hook adds."""


def stage_field(role: Role, stage: str) -> str:
    """Return the name of the column that holds the end times of `stage`."""
    return f"{role}/{stage}"


def samples_dtype(stage_fields: Sequence[str], *, hooked: bool = False) -> np.dtype[np.void]:
    """Return the dtype of samples whose stages are `stage_fields`, in the order they run.

    `hooked`: the columns of a scanning hook stand before them.
    """
    hook_fields = HOOK_FIELDS if hooked else ()
    return np.dtype([(name, np.int64) for name in (*FIXED_FIELDS, *hook_fields, *stage_fields)])


def stage_fields(samples: Samples) -> tuple[str, ...]:
    """Return the stage columns of `samples` in the order they ran: those named by a role."""
    return tuple(name for name in samples.dtype.names or () if "/" in name)


def unlike_samples(samples: Samples, *, hooked: bool) -> str:
    """Return what keeps `samples`, read from a file, from being those of a pipeline; else nothing.

    `hooked`: the columns of a scanning hook belong to them.
    """
    names = samples.dtype.names or ()
    for name in samples_dtype((), hooked=hooked).names or ():
        if name not in names:
            return f"no column {name!r}"
    for name in stage_fields(samples):
        if name.split("/", 1)[0] not in set(Role):
            return f"the column {name!r} is of no known role"
    return ""


def stage_durations_ns(samples: Samples) -> dict[str, npt.NDArray[np.int64]]:
    """Return each stage's service time per frame in ns, keyed by its column."""
    durations: dict[str, npt.NDArray[np.int64]] = {}
    began = samples["start_ns"]
    for field in stage_fields(samples):
        durations[field] = samples[field] - began
        began = samples[field]
    return durations


def role_durations_ns(samples: Samples) -> dict[Role, npt.NDArray[np.int64]]:
    """Return the service time per frame in ns of each role that has a stage."""
    totals: dict[Role, npt.NDArray[np.int64]] = {}
    for field, duration_ns in stage_durations_ns(samples).items():
        role = Role(field.split("/", 1)[0])
        totals[role] = totals[role] + duration_ns if role in totals else duration_ns
    return totals


def latency_ns(samples: Samples) -> npt.NDArray[np.int64]:
    """Return the time from due to the end of the last stage, per frame, in ns."""
    fields = stage_fields(samples)
    ended = samples[fields[-1]] if fields else samples["start_ns"]
    late_ns: npt.NDArray[np.int64] = ended - samples["due_ns"]
    return late_ns
