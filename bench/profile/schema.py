"""What a calibration leaves behind: stage costs by round, traces, memory, scaling, and on what."""

from typing import Annotated

import msgspec

from bench.machine.schema import Conditions, Machine

SCHEMA = 1
"""Version of calibration.json."""

Ns = Annotated[float, msgspec.Meta(ge=0, le=1e13)]
"""Hours per call are no measurement; what is outside comes from a broken or forged file."""

Bytes = Annotated[int, msgspec.Meta(ge=1, le=1 << 30)]


class LinearCost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """CPU time of one stage on one core: so much per call, per packet and per byte.

    Each term holds one value per round of the calibration. Round r of every cost was measured in
    the same seconds, so that resampling rounds keeps what a slow minute did to all of them. What a
    call and a byte are stands at the key (`bench.profile.keys`). `samples` counts timed calls of
    all rounds; `misfit` is the median relative error of the fitted terms on the cells they were
    fitted to, None where nothing is fitted. `on` says in words what was measured, `library` who
    executed it.
    """

    call_ns: tuple[Ns, ...]
    packet_ns: tuple[Ns, ...]
    byte_ns: tuple[Ns, ...]
    samples: Annotated[int, msgspec.Meta(ge=1)]
    on: str
    library: str = ""
    misfit: Annotated[float, msgspec.Meta(ge=0)] | None = None


class Trace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes in bytes of the access units that one clip gave in one codec at one height.

    Key frames and the others apart: how often a key frame comes is the scenario's to say. The first
    key frame of the clip is among the key frames.
    """

    codec: str
    height: Annotated[int, msgspec.Meta(ge=1)]
    clip: str
    fps: Annotated[float, msgspec.Meta(gt=0)]
    bitrate_bps: Annotated[float, msgspec.Meta(gt=0)]
    keyframe_bytes: Annotated[tuple[Bytes, ...], msgspec.Meta(min_length=1)]
    delta_bytes: Annotated[tuple[Bytes, ...], msgspec.Meta(min_length=1)]
    synthetic: bool = False


class Memory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Resident memory of one of `count` equal things, by trial."""

    bytes_each: tuple[Annotated[float, msgspec.Meta(ge=0)], ...]
    count: int
    on: str


class CoreScaling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `processes` relays do at once in their CPU time, over one alone, by trial.

    Per CPU time, as costs are: below `processes` by what caches, memory and the kernel have to
    share, and not by what other programs took.
    """

    processes: Annotated[int, msgspec.Meta(ge=2)]
    ratio: tuple[Annotated[float, msgspec.Meta(gt=0)], ...]
    on: str


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One machine, calibrated. `problems` says of each key that has no cost why not."""

    schema: int = SCHEMA
    sealbench_version: str
    started_utc: str
    seconds: float
    seed: int
    engine: str
    rounds: Annotated[int, msgspec.Meta(ge=1)]
    machine: Machine
    conditions_before: Conditions
    conditions_after: Conditions
    costs: dict[str, LinearCost]
    traces: tuple[Trace, ...]
    memory: dict[str, Memory]
    scaling: tuple[CoreScaling, ...] = ()
    problems: dict[str, str] = {}
